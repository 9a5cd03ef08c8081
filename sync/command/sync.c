#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/command/attempt.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/upstream/run.h"

#define FAILURES_KEPT 10 /* of a run, for 'ferry status' */

static const char help[] =
    "usage: ferry sync [--dry-run] [UPSTREAM…]\n"
    "\n"
    "Pull what the configuration wants of its upstreams (or of those named)\n"
    "into the store.  What is here already costs one conditional request a\n"
    "package (where lock files alone want it, one a day), or one a tag.  A broken\n"
    "one does not stop the others; the summary and the exit status say what failed.\n"
    "Stopping (Ctrl-C, kill) loses at most the transfers under way; run it again to\n"
    "go on.\n"
    "\n"
    "  --dry-run  print what would be pulled, with sizes; store nothing\n"
    "  --json     events and the result as JSON, a line each\n"
    "\n"
    "Exit status: 0 all that is wanted is here; 3 the configuration is wrong, or\n"
    "nothing that it names can be read; 4 some items failed (they are listed); 8\n"
    "nothing could be fetched.\n"
    "\n" FERRY_CONF " explains every option.\n";

static int
keep_last(struct ferry_run *run, const char *summary, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *some = json_array(), *failure;
	json_t *record = json_pack("{s:I,s:s,s:I,s:I,s:I,s:O}", "at",
	    (json_int_t)ferry_now(), "summary", summary, "added",
	    (json_int_t)run->added, "present", (json_int_t)run->present,
	    "failed", (json_int_t)json_array_size(run->failures), "failures",
	    some);
	size_t i;
	int rc = -1;

	json_array_foreach (run->failures, i, failure) {
		if (i < FAILURES_KEPT)
			(void)json_array_append(some, failure);
	}
	if (record != NULL &&
	    ferry_key_make(&key, err, "last", "sync", NULL) == 0 &&
	    ferry_local_put(run->st, &key, record, err) == 0)
		rc = ferry_store_commit(run->st, err);
	json_decref(record);
	json_decref(some);
	return rc;
}

/* Formats tell the size of what is fetched, or of what comes out of it. */
static void
print_plan(const struct ferry_run *run)
{
	uint64_t size = 0, unpacked = 0, unknown = 0;
	char a[FERRY_SIZE_TEXT], b[FERRY_SIZE_TEXT], text[FERRY_COUNT_TEXT];
	const json_t *item, *n;
	const char *note;
	size_t i;

	json_array_foreach (run->plan, i, item) {
		uint64_t *total = &unpacked;

		if ((n = json_object_get(item, "unpacked")) == NULL) {
			n = json_object_get(item, "size");
			total = &size;
		}
		*total += (uint64_t)json_integer_value(n);
		note = json_string_value(json_object_get(item, "note"));
		unknown += json_integer_value(n) == 0;
		(void)printf("would pull %-50s %10s%s%s%s\n",
		    json_string_value(json_object_get(item, "item")),
		    json_integer_value(n) == 0
			? "unknown"
			: ferry_size_text((uint64_t)json_integer_value(n), a),
		    total == &unpacked && json_integer_value(n) > 0
			? " unpacked"
			: "",
		    note == NULL ? "" : "; ", note == NULL ? "" : note);
	}
	(void)printf("%s would be pulled",
	    ferry_count_text(json_array_size(run->plan), "version", text));
	if (unpacked > 0)
		(void)printf(", %s unpacked (as upstream declares)",
		    ferry_size_text(unpacked, a));
	if (size > 0)
		(void)printf(", %s to fetch", ferry_size_text(size, b));
	if (unknown > 0)
		(void)printf(", the %s of %s unknown until then",
		    unknown == 1 ? "size" : "sizes",
		    ferry_count_text(unknown, "version", text));
	(void)printf("; %" PRIu64 " %s here already\n", run->present,
	    run->present == 1 ? "is" : "are");
	if (run->plan_lacks != NULL)
		(void)printf(
		    "not counted, and pulled too: %s\n", run->plan_lacks);
}

