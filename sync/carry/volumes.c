#include "sync/carry/volumes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/base/pool.h"
#include "store/blob/blob.h"
#include "store/bundle/form.h"
#include "store/store.h"
#include "sync/carry/base.h"
#include "sync/carry/contents.h"
#include "sync/carry/plan.h"

#define PART_BYTES FERRY_FILL_PART
/* Blobs whose form is being chosen, or which wait for those before them, at
 * most; and their bytes.  How many processors there are makes no difference, as
 * what is known of blobs before decides which model is tried first. */
#define QUEUED 16
#define QUEUED_BYTES (128U << 20)
#define STOP_MS 200 /* that pass until stopping is noticed */
#define MAKING_BYTES (128U << 20) /* that making one recipe may take */

/* A blob that waits, and where to go on with it. */
struct queued {
	struct ferry_bundle_form *form;
	struct ferry_export_cursor cursor;
	uint64_t size;
};

struct fill {
	const struct ferry_task *task;
	const struct ferry_export_plan *plan;
	struct ferry_export_state *state;
	struct ferry_bundle_writer *writer;
	struct ferry_pool *queue; /* of struct queued */
	atomic_bool stopped; /* what is queued is not wanted any more */
	uint64_t queued_bytes;
	struct ferry_digest recent[QUEUED]; /* the last ones that were queued */
	size_t recent_n; /* of all */
	/* Of the member that is being added: where to go on with it. */
	struct ferry_export_cursor cursor;
	uint64_t blobs; /* added, those of earlier runs included */
};

static int
pause_for_progress(struct fill *e, struct ferry_error *err)
{

	if (ferry_task_stopped(e->task))
		return ferry_error_set(err, FERRY_ECANCELLED,
		    "stopped; the same command goes on from the last complete "
		    "volume");
	ferry_task_progress(e->task, e->blobs, e->state->members,
	    ferry_bundle_writer_bytes(e->writer), e->state->bytes);
	return 0;
}

static int
on_volume(void *ctx, struct ferry_error *err)
{
	struct fill *e = ctx;

	e->state->cursor = e->cursor;
	e->state->cursor.offset = ferry_bundle_writer_offset(e->writer);
	if (ferry_resume_save(e->state, err) == -1)
		return -1;
	/* A blob in pieces may take many volumes. */
	return e->state->cursor.offset == 0 ? 0 : pause_for_progress(e, err);
}

static int
add_wanted(struct fill *e, struct ferry_error *err)
{
	struct ferry_blob_info info;
	size_t i = 0;

	if (e->cursor.stage != FERRY_STAGE_WANTED)
		return 0;
	for (i = (size_t)e->cursor.seq; i < e->plan->site.wanted_n; i++) {
		int rc = ferry_plan_wanted(e->task, e->plan, i, &info, err);

		if (rc == -1)
			return -1;
		e->cursor.seq = i;
		if (rc == 1 &&
		    ferry_bundle_writer_blob(e->writer,
			&e->plan->site.wanted[i], &info, NULL, err) == -1)
			return -1;
	}
	e->cursor = (struct ferry_export_cursor){ FERRY_STAGE_RECORDS,
		e->state->head->from, 0, 0 };
	return 0;
}

/* Journal lines that wait to become a part. */
struct lines {
	struct ferry_buf text;
	uint64_t first, last, count;
};

static int
add_lines(struct fill *e, struct lines *l, struct ferry_error *err)
{

	if (l->count == 0)
		return 0;
	e->cursor.seq = l->first;
	if (ferry_bundle_writer_records(e->writer, ferry_bytes_buf(&l->text),
		l->first, l->last, l->count, err) == -1)
		return -1;
	ferry_buf_reset(&l->text);
	l->count = 0;
	return pause_for_progress(e, err);
}

static int
add_line(struct fill *e, struct lines *l,
    const struct ferry_journal_record *record, struct ferry_error *err)
{

	if (record->text.n >= FERRY_RECORDS_PART_MAX - PART_BYTES)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "record %" PRIu64 " has %zu bytes, too many to carry",
		    record->seq, record->text.n);
	if (l->text.n > 0 && l->text.n + record->text.n >= PART_BYTES &&
	    add_lines(e, l, err) == -1)
		return -1;
	if (l->count++ == 0)
		l->first = record->seq;
	l->last = record->seq;
	if (ferry_buf_add(&l->text, record->text.p, record->text.n, err) == -1)
		return -1;
	return ferry_buf_adds(&l->text, "\n", err);
}

