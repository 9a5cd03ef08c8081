#include "sync/command/config.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/conf.h"
#include "store/base/json.h"
#include "sync/carry/protect.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/ferryd.h"
#include "sync/issue/issuer.h"
#include "sync/pull/puller.h"
#include "sync/upstream/run.h"

static const char help[] =
    "usage: ferry config check [FILE]\n"
    "\n"
    "Read a configuration (else that of --config, FERRY_CONFIG, or\n"
    "" FERRY_CONF ") as every command and ferryd read it, and say\n"
    "what is wrong: unknown options and values, files that are missing, TLS\n"
    "certificates that are none.  A line for each mistake, the first of each\n"
    "upstream and of each other part; no network, no store.\n"
    "\n"
    "Exit status: 0 it is right; 3 it is not.\n";

struct check {
	struct ferry_context *ctx;
	json_t *mistakes; /* texts */
};

static void
note(struct check *c, const char *text)
{

	(void)json_array_append_new(
	    c->mistakes, ferry_json_text(ferry_bytes_str(text)));
}

/* Take what a part found; *err is empty again. */
static void
take(struct check *c, int rc, struct ferry_error *err)
{
	const struct ferry_error none = FERRY_ERROR_INIT;

	if (rc == -1)
		note(c, err->text);
	*err = none;
}

/* Whether a pattern of files fits one that can be read. */
static int
check_pattern(struct ferry_conf_group *group, const char *option,
    const char *pattern, struct ferry_error *err)
{
	glob_t found = { 0 };
	int rc = 0;

	/* What is there by that name is meant, whatever its name has in it. */
	if (access(pattern, R_OK) == 0)
		return 0;
	switch (glob(pattern, 0, NULL, &found)) {
	case 0:
		break;
	case GLOB_NOMATCH:
		return ferry_conf_error(
		    group, option, err, "%s: there is no such file", pattern);
	default:
		return ferry_conf_error(
		    group, option, err, "%s: %s", pattern, strerror(errno));
	}
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		if (access(found.gl_pathv[i], R_OK) == -1)
			rc = ferry_conf_error(group, option, err, "%s: %s",
			    found.gl_pathv[i], strerror(errno));
	globfree(&found);
	return rc;
}

/* Files of projects.  A sync goes on without one of them, so that reading the
 * configuration does not look at them. */
static int
check_files(struct ferry_conf_group *group, struct ferry_error *err)
{
	static const char *const options[] = { "lockfiles", "images_from" };
	const char *pattern;
	int rc;

	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		for (unsigned i = 0; (rc = ferry_conf_path_at(group, options[k],
					  i, &pattern, err)) == 1;
		     i++)
			if (check_pattern(group, options[k], pattern, err) ==
			    -1)
				return -1;
		if (rc == -1)
			return -1;
	}
	return 0;
}

static void
check_upstreams(
    struct check *c, struct ferry_conf_group *root, struct ferry_error *err)
{
	struct ferry_run run = { .kinds = c->ctx->kinds,
		.mistakes = c->mistakes };
	size_t before = json_array_size(c->mistakes);

	take(c, ferry_upstreams_read(&run, root, NULL, 0, err), err);
	/* What is said of upstreams makes sense once these do. */
	if (json_array_size(c->mistakes) == before) {
		take(c, ferry_run_operator(&run, root, err), err);
		for (size_t i = 0; i < run.upstreams_n; i++)
			take(c, check_files(run.upstreams[i].group, err), err);
	}
	ferry_upstreams_free(&run);
}

/* The lines that the program wrote, without its name. */
static void
take_lines(struct check *c, char *text)
{
	static const char prefix[] = "ferryd: error: ";
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, prefix, sizeof(prefix) - 1) == 0)
			line += sizeof(prefix) - 1;
		if (*line != 0)
			note(c, line);
	}
}

/*
 * The group serve is the server's to read.  sync and serve share no code, so it
 * is asked; where only `ferry` is installed nobody serves.
 */
static int
check_serve(struct check *c, struct ferry_error *err)
{
	char text[FERRY_FERRYD_TEXT];
	const char *const options[] = { "--check", "--config",
		c->ctx->config_path, NULL };
	int rc = ferry_ferryd_ask(options, text, err);

	if (rc == -1 || rc == FERRY_FERRYD_NONE || rc == 0)
		return rc;
	if (text[0] == 0)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "ferryd --check failed and said nothing");
	take_lines(c, text);
	return 0;
}

static void
check_all(struct check *c, struct ferry_error *err)
{
	struct ferry_conf_group *root = ferry_conf_root(c->ctx->conf);
	struct ferry_protect protect = { 0 };
	const char *store;
	struct ferry_export_conf export;
	int top = ferry_conf_check_top(c->ctx->conf, err), rc;

	take(c, top, err);
	take(c, ferry_conf_check_text(c->ctx->conf, err), err);
	take(c, ferry_conf_path(root, "store", NULL, &store, err), err);
	check_upstreams(c, root, err);
	take(c, ferry_export_conf_read(c->ctx->conf, NULL, &export, err), err);
	if (json_array_size(c->mistakes) == 0)
		take(c, ferry_protect_read(&protect, root, err), err);
	ferry_protect_clear(&protect);
	take(c, ferry_issuer_check(c->ctx->conf, err), err);
	take(c, ferry_puller_check(c->ctx->conf, err), err);
	/* It would say the same of the top level. */
	if (top == 0 && (rc = check_serve(c, err)) == FERRY_FERRYD_NONE)
		(void)fprintf(stderr,
		    "ferry: there is no ferryd here; the group serve was not "
		    "looked at\n");
	else if (top == 0)
		take(c, rc, err);
}

int
ferry_config_mistakes(
    struct ferry_context *ctx, json_t **out, struct ferry_error *err)
{
	struct check c = { ctx, json_array() };

	if (c.mistakes == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "out of memory");
	check_all(&c, err);
	*out = c.mistakes;
	return 0;
}

static void
print(const struct check *c)
{
	const json_t *text;
	size_t i;

	if (c->ctx->json) {
		ferry_command_print(
		    json_pack("{s:s,s:s,s:O}", "event", "result", "config",
			c->ctx->config_path, "mistakes", c->mistakes));
		return;
	}
	json_array_foreach (c->mistakes, i, text)
		(void)printf("%s\n", json_string_value(text));
	if (json_array_size(c->mistakes) == 0)
		(void)printf("%s is right\n", c->ctx->config_path);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const struct ferry_option options[] = { { NULL, FERRY_OPTION_FLAG,
	    NULL } };
	struct check c = { ctx, NULL };
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc < 2 || ctx->argc > 3 ||
	    strcmp(ctx->argv[1], "check") != 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "expected 'ferry config check [FILE]'; see 'ferry config "
		    "--help'");
	if (ctx->argc == 3)
		ctx->config_path = ctx->argv[2];
	if (ctx->config_path == NULL)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "there is no configuration: no --config, no FERRY_CONFIG, "
		    "no " FERRY_CONF);
	if (ferry_conf_open(&ctx->conf, ctx->config_path, err) == -1) {
		err->code =
		    err->code == FERRY_ESYSTEM ? FERRY_ECONFIG : err->code;
		return -1;
	}
	if (ferry_config_mistakes(ctx, &c.mistakes, err) == -1)
		return -1;
	print(&c);
	rc = json_array_size(c.mistakes) == 0 ? FERRY_EXIT_OK
	                                      : FERRY_EXIT_CONFIG;
	json_decref(c.mistakes);
	return rc;
}

const struct ferry_command ferry_command_config = { "config",
	"check the configuration", help, run };