static void
print_list(const char *title, const json_t *list)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	(void)printf("%s\n", title);
	json_array_foreach (list, i, item)
		(void)printf("  %s: %s\n",
		    json_string_value(json_object_get(item, "item")),
		    json_string_value(json_object_get(item, "text")));
}

static void
print(const struct ferry_context *ctx, const struct ferry_run *run,
    const char *summary)
{
	const struct ferry_fetch_counts *c = ferry_fetch_counts(run->fetch);
	json_t *o;

	if (!ctx->json) {
		if (run->dry_run)
			print_plan(run);
		print_list("cannot be mirrored:", run->skipped);
		print_list("taken away upstream:", run->taken_away);
		print_list("not known, and so not allowed:", run->unknown);
		print_list("failed:", run->failures);
		(void)printf("%s\n", summary);
		return;
	}
	o = json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O,s:O,"
		      "s:O,s:O,s:O,s:s*}",
	    "event", "result", "dry_run", run->dry_run, "packages",
	    (json_int_t)run->packages, "added", (json_int_t)run->added,
	    "present", (json_int_t)run->present, "removed",
	    (json_int_t)run->removed, "withdrawn", (json_int_t)run->withdrawn,
	    "requests", (json_int_t)c->requests, "not_modified",
	    (json_int_t)c->not_modified, "retries", (json_int_t)c->retries,
	    "bytes", (json_int_t)c->bytes, "failures", run->failures,
	    "not_mirrorable", run->skipped, "taken_away", run->taken_away,
	    "unknown", run->unknown, "plan", run->plan, "plan_lacks",
	    run->plan_lacks);
	ferry_command_print(o);
}

static void
summarise(const struct ferry_run *run, uint64_t ms, char *text, size_t size)
{
	const struct ferry_fetch_counts *c = ferry_fetch_counts(run->fetch);
	char packages[FERRY_COUNT_TEXT], versions[FERRY_COUNT_TEXT];
	char requests[FERRY_COUNT_TEXT], bytes[FERRY_SIZE_TEXT];
	char removed[FERRY_COUNT_TEXT + 32] = "", withdrawn[80] = "";

	if (run->removed > 0)
		(void)snprintf(removed, sizeof(removed),
		    ", %" PRIu64 " left alone that %s removed", run->removed,
		    run->removed == 1 ? "was" : "were");
	if (run->withdrawn > 0)
		(void)snprintf(withdrawn, sizeof(withdrawn),
		    ", %" PRIu64 " withdrawn upstream", run->withdrawn);
	(void)snprintf(text, size,
	    "%s: %s %s, %" PRIu64 " here already, %zu failed%s%s; %s (%" PRIu64
	    " not modified), %s in %.1f s",
	    ferry_count_text(run->packages, "package", packages),
	    ferry_count_text(run->added, "version", versions),
	    run->dry_run ? "to pull" : "pulled", run->present,
	    json_array_size(run->failures), removed, withdrawn,
	    ferry_count_text(c->requests, "request", requests), c->not_modified,
	    ferry_size_text(c->bytes, bytes), (double)ms / 1000);
}

static void
on_wait(void *ctx, const struct ferry_fetch_origin *origin, int64_t until)
{
	struct ferry_run *run = ctx;
	char text[FERRY_TIME_TEXT];

	ferry_task_note(run->task,
	    "%s asks to wait until %s (%" PRIi64 " s); waiting", origin->name,
	    ferry_time_text(until, text), until - ferry_now());
}

/* Files that the configuration names and nobody can read: no registry's doing.
 * A store that fails ends the run. */
static bool
only_files_failed(const struct ferry_run *run)
{
	const json_t *failure;
	size_t i;

	json_array_foreach (run->failures, i, failure)
		if (strcmp(json_string_value(json_object_get(failure, "code")),
			ferry_code_name(FERRY_ESYSTEM)) != 0)
			return false;
	return true;
}

