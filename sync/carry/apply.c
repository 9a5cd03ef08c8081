#include "sync/carry/apply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "store/access/snapshots.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/cached.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/carry/accept.h"
#include "sync/carry/alias.h"
#include "sync/carry/behind.h"
#include "sync/carry/carried.h"
#include "sync/carry/import_state.h"
#include "sync/carry/imported.h"
#include "sync/carry/origins.h"

#define BATCH 2000 /* records of a commit */
#define NOTED_MAX 4096 /* wanted blobs that are noted */

struct apply {
	const struct ferry_task *task;
	const struct ferry_head *head;
	struct ferry_import_bundle *out;
	uint64_t records; /* seen in this pass */
	uint64_t last; /* the number of the record before */
	uint64_t missing; /* blobs */
	char example[FERRY_KEY_TEXT];
	uint64_t changed; /* since the last commit */
	uint64_t first; /* number of this store's journal that comes next */
	struct ferry_accept accept;
	bool anew; /* these records begin a new history */
};

struct record {
	struct ferry_key key; /* as it is called here */
	struct ferry_key theirs; /* as the origin calls it */
	json_t *value; /* NULL for a delete; borrowed */
	uint64_t seq;
};

typedef int
on_record(struct apply *a, struct record *record, struct ferry_error *err);

struct lines {
	struct apply *a;
	on_record *on;
};

static int
on_line(void *ctx, const struct ferry_carried *carried, struct ferry_error *err)
{
	const struct lines *lines = ctx;
	struct record r = { carried->key, carried->key, carried->value,
		carried->seq };

	return ferry_alias_key(lines->a->accept.aliases, &r.key, err) == -1
	           ? -1
	           : lines->on(lines->a, &r, err);
}

static int
each_line(struct apply *a, const struct ferry_member *m,
    struct ferry_bytes text, on_record *on, struct ferry_error *err)
{
	struct lines lines = { a, on };

	if (ferry_carried_each(m, text, &a->last, on_line, &lines, err) == -1)
		return -1;
	a->records += m->count;
	return 0;
}

/* Decode a part; its size is bounded by what ferry_member_parse() allows. */
static int
load_part(struct ferry_store *st, const struct ferry_member *m,
    struct ferry_buf *stored, struct ferry_buf *text, struct ferry_error *err)
{
	size_t n;

	ferry_buf_reset(stored);
	ferry_buf_reset(text);
	if (ferry_blob_load(
		st, &m->sha256, 2 * FERRY_RECORDS_PART_MAX, stored, err) == -1)
		return -1;
	if (m->encoding == FERRY_ENCODING_RAW)
		return ferry_buf_add(text, stored->p, stored->n, err);
	if (ferry_buf_reserve(text, (size_t)m->content_size, err) == -1)
		return -1;
	n = ZSTD_decompress(
	    text->p, (size_t)m->content_size, stored->p, stored->n);
	if (ZSTD_isError(n) || n != m->content_size)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "it does not decode to the %" PRIu64
		    " bytes that are declared",
		    m->content_size);
	text->n = n;
	text->p[n] = 0;
	return 0;
}

static int
each_record(struct apply *a, on_record *on, struct ferry_error *err)
{
	struct ferry_buf stored = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	char records[FERRY_COUNT_TEXT];
	struct ferry_member m;
	int rc = 0;

	a->records = a->last = 0;
	for (uint64_t i = 1; rc == 0 && i <= a->head->totals.record_parts;
	     i++) {
		rc = ferry_part_get(a->task->st, a->head, i, &m, err);
		if (rc == 0)
			rc = ferry_error_set(err, FERRY_EMISSING,
			    "the bundle has no part %" PRIu64 " of its records",
			    i);
		else if (rc == 1)
			rc = load_part(a->task->st, &m, &stored, &text, err);
		if (rc == 0)
			rc = each_line(a, &m, ferry_bytes_buf(&text), on, err);
		if (rc == -1)
			ferry_error_in(
			    err, "part %" PRIu64 " of the records", i);
	}
	ferry_buf_free(&stored);
	ferry_buf_free(&text);
	if (rc == 0 && a->records != a->head->totals.records)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "the bundle has %s instead of %" PRIu64,
		    ferry_count_text(a->records, "record", records),
		    a->head->totals.records);
	return rc;
}

