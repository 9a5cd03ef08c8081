#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clean.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/kinds.h"

static const struct ferry_command *const commands[] = {
	&ferry_command_init,
	&ferry_command_sync,
	&ferry_command_export,
	&ferry_command_import,
	&ferry_command_receipt,
	&ferry_command_sign,
	&ferry_command_bundle,
	&ferry_command_key,
	&ferry_command_trust,
	&ferry_command_root,
	&ferry_command_access,
	&ferry_command_token,
	&ferry_command_explain,
	&ferry_command_config,
	&ferry_command_doctor,
	&ferry_command_status,
	&ferry_command_list,
	&ferry_command_show,
	&ferry_command_why,
	&ferry_command_usage,
	&ferry_command_verify,
	&ferry_command_rebuild,
	&ferry_command_backup,
	&ferry_command_gc,
	&ferry_command_remove,
	&ferry_command_restore,
	&ferry_command_serve,
	&ferry_command_pull,
	&ferry_command_issue,
	&ferry_command_record,
	&ferry_command_prove,
	&ferry_command_wishes,
	&ferry_command_lockfile,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char usage[] =
    "usage: ferry [--config FILE] [--store DIR] [--json] [--quiet] COMMAND …\n"
    "\n"
    "Mirrors packages of registries, carries them over air gaps, serves them.\n"
    "\n"
    "commands:\n";
static const char usage_rest[] =
    "\n"
    "options, before or after the command:\n"
    "  --config FILE  configuration (else FERRY_CONFIG in the environment, else\n"
    "                 " FERRY_CONF ")\n"
    "  --store DIR    the store (FERRY_STORE; else of the configuration)\n"
    "  --json         results and progress for programs, on standard output\n"
    "  --quiet        no progress\n"
    "  --version      print the version\n"
    "\n"
    "exit status: 0 done; 1 failed; 2 wrong command line; 3 wrong\n"
    "configuration; 4 done, but some items failed; 5 problems found; 6 another\n"
    "process writes to the store; 7 disk or system; 8 network or upstream;\n"
    "9 stopped by a signal; import refusals: 20 damaged, 21 signature,\n"
    "22 revoked key, 23 another site's, 24 gap, 25 replay, 26 fork,\n"
    "27 expired, 28 newer format, 29 undeclared content, 30 missing content.\n"
    "\n"
    "'ferry COMMAND --help' explains one command.\n";

static void
print_usage(FILE *out)
{

	(void)fputs(usage, out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %-9s %s\n", commands[i]->name,
		    commands[i]->summary);
	(void)fputs(usage_rest, out);
}

/*
 * Take the common options out of argv, wherever they stand.  Returns how many
 * arguments are left, or -1.
 */
static int
common_options(struct ferry_context *ctx, int argc, char **argv, bool *help,
    bool *version, struct ferry_error *err)
{
	const struct {
		const char *name;
		const char **value;
		bool *flag;
	} options[] = {
		{ "--config", &ctx->config_path, NULL },
		{ "--store", &ctx->store_path, NULL },
		{ "--json", NULL, &ctx->json },
		{ "--quiet", NULL, &ctx->quiet },
		{ "--help", NULL, help },
		{ "-h", NULL, help },
		{ "--version", NULL, version },
	};
	int left = 1;

	for (int i = 1; i < argc; i++) {
		size_t k, n = strcspn(argv[i], "=");

		for (k = 0; k < sizeof(options) / sizeof(options[0]); k++)
			if (strlen(options[k].name) == n &&
			    memcmp(options[k].name, argv[i], n) == 0)
				break;
		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[left++] = argv[i++];
		} else if (k == sizeof(options) / sizeof(options[0])) {
			argv[left++] = argv[i];
		} else if (options[k].flag != NULL) {
			*options[k].flag = true;
		} else if (argv[i][n] == '=') {
			*options[k].value = argv[i] + n + 1;
		} else if (i + 1 < argc) {
			*options[k].value = argv[++i];
		} else {
			return ferry_error_set(err, FERRY_EUSAGE,
			    "option '%s' needs a value", argv[i]);
		}
	}
	return left;
}

static void
find_config(struct ferry_context *ctx)
{

	if (ctx->config_path == NULL)
		ctx->config_path = getenv("FERRY_CONFIG");
	/* One that is there and cannot be read is an error, not none. */
	if (ctx->config_path == NULL && access(FERRY_CONF, F_OK) == 0)
		ctx->config_path = FERRY_CONF;
}

