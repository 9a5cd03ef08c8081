#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/box/box.h"
#include "sync/box/child.h"
#include "sync/box/folder.h"
#include "sync/box/program.h"
#include "sync/command/boxed.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/proof.h"

static const char help[] =
    "usage: ferry prove [OPTION…] -- COMMAND [ARGUMENT…]\n"
    "\n"
    "Prove that a command, a build for instance, finds what it needs at the other\n"
    "side, before anything is carried there: it runs with its clients pointed at a\n"
    "ferryd that has what this store holds, or what a bundle brings, and nothing\n"
    "else to reach.  What it asked for and was not there is listed.\n"
    "\n"
    "The command runs in this folder, with a home of its own, without caches; see\n"
    "'ferry record --help' for which clients are told of that ferryd.\n"
    "\n"
    "options:\n"
    "  --bundle DIR       what this bundle brings to a new site: it is imported\n"
    "                     into a store that is removed afterwards\n"
    "  --token-file FILE  a token that clients show, where not everything is public;\n"
    "                     not with --bundle\n"
    "\n"
    "The summary of the next exports says that it was proven, when and with what.\n"
    "\n"
    "Exit status: 0 proven; 1 the command failed; 4 it did well, but could have\n"
    "reached others, as this machine gives it no network of its own; refusals of\n"
    "the bundle as of 'ferry import'.\n";

struct proof {
	struct ferry_context *ctx;
	const char *bundle; /* or NULL */
	struct ferry_box_folder folder; /* of what is made for it */
	struct ferry_buf store, key, log; /* paths in it */
	struct ferry_box_end end;
};

/* Run ferry with these arguments: its exit status, said if not 0; -1. */
static int
run_ferry(struct proof *p, const char *store, const char *const *arguments,
    struct ferry_error *err)
{
	char path[4096], last[FERRY_CHILD_LINE];
	const char *argv[12] = { ferry_program_path(
				     "ferry", path, sizeof(path)),
		"--store", store, "--quiet" };
	size_t n = 4;
	int status;

	while (*arguments != NULL)
		argv[n++] = *arguments++;
	status = ferry_child_run(argv, (char *)p->log.p, err);
	if (status <= 0)
		return status;
	ferry_child_last((char *)p->log.p, last);
	(void)fprintf(stderr, "ferry: the bundle is not imported: %s\n", last);
	return status;
}

/* A store that has what the bundle brings, and nothing else: as run_ferry(). */
static int
import(struct proof *p, struct ferry_error *err)
{
	const char *store, *key;
	int rc;

	if (ferry_box_folder_make(&p->folder, err) == -1 ||
	    ferry_buf_addf(&p->store, err, "%s/store", p->folder.path) == -1 ||
	    ferry_buf_addf(&p->key, err, "%s/key.pub", p->folder.path) == -1 ||
	    ferry_buf_addf(&p->log, err, "%s/import.log", p->folder.path) == -1)
		return -1;
	store = (char *)p->store.p;
	key = (char *)p->key.p;
	rc = run_ferry(p, store,
	    (const char *const[]){ "init", "--name", "prove", NULL }, err);
	if (rc == 0)
		rc = run_ferry(p, p->ctx->store_path,
		    (const char *const[]){ "key", "export", key, NULL }, err);
	if (rc == 0)
		rc = run_ferry(p, store,
		    (const char *const[]){
			"trust", "add", key, "--name", "origin", NULL },
		    err);
	if (rc == 0)
		rc = run_ferry(p, store,
		    (const char *const[]){
			"import", "--no-receipt", p->bundle, NULL },
		    err);
	return rc;
}

static void
report(const struct proof *p)
{
	size_t n = json_array_size(p->end.asked.wants),
	       absent = json_array_size(p->end.asked.absent);

	if (p->ctx->json) {
		ferry_command_print(json_pack("{s:b,s:i,s:I,s:b,s:O}", "proven",
		    p->end.status == 0, "status", p->end.status, "versions",
		    (json_int_t)n, "closed", p->end.closed, "absent",
		    p->end.asked.absent));
		return;
	}
	(void)printf("%s: %zu versions were had, %zu asked for in vain%s\n",
	    p->end.status == 0 ? "proven" : "not proven", n, absent,
	    p->end.closed ? ""
			  : "; the command could have reached others, as this "
			    "machine gives it no network of its own");
	ferry_boxed_print_absent(p->end.asked.absent);
}