/*
 * A version that is served here has the bytes it has, of which the first file
 * is what clients download: its origin may remove it,
 * and not replace its bytes.
 */
static int
check_same_bytes(struct apply *a, struct record *r, struct ferry_error *err)
{
	struct ferry_file ours, theirs;
	char text[FERRY_KEY_TEXT];
	json_t *known = NULL;
	int rc;

	if (r->value == NULL || !ferry_key_is(&r->key, FERRY_KIND_VERSION))
		return 0;
	if ((rc = ferry_accept_skips(&a->accept, &r->key, err)) != 0)
		return rc == -1 ? -1 : 0;
	rc = ferry_catalog_get(a->task->st, &r->key, &known, err);
	if (rc == 1 && !ferry_removal_is(known) &&
	    ferry_files_count(known, err) >= 1 &&
	    ferry_files_count(r->value, err) >= 1) {
		if (ferry_files_get(known, 0, &ours, err) == -1 ||
		    ferry_files_get(r->value, 0, &theirs, err) == -1)
			rc = -1;
		else if (!ferry_digest_equal(&ours.sha256, &theirs.sha256))
			rc = ferry_error_set(err, FERRY_EINCIDENT,
			    "the bundle brings other bytes for %s, which is "
			    "here already; nothing was applied. Find out who "
			    "changed a published version; 'ferry remove' it "
			    "here first to take the new bytes",
			    ferry_key_text(&r->key, text));
	}
	json_decref(known);
	return rc == -1 ? -1 : 0;
}

/* First pass: is everything well-formed and every blob here? */
static int
check_record(struct apply *a, struct record *r, struct ferry_error *err)
{
	int n = r->value == NULL ? 0 : ferry_files_count(r->value, err);
	bool whole = true;
	struct ferry_blob_info info;
	struct ferry_file file;

	if (ferry_task_stopped(a->task))
		return ferry_error_set(err, FERRY_ECANCELLED,
		    "stopped; the same command goes on from here");
	if (n == -1 || check_same_bytes(a, r, err) == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		int rc;

		if (ferry_files_get(r->value, (size_t)i, &file, err) == -1)
			return -1;
		rc = ferry_blob_stat(a->task->st, &file.sha256, &info, err);
		if (rc == -1)
			return -1;
		if (rc == 1 && info.size != file.size)
			return ferry_error_set(err, FERRY_ESIZE,
			    "a record says that '%s' has %" PRIu64
			    " bytes; the blob has %" PRIu64,
			    file.name, file.size, info.size);
		/* A blob that rotted here is the receipt's business. */
		if (rc == 1)
			continue;
		whole = false;
		/* What is skipped needs nothing. */
		if ((rc = ferry_accept_skips(&a->accept, &r->key, err)) == -1)
			return -1;
		if (rc == 1)
			continue;
		if (a->missing++ == 0)
			(void)ferry_key_text(&r->key, a->example);
		if (a->missing <= NOTED_MAX &&
		    ferry_wanted_put(
			a->task->st, &file.sha256, a->head->origin, err) == -1)
			return -1;
	}
	if (whole && ferry_record_check_content(
			 a->task->st, &r->key, r->value, err) == -1)
		return -1;
	if (a->missing == 0 && r->value != NULL &&
	    ferry_key_is(&r->key, FERRY_KIND_ACCESS))
		return ferry_snapshots_check(
		    a->task->st, ferry_key_owner(&r->theirs), r->value, err);
	return 0;
}

