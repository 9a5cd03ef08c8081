#include "sync/command/command_task.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/base/progress.h"
#include "sync/base/stop.h"

static void
on_progress(void *ctx, uint64_t items, uint64_t items_total, uint64_t bytes,
    uint64_t bytes_total)
{
	struct ferry_command_task *c = ctx;

	if (c->progress != NULL)
		ferry_progress_set(
		    c->progress, items, items_total, bytes, bytes_total);
}

static void
on_note(void *ctx, const char *text)
{
	struct ferry_command_task *c = ctx;

	if (c->progress != NULL)
		ferry_progress_note(c->progress, "%s", text);
}

void
ferry_command_task_start(struct ferry_command_task *c,
    struct ferry_context *ctx, const char *verb, const char *unit)
{

	*c = (struct ferry_command_task){ .task = { .on_progress = on_progress,
					      .on_note = on_note,
					      .stopped = ferry_stop_wanted } };
	c->task.ctx = c;
	if (verb != NULL)
		c->progress = ferry_context_progress(ctx, verb, unit);
}

/* Nothing is ordered by time; but people ought to know. */
static void
look_at_clock(const struct ferry_command_task *c)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_store_totals totals;
	char now[FERRY_TIME_TEXT];
	int64_t ahead;

	if (ferry_store_totals(c->task.st, &totals, &ignored) == 0 &&
	    ferry_journal_ahead(c->task.st, totals.records, &ahead, &ignored) ==
		0 &&
	    ahead > FERRY_CLOCKS_DIFFER_S)
		ferry_task_note(&c->task,
		    "the clock here says %s, %" PRId64 " days before the last "
		    "change of this store: it is wrong, or was",
		    ferry_time_text(ferry_now(), now), (ahead + 43200) / 86400);
}

int
ferry_command_task_open(struct ferry_command_task *c, struct ferry_context *ctx,
    enum ferry_store_mode mode, const char *verb, const char *unit,
    struct ferry_error *err)
{
	struct ferry_store *st;

	if (ferry_context_open(ctx, mode, &st, err) == -1)
		return -1;
	ferry_command_task_start(c, ctx, verb, unit);
	c->task.st = st;
	if (mode != FERRY_STORE_READ)
		look_at_clock(c);
	return 0;
}

void
ferry_command_task_quiet(struct ferry_command_task *c)
{

	ferry_progress_free(c->progress);
	c->progress = NULL;
}

void
ferry_command_task_close(struct ferry_command_task *c)
{

	ferry_command_task_quiet(c);
	ferry_store_close(c->task.st);
	c->task.st = NULL;
}

void
ferry_command_print(json_t *result)
{

	if (result != NULL &&
	    json_dumpf(result, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
		(void)putchar('\n');
	json_decref(result);
}

int
ferry_command_put(
    const char *path, struct ferry_bytes text, struct ferry_error *err)
{

	if (path != NULL)
		return ferry_file_replace(path, 0644, text, err);
	(void)fwrite(text.p, 1, text.n, stdout);
	return 0;
}