/* The journal's last record. */
static int
last_record(struct proof *p, uint64_t *out, struct ferry_error *err)
{
	struct ferry_store_totals totals = { .records = 0 };
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_context_open(p->ctx, FERRY_STORE_READ, &st, err) == 0)
		rc = ferry_store_totals(st, &totals, err);
	if (rc == 0)
		*out = totals.records;
	ferry_store_close(st);
	return rc;
}

/* For the summaries of exports.  That it cannot be noted disproves nothing. */
static void
keep_proof(struct proof *p, char *const *argv, uint64_t seq)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	json_t *command = json_array();

	for (size_t i = 0; argv[i] != NULL; i++)
		(void)json_array_append_new(
		    command, ferry_json_text(ferry_bytes_str(argv[i])));
	if (ferry_proof_keep(p->ctx,
		json_pack("{s:I,s:o,s:I,s:b,s:o*,s:o*}", "at",
		    (json_int_t)ferry_now(), "command", command, "versions",
		    (json_int_t)json_array_size(p->end.asked.wants), "closed",
		    p->end.closed, "seq",
		    p->bundle == NULL ? json_integer((json_int_t)seq) : NULL,
		    "bundle",
		    p->bundle == NULL
			? NULL
			: ferry_json_text(ferry_bytes_str(p->bundle))),
		&why) == -1)
		(void)fprintf(stderr,
		    "ferry: exports will not say that it was proven: %s\n",
		    ferry_clean(why.text));
}

static int
prove(struct proof *p, char *const *argv, const char *token_file,
    struct ferry_error *err)
{
	struct ferry_buf token = FERRY_BUF_INIT;
	struct ferry_box box = { .store = p->ctx->store_path, .argv = argv };
	uint64_t seq = 0;
	int rc = ferry_boxed_token(&token, token_file, err);

	if (rc == 0 && p->bundle != NULL && token_file != NULL)
		rc = ferry_error_set(err, FERRY_EUSAGE,
		    "tokens do not travel in bundles: with --bundle, what is "
		    "public alone can be proven");
	if (rc == 0 && p->bundle != NULL) {
		rc = import(p, err);
		box.store = (const char *)p->store.p;
	}
	box.token = (const char *)token.p;
	if (rc == 0 && p->bundle == NULL)
		rc = last_record(p, &seq, err);
	if (rc == 0)
		rc = ferry_box_run(&box, &p->end, err);
	ferry_buf_free(&token);
	if (rc != 0)
		return rc;
	report(p);
	if (p->end.status == 0)
		keep_proof(p, argv, seq);
	return p->end.status != 0 ? FERRY_EXIT_FAILED
	       : p->end.closed    ? FERRY_EXIT_OK
	                          : FERRY_EXIT_PARTIAL;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct proof p = { .ctx = ctx };
	const char *token_file = NULL;
	const struct ferry_option options[] = {
		{ "bundle", FERRY_OPTION_VALUE, &p.bundle },
		{ "token-file", FERRY_OPTION_VALUE, &token_file },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	char **argv = NULL;
	int rc = -1;

	if (ferry_options(ctx, options, err) == 0 &&
	    ferry_boxed_argv(ctx, &argv, err) == 0)
		rc = prove(&p, argv, token_file, err);
	ferry_asked_free(&p.end.asked);
	ferry_box_folder_remove(&p.folder);
	ferry_buf_free(&p.store);
	ferry_buf_free(&p.key);
	ferry_buf_free(&p.log);
	free(argv);
	return rc;
}

const struct ferry_command ferry_command_prove = { "prove",
	"prove that a build finds all it needs", help, run };