static int
refuse_missing(struct apply *a, struct ferry_error *err)
{
	char blobs[FERRY_COUNT_TEXT];

	/* Should gc have taken what earlier volumes brought, reading them
	 * again helps. */
	if (ferry_import_state_forget(a->task->st, a->head->origin, err) ==
		-1 ||
	    ferry_store_commit(a->task->st, err) == -1)
		return -1;
	return ferry_error_set(err, FERRY_EMISSING,
	    "neither here nor in the bundle: %s, such as one of %s; nothing "
	    "was applied. What is missing is noted for the receipt: hand it to "
	    "%s ('ferry receipt') and ask for a new bundle, or for one of "
	    "'ferry export --whole'",
	    ferry_count_text(a->missing, "blob", blobs), a->example,
	    a->head->origin_name);
}

/* Whether a version stays as it is here: what is served is, and what was removed
 * does not come back.  known: NULL if there is none. */
static int
version_stays(struct apply *a, const struct record *r, const json_t *known,
    struct ferry_error *err)
{
	bool comes = !ferry_removal_is(r->value);

	if (known == NULL)
		return comes ? ferry_removal_stands(a->task->st, &r->key, err)
		             : 0;
	return ferry_removal_is(known) == comes;
}

/* Whether who may read an upstream stays as it is here: no new history opens
 * what this site knows to be closed. */
static bool
readers_stay(const struct record *r, const json_t *known)
{
	bool access = ferry_key_is(&r->key, FERRY_KIND_ACCESS);
	const char *member = access ? "taken_at" : "visibility";
	const json_t *mine = json_object_get(known, member),
		     *theirs = json_object_get(r->value, member);

	return access
	           ? json_integer_value(mine) > json_integer_value(theirs)
	           : ferry_visibility_restricts(json_string_value(mine)) &&
	                 !ferry_visibility_restricts(json_string_value(theirs));
}

static void
note_readers(const struct apply *a, const struct record *r)
{

	if (ferry_key_is(&r->key, FERRY_KIND_ACCESS))
		ferry_task_note(a->task,
		    "the permissions of upstream '%s' are newer here than in "
		    "the new history, and stay until %s brings newer ones",
		    ferry_key_owner(&r->key), a->head->origin_name);
	else
		ferry_task_note(a->task,
		    "upstream '%s' is for everybody in the new history and not "
		    "here, and stays closed until %s says so once more",
		    ferry_key_part(&r->key, 1), a->head->origin_name);
}

/* In a new history: whether what is here stays.  1, 0, -1. */
static int
stays(struct apply *a, const struct record *r, struct ferry_error *err)
{
	bool version = ferry_key_is(&r->key, FERRY_KIND_VERSION);
	json_t *known = NULL;
	int rc = ferry_catalog_get(a->task->st, &r->key, &known, err);

	if (rc == -1)
		return -1;
	/* Nothing goes that is here. */
	if (r->value == NULL)
		rc = known != NULL;
	else if (version)
		rc = version_stays(a, r, known, err);
	else if (known != NULL &&
		 (ferry_key_is(&r->key, FERRY_KIND_ACCESS) ||
		     ferry_key_is(&r->key, FERRY_KIND_UPSTREAM)))
		rc = readers_stay(r, known);
	else
		rc = 0;
	json_decref(known);
	if (rc == 1 && !version && r->value != NULL)
		note_readers(a, r);
	return rc;
}