static int
load_config(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *path = ctx->config_path, *store;
	int rc;

	rc = path == NULL ? ferry_conf_empty(&ctx->conf, err)
	                  : ferry_conf_open(&ctx->conf, path, err);
	if (rc == -1 && err->code == FERRY_ESYSTEM)
		err->code = FERRY_ECONFIG;
	if (rc == -1 || ferry_conf_check_top(ctx->conf, err) == -1 ||
	    ferry_conf_path(ferry_conf_root(ctx->conf), "store",
		"/var/lib/ferry", &store, err) == -1)
		return -1;
	if (ctx->store_path == NULL)
		ctx->store_path = getenv("FERRY_STORE");
	if (ctx->store_path == NULL)
		ctx->store_path = store;
	return 0;
}

/* Damage is a refusal of a bundle only where a bundle was read. */
static int
status_of(const struct ferry_command *command, enum ferry_code code)
{
	int status = ferry_exit_status(code);

	return status == FERRY_EXIT_DAMAGED &&
	               command != &ferry_command_import &&
	               command != &ferry_command_export &&
	               command != &ferry_command_sign &&
	               command != &ferry_command_bundle &&
	               command != &ferry_command_receipt
	           ? FERRY_EXIT_FAILED
	           : status;
}

static int
report(const struct ferry_context *ctx, const struct ferry_command *command,
    const struct ferry_error *err)
{
	int status = status_of(command, err->code);
	struct ferry_error shown = *err;
	json_t *o;

	if (err->code == FERRY_EINDEX)
		ferry_error_in(&shown,
		    "'ferry verify' says what of the index is broken, 'ferry "
		    "rebuild' makes it anew");
	(void)fprintf(stderr, "ferry: %s\n", ferry_clean(shown.text));
	if (!ctx->json)
		return status;
	o = json_pack("{s:s,s:s,s:o,s:i}", "event", "error", "code",
	    ferry_code_name(err->code), "text",
	    ferry_json_text(ferry_bytes_str(shown.text)), "status", status);
	ferry_command_print(o);
	return status;
}

static const struct ferry_command *
find(const char *name)
{

	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_command *command = NULL;
	struct ferry_context ctx = { 0 };
	bool help = false, version = false;
	FILE *terminal = stdout, *clean = NULL;
	int n, status;

	/*
	 * Give large buffers back to the system at once: glibc would learn to
	 * keep what is freed, and memory would follow the largest document.
	 */
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
	ferry_store_catch_fatal();
	(void)mallopt(M_ARENA_MAX, 2);
	if ((n = common_options(&ctx, argc, argv, &help, &version, &err)) == -1)
		return report(&ctx, command, &err);
	if (version) {
		(void)printf("ferry %s\n", FERRY_VERSION);
		return FERRY_EXIT_OK;
	}
	if (n < 2 || strcmp(argv[1], "help") == 0) {
		if (n > 2 && (command = find(argv[2])) != NULL)
			(void)fputs(command->help, stdout);
		else
			print_usage(help || n >= 2 ? stdout : stderr);
		return help || n >= 2 ? FERRY_EXIT_OK : FERRY_EXIT_USAGE;
	}
	if ((command = find(argv[1])) == NULL) {
		ferry_error_set(&err, FERRY_EUSAGE,
		    "there is no command '%s'; see 'ferry --help'", argv[1]);
		return report(&ctx, command, &err);
	}
	if (help) {
		(void)fputs(command->help, stdout);
		return FERRY_EXIT_OK;
	}
	/* What people read goes through here; JSON has its own escapes. */
	if (!ctx.json && (clean = ferry_clean_stream(stdout)) != NULL)
		stdout = clean;
	ctx.kinds = ferry_kinds;
	ctx.argc = n - 1;
	ctx.argv = argv + 1;
	ferry_stop_catch();
	find_config(&ctx);
	/* That one reads it itself, with all of its mistakes. */
	if ((command != &ferry_command_config &&
		load_config(&ctx, &err) == -1) ||
	    (status = command->run(&ctx, &err)) == -1)
		status = report(&ctx, command, &err);
	ferry_conf_free(ctx.conf);
	/* A reader that left early (head) has what it wanted. */
	if (fflush(stdout) == EOF && errno != EPIPE &&
	    status == FERRY_EXIT_OK) {
		(void)fprintf(
		    stderr, "ferry: standard output: %s\n", strerror(errno));
		status = FERRY_EXIT_SYSTEM;
	}
	if (clean != NULL) {
		stdout = terminal;
		(void)fclose(clean);
	}
	return status;
}