static int
add_records(struct fill *e, struct ferry_error *err)
{
	struct lines lines = { FERRY_BUF_INIT, 0, 0, 0 };
	struct ferry_journal_record record;
	struct ferry_contents *s = NULL;
	int rc = -1;

	if (e->cursor.stage != FERRY_STAGE_RECORDS)
		return 0;
	if (ferry_contents_new(
		&s, e->task->st, e->cursor.seq, &e->plan->left_out, err) == -1)
		return -1;
	while ((rc = ferry_contents_next(s, &record, err)) == 1)
		if (add_line(e, &lines, &record, err) == -1) {
			rc = -1;
			break;
		}
	if (rc == 0)
		rc = add_lines(e, &lines, err);
	if (rc == 0)
		e->cursor = (struct ferry_export_cursor){ FERRY_STAGE_BLOBS,
			e->state->head->from, 0, 0 };
	ferry_contents_free(s);
	ferry_buf_free(&lines.text);
	return rc;
}

/* ferry_pool_work */
static void
choose_form(void *job)
{

	ferry_bundle_form_find(((struct queued *)job)->form);
}

static void
free_queued(struct queued *q)
{

	if (q == NULL)
		return;
	ferry_bundle_form_free(q->form);
	free(q);
}

/* Add the blob that waits longest, unless the user stops waiting. */
static int
add_oldest(struct fill *e, struct ferry_error *err)
{
	struct queued *q;
	int rc;

	while (!ferry_pool_wait(e->queue, STOP_MS))
		if (pause_for_progress(e, err) == -1)
			return -1;
	q = ferry_pool_next(e->queue);
	e->queued_bytes -= q->size;
	e->cursor = q->cursor;
	rc = ferry_bundle_writer_add(e->writer, q->form, err);
	free_queued(q);
	if (rc == -1)
		return -1;
	e->blobs++;
	return pause_for_progress(e, err);
}

/* Whether a blob is in the volume, or will be before the one that is queued next,
 * if no other volume begins between them: the writer looks for that. */
static bool
is_carried(void *ctx, const struct ferry_digest *blob)
{
	const struct fill *e = ctx;

	for (size_t i = 0; i < QUEUED && i < e->recent_n; i++)
		if (ferry_digest_equal(&e->recent[i], blob))
			return true;
	return ferry_bundle_writer_has(e->writer, blob);
}

static int
queue_file(struct fill *e, const struct ferry_journal_record *record, size_t i,
    const struct ferry_file *file, const struct ferry_blob_info *info,
    struct ferry_error *err)
{
	struct ferry_bundle_source source = { .digest = &file->sha256,
		.info = info,
		.whole = ferry_base_is_wanted(&e->plan->site, &file->sha256),
		.name = file->name };
	const struct ferry_base_places places = { &e->plan->site,
		e->plan->site_known, e->plan->site_settled, is_carried, e };
	struct ferry_base base;
	struct queued *q;
	int rc = 0;

	while (ferry_pool_count(e->queue) == QUEUED ||
	       (ferry_pool_count(e->queue) > 0 &&
		   e->queued_bytes + info->size > QUEUED_BYTES))
		if (add_oldest(e, err) == -1)
			return -1;
	if (e->plan->recipes && (rc = ferry_base_find(e->task->st, record, i,
				     &places, &base, err)) == -1)
		return -1;
	if (ferry_calloc(&q, 1, sizeof(*q), err) == -1)
		return -1;
	q->cursor = (struct ferry_export_cursor){ FERRY_STAGE_BLOBS,
		record->seq, i, 0 };
	q->size = info->size;
	if (rc == 1) {
		source.base = &base.blob;
		source.at_site = base.at_site;
	}
	if (ferry_bundle_writer_open(e->writer, &source, &q->form, err) == -1) {
		free_queued(q);
		return -1;
	}
	e->queued_bytes += q->size;
	e->recent[e->recent_n++ % QUEUED] = file->sha256;
	ferry_pool_put(e->queue, q);
	return 0;
}