static int
put_record(struct apply *a, struct record *r, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	int rc = ferry_accept_record(
	    &a->accept, &r->key, r->value, r->seq, &a->out->skipped, err);

	if (rc == 1 && a->anew && (rc = stays(a, r, err)) != -1) {
		a->out->stayed += rc == 1;
		rc = rc == 0;
	}
	if (rc != 1)
		return rc;
	/* Of whose users a snapshot speaks may have another name as well. */
	if (r->value != NULL &&
	    (!ferry_key_equal(&r->key, &r->theirs) ||
		(ferry_key_is(&r->key, FERRY_KIND_ACCESS) &&
		    json_object_size(a->accept.aliases) > 0)) &&
	    ferry_alias_value(st, a->accept.aliases, &r->key, r->value, err) ==
		-1)
		return -1;
	/* What a bundle brings is not there because a client asked. */
	if (ferry_key_is(&r->key, FERRY_KIND_VERSION) &&
	    ferry_cached_forget(st, &r->key, err) == -1)
		return -1;
	return r->value == NULL ? ferry_catalog_delete(st, &r->key, err)
	                        : ferry_catalog_put(st, &r->key, r->value, err);
}

/* Second pass. */
static int
apply_record(struct apply *a, struct record *r, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	int rc = put_record(a, r, err);

	if (rc == -1)
		return -1;
	a->out->records++;
	a->changed += (uint64_t)rc;
	if (a->changed < BATCH && !ferry_store_commit_due(st))
		return 0;
	a->changed = 0;
	if (!a->accept.repeated &&
	    ferry_applying_put(st, a->head->origin,
		&(struct ferry_mark){ a->head->to, a->head->after }, err) == -1)
		return -1;
	ferry_task_progress(
	    a->task, a->out->records, a->head->totals.records, 0, 0);
	if (ferry_store_commit(st, err) == -1)
		return -1;
	if (ferry_task_stopped(a->task))
		return ferry_error_set(err, FERRY_ECANCELLED,
		    "stopped; the same command goes on from here");
	return 0;
}

static int
begin_apply(struct apply *a, const struct ferry_found_bundle *bundle,
    struct ferry_error *err)
{
	struct ferry_store_totals totals;

	if (ferry_store_totals(a->task->st, &totals, err) == -1)
		return -1;
	a->first = totals.records + 1;
	if (a->anew && ferry_behind_anew(a->task->st, a->head->origin,
			   a->head->from - 1, err) == -1)
		return -1;
	return ferry_imported_begin(
	    a->task->st, a->head, &bundle->signers, a->first, err);
}

static int
finish_apply(struct apply *a, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	struct ferry_store_totals totals;
	struct ferry_position here;

	if ((a->anew && ferry_position_anew(st, a->head, err) == -1) ||
	    (!a->accept.repeated &&
		ferry_position_reach(st, a->head, err) == -1) ||
	    ferry_position_get(st, a->head->origin, &here, err) == -1 ||
	    ferry_behind_reach(st, a->head, here.seq, err) == -1 ||
	    ferry_accept_finish(&a->accept, err) == -1 ||
	    ferry_store_totals(st, &totals, err) == -1 ||
	    ferry_imported_end(st, a->head, a->first, totals.records, err) ==
		-1 ||
	    ferry_applying_forget(st, a->head->origin, err) == -1 ||
	    ferry_import_state_forget(st, a->head->origin, err) == -1)
		return -1;
	return ferry_store_commit(st, err);
}

int
ferry_apply(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle,
    const struct ferry_protect *protect, enum ferry_apply_what what,
    struct ferry_import_bundle *out, struct ferry_error *err)
{
	struct apply a = { .task = task,
		.head = bundle->head,
		.out = out,
		.anew = what == FERRY_APPLY_ANEW };
	int rc = -1;

	if (ferry_accept_open(&a.accept, task, bundle, protect,
		what == FERRY_APPLY_BEHIND, err) == -1)
		return -1;
	if (each_record(&a, check_record, err) == -1)
		goto out;
	if (a.missing > 0)
		(void)refuse_missing(&a, err);
	else if (begin_apply(&a, bundle, err) == 0 &&
		 each_record(&a, apply_record, err) == 0)
		rc = finish_apply(&a, err);
	out->anew = a.anew;
out:
	ferry_accept_close(&a.accept);
	return rc;
}