/* What is kept of a run that brought nothing: how much failed, and of what. */
static void
describe(
    const struct ferry_run *run, const char *summary, char *text, size_t size)
{
	const json_t *first = json_array_get(run->failures, 0);

	if (first == NULL)
		(void)snprintf(text, size, "%s", summary);
	else
		(void)snprintf(text, size, "%zu failed, first %.80s: %.180s",
		    json_array_size(run->failures),
		    json_string_value(json_object_get(first, "item")),
		    json_string_value(json_object_get(first, "text")));
}

static int
status_of(const struct ferry_run *run)
{

	if (json_array_size(run->failures) == 0)
		return FERRY_EXIT_OK;
	if (run->packages > 0 || run->present > 0)
		return FERRY_EXIT_PARTIAL;
	return only_files_failed(run) ? FERRY_EXIT_CONFIG : FERRY_EXIT_NETWORK;
}

static int
work(struct ferry_context *ctx, struct ferry_command_task *task,
    struct ferry_run *run, struct ferry_attempt *attempt,
    struct ferry_error *err)
{
	uint64_t start = ferry_ticks_ms();
	char summary[300];
	int status;

	if (ferry_run_work(run, err) == -1)
		return -1;
	ferry_command_task_quiet(task);
	summarise(run, ferry_ticks_ms() - start, summary, sizeof(summary));
	status = status_of(run);
	describe(run, summary, attempt->text, sizeof(attempt->text));
	if (!run->dry_run &&
	    (status == FERRY_EXIT_OK || status == FERRY_EXIT_PARTIAL) &&
	    (keep_last(run, summary, err) == -1 ||
		ferry_attempt_succeed(attempt, run->st, status, err) == -1))
		return -1;
	print(ctx, run, summary);
	return status;
}

static int
run_sync(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_command_task task = { .progress = NULL };
	struct ferry_run run = { .kinds = ctx->kinds,
		.failures = json_array(),
		.skipped = json_array(),
		.taken_away = json_array(),
		.unknown = json_array(),
		.plan = json_array() };
	const struct ferry_option options[] = {
		{ "dry-run", FERRY_OPTION_FLAG, &run.dry_run },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_conf_group *root = ferry_conf_root(ctx->conf);
	struct ferry_attempt attempt = { NULL, 0, "" };
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1 ||
	    ferry_upstreams_read(
		&run, root, ctx->argv + 1, ctx->argc - 1, err) == -1 ||
	    ferry_run_operator(&run, root, err) == -1)
		goto out;
	if (run.upstreams_n == 0) {
		ferry_error_set(err, FERRY_ECONFIG,
		    "%s names no upstreams; etc/ferry.conf shows how",
		    ctx->config_path == NULL
			? "there is no configuration, which"
			: ctx->config_path);
		goto out;
	}
	if (ferry_command_task_open(
		&task, ctx, FERRY_STORE_WRITE, "sync", "files", err) == -1 ||
	    ferry_fetch_new(&run.fetch, err) == -1)
		goto out;
	run.task = &task.task;
	run.st = task.task.st;
	ferry_fetch_on_wait(run.fetch, on_wait, &run);
	if (run.dry_run ||
	    ferry_attempt_begin(&attempt, "sync", run.st, err) == 0)
		rc = work(ctx, &task, &run, &attempt, err);
out:
	ferry_fetch_free(run.fetch);
	ferry_upstreams_free(&run);
	ferry_command_task_close(&task);
	ferry_attempt_fail(&attempt, ctx, rc, err);
	json_decref(run.failures);
	json_decref(run.skipped);
	json_decref(run.taken_away);
	json_decref(run.unknown);
	json_decref(run.plan);
	return rc;
}

const struct ferry_command ferry_command_sync = { "sync",
	"pull what the configuration wants", help, run_sync };