static int
add_files(struct fill *e, const struct ferry_journal_record *record,
    uint64_t first, struct ferry_error *err)
{
	int n =
	    record->value == NULL ? 0 : ferry_files_count(record->value, err);
	struct ferry_blob_info info;
	struct ferry_file file;

	for (int i = (int)first; i < n; i++) {
		int rc = ferry_contents_file(e->task->st, record, (size_t)i,
		    e->state->head->from, &e->plan->left_out, &file, &info,
		    err);

		if (rc == -1 || (rc == 1 && queue_file(e, record, (size_t)i,
						&file, &info, err) == -1))
			return -1;
	}
	return n == -1 ? -1 : 0;
}

static int
add_blobs(struct fill *e, struct ferry_error *err)
{
	struct ferry_export_cursor from = e->cursor;
	struct ferry_journal_record record;
	struct ferry_contents *s = NULL;
	int rc;

	if (from.stage != FERRY_STAGE_BLOBS)
		return 0;
	if (ferry_contents_new(
		&s, e->task->st, from.seq, &e->plan->left_out, err) == -1)
		return -1;
	while ((rc = ferry_contents_next(s, &record, err)) == 1)
		if (add_files(e, &record,
			record.seq == from.seq ? from.file : 0, err) == -1) {
			rc = -1;
			break;
		}
	ferry_contents_free(s);
	while (rc == 0 && ferry_pool_count(e->queue) > 0)
		rc = add_oldest(e, err);
	if (rc == 0)
		e->cursor =
		    (struct ferry_export_cursor){ FERRY_STAGE_END, 0, 0, 0 };
	return rc;
}

/* Whatever waits is of no use any more. */
static void
close_queue(struct fill *e)
{

	if (e->queue == NULL)
		return;
	atomic_store(&e->stopped, true);
	ferry_pool_stop(e->queue);
	while (ferry_pool_count(e->queue) > 0)
		free_queued(ferry_pool_next(e->queue));
	ferry_pool_free(e->queue);
}

/* What the copying found rotten must not be taken for whole again. */
static void
note_rotten(struct fill *e)
{
	const struct ferry_digest *blob = ferry_bundle_writer_rotten(e->writer);
	struct ferry_error why = FERRY_ERROR_INIT;
	json_t *note;

	if (blob == NULL)
		return;
	note = json_pack("{s:I,s:s}", "at", (json_int_t)ferry_now(), "text",
	    "found damaged by an export");
	if (note == NULL ||
	    ferry_blob_mark_lost(e->task->st, blob, note, &why) == -1 ||
	    ferry_store_commit(e->task->st, &why) == -1)
		ferry_task_note(e->task, "noting the damage: %s", why.text);
	json_decref(note);
}

static void
note_recipes(const struct fill *f)
{
	char blobs[FERRY_COUNT_TEXT], size[FERRY_SIZE_TEXT];
	uint64_t count, saved;

	ferry_bundle_writer_recipes(f->writer, &count, &saved);
	if (count > 0)
		ferry_task_note(f->task, "%s %s as a recipe%s, which saves %s",
		    ferry_count_text(count, "blob", blobs),
		    count == 1 ? "travels" : "travel each",
		    f->plan->site_known ? " from what the site has" : "",
		    ferry_size_text(saved, size));
}

int
ferry_volumes_write(const struct ferry_task *task,
    const struct ferry_export_plan *plan, struct ferry_export_state *state,
    struct ferry_error *err)
{
	struct fill f = { .task = task,
		.plan = plan,
		.state = state,
		.cursor = state->cursor,
		.blobs = state->head->totals.blobs };
	int rc = -1;

	if (state->cursor.stage >= FERRY_STAGE_END)
		return 0;
	if (ferry_bundle_writer_new(&f.writer, task->st, &state->target,
		state->head, on_volume, &f, err) == -1)
		return -1;
	ferry_bundle_writer_go_on(f.writer, state->cursor.offset);
	state->target.stopped = &f.stopped;
	if (ferry_pool_new(&f.queue, ferry_pool_threads(MAKING_BYTES),
		choose_form, err) == 0 &&
	    add_wanted(&f, err) == 0 && add_records(&f, err) == 0 &&
	    add_blobs(&f, err) == 0)
		rc = ferry_bundle_writer_finish(f.writer, err);
	close_queue(&f);
	if (rc == -1)
		note_rotten(&f);
	else
		note_recipes(&f);
	ferry_bundle_writer_free(f.writer);
	state->target.stopped = NULL;
	return rc;
}
