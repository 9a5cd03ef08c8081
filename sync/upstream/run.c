#include "sync/upstream/run.h"

#include <assert.h>
#include <stdio.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/base/task.h"
#include "sync/permissions/compile.h"
#include "sync/upstream/reason.h"

/* What was fetched becomes visible, and safe from a crash, so often. */
#define COMMIT_MS 1000

/* What upstream wrote must not reach a terminal as control characters. */
static char *
plain_text(char *buf, size_t size, const char *text)
{

	(void)snprintf(buf, size, "%s", text);
	for (char *p = buf; *p != 0; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return buf;
}

static void
add_note(json_t *list, const char *item, const char *code, const char *text)
{

	(void)json_array_append_new(
	    list, json_pack("{s:o,s:s,s:o}", "item",
		      ferry_json_text(ferry_bytes_str(item)), "code", code,
		      "text", ferry_json_text(ferry_bytes_str(text))));
}

void
ferry_run_fatal(struct ferry_run *run, const struct ferry_error *why)
{

	assert(why->code != FERRY_OK);
	if (run->fatal.code == FERRY_OK)
		run->fatal = *why;
}

void
ferry_run_fail(
    struct ferry_run *run, const char *item, const struct ferry_error *why)
{
	char name[400], text[sizeof(why->text)];

	(void)plain_text(name, sizeof(name), item);
	(void)plain_text(text, sizeof(text), why->text);
	add_note(run->failures, name, ferry_code_name(why->code), text);
	ferry_task_note(run->task, "failed: %s: %s", name, text);
}

void
ferry_run_skip(struct ferry_run *run, const char *item, const char *text)
{
	char name[400], line[700];

	add_note(run->skipped, plain_text(name, sizeof(name), item),
	    "not-mirrorable", plain_text(line, sizeof(line), text));
}

void
ferry_run_taken_away(struct ferry_run *run, const char *item, const char *text)
{
	char name[400], line[700];

	add_note(run->taken_away, plain_text(name, sizeof(name), item),
	    "withdrawn", plain_text(line, sizeof(line), text));
}

void
ferry_run_mistake(void *run, const struct ferry_error *mistake)
{

	ferry_run_fail(run, "the operator's file", mistake);
}

void
ferry_run_unknown(struct ferry_run *run, const char *item, const char *text)
{
	char name[400], line[900];

	add_note(run->unknown, plain_text(name, sizeof(name), item), "unknown",
	    plain_text(line, sizeof(line), text));
}

int
ferry_run_on_tick(struct ferry_run *run, ferry_run_tick *on_tick, void *ctx,
    struct ferry_error *err)
{

	if (ferry_array_grow(&run->tickers, &run->tickers_cap,
		run->tickers_n + 1, sizeof(*run->tickers), err) == -1)
		return -1;
	run->tickers[run->tickers_n++] =
	    (struct ferry_run_ticker){ on_tick, ctx };
	return 0;
}

static int
on_tick(void *ctx, struct ferry_error *err)
{
	struct ferry_run *run = ctx;
	uint64_t now = ferry_ticks_ms();

	if (run->fatal.code != FERRY_OK) {
		*err = run->fatal;
		return -1;
	}
	if (ferry_task_stopped(run->task))
		return ferry_error_set(err, FERRY_ECANCELLED,
		    "stopped; what has arrived is kept, and the next sync goes "
		    "on from there");
	for (size_t i = 0; i < run->tickers_n; i++)
		if (run->tickers[i].on_tick(run->tickers[i].ctx, err) == -1)
			return -1;
	assert(run->files <= run->files_total);
	ferry_task_progress(
	    run->task, run->files, run->files_total, run->files_bytes, 0);
	if (run->dry_run || ferry_store_pending(run->st) == 0)
		return 0;
	if (!ferry_store_commit_due(run->st) &&
	    now - run->committed_ms < COMMIT_MS)
		return 0;
	run->committed_ms = now;
	return ferry_store_commit(run->st, err);
}

/* Plain registries: after all, because their users may be of an upstream
 * whose snapshot was taken in this run. */
static int
put_snapshots(struct ferry_run *run, struct ferry_error *err)
{
	struct ferry_compile compile = { run->st, run->op, run,
		ferry_run_mistake };

	for (size_t i = 0; i < run->upstreams_n && !run->dry_run; i++)
		if (run->upstreams[i].wanted &&
		    run->upstreams[i].visibility != NULL &&
		    ferry_compile_plain(&compile, run->upstreams[i].name,
			run->upstreams[i].visibility, err) == -1)
			return -1;
	if (run->dry_run)
		return 0;
	/* Whom it names is looked up in what was just taken. */
	return ferry_store_commit(run->st, err) == -1 ||
	               ferry_compile_site(&compile, err) == -1
	           ? -1
	           : ferry_store_commit(run->st, err);
}

int
ferry_run_begin(struct ferry_run *run, struct ferry_error *err)
{

	for (size_t i = 0; i < run->upstreams_n; i++)
		if (run->upstreams[i].wanted &&
		    run->upstreams[i].kind->sync(
			run, &run->upstreams[i], err) == -1)
			return -1;
	return 0;
}

int
ferry_run_turn(struct ferry_run *run, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = ferry_fetch_run(run->fetch, on_tick, run, err);
	bool more = false;

	/* Even a run that is stopped keeps what has arrived. */
	if (rc == -1 && err->code != FERRY_ECANCELLED)
		return -1;
	if (!run->dry_run &&
	    (run->pulls && rc == 0 ? ferry_store_commit_soon(run->st, &why)
				   : ferry_store_commit(run->st, &why)) == -1) {
		*err = why;
		return -1;
	}
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < run->upstreams_n; i++) {
		struct ferry_upstream *up = &run->upstreams[i];

		if (!up->wanted)
			continue;
		if ((rc = up->kind->after(run, up, err)) == -1)
			return -1;
		more = more || rc == 1;
	}
	return more;
}

int
ferry_run_end(struct ferry_run *run, struct ferry_error *err)
{

	return put_snapshots(run, err) == -1 ||
	               ferry_reason_looked(run, err) == -1
	           ? -1
	       : run->dry_run ? 0
	                      : ferry_store_commit(run->st, err);
}

int
ferry_run_work(struct ferry_run *run, struct ferry_error *err)
{
	int rc = ferry_run_begin(run, err) == -1 ? -1 : 1;

	while (rc == 1)
		rc = ferry_run_turn(run, err);
	return rc == -1 ? -1 : ferry_run_end(run, err);
}
