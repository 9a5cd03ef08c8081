#include "sync/carry/receive.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/blob/pieces.h"
#include "store/bundle/recipes.h"
#include "store/store.h"
#include "sync/carry/import_state.h"
#include "sync/carry/origins.h"
#include "sync/carry/room.h"

/* Large files wait for their commit in the page cache: not too many. */
#define COMMIT_BYTES (128U << 20)
#define COMMIT_BLOBS 2000

/* A piece that is being read. */
struct piece {
	struct ferry_blob_pieces *pieces;
	uint64_t offset; /* of what comes next */
};

struct receive {
	const struct ferry_task *task;
	const struct ferry_found_bundle *bundle;
	struct ferry_import_bundle *out;
	struct ferry_import_state incoming;
	bool repairing;
	uint64_t bytes, blobs; /* written since the last commit */
	uint64_t baseless; /* recipes of this volume whose base is not here */
	uint64_t passed, size; /* of the files, for progress */
};

static int
commit_received(struct receive *r, struct ferry_error *err)
{

	r->bytes = r->blobs = 0;
	return ferry_store_commit(r->task->st, err);
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_blob_writer_write(ctx, p, n, err);
}

/* Store the current member under the digest want of what it delivers. */
static int
store_member(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, enum ferry_blob_kind kind,
    enum ferry_content_mode mode, const struct ferry_digest *want,
    struct ferry_error *err)
{
	struct ferry_blob_writer *w = NULL;
	struct ferry_digest got;
	int rc = -1;

	if (ferry_blob_writer_new(&w, r->task->st, kind, 0, err) == -1)
		goto out;
	if (m->encoding == FERRY_ENCODING_RECIPE
		? ferry_bundle_recipe_take(
		      r->task->st, v, m, on_data, w, err) == -1
		: ferry_volume_content(v, mode, on_data, w, err) == -1)
		goto out;
	r->bytes += ferry_blob_writer_size(w);
	r->blobs++;
	rc = ferry_blob_writer_finish(w, want, 1, &got, err);
out:
	ferry_blob_writer_free(w);
	return rc;
}

/*
 * The base of a recipe is not here, or is damaged.  The receipt will ask for the
 * blob, so that the next bundle brings it whole; what else is in the volume comes
 * in meanwhile.
 */
static int
note_baseless(struct receive *r, const struct ferry_member *m,
    const struct ferry_error *why, struct ferry_error *err)
{

	ferry_task_note(r->task, "'%s': %s", m->path, why->text);
	r->baseless++;
	return ferry_wanted_put(
	    r->task->st, &m->blob, r->bundle->head->origin, err);
}

static int
on_piece(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct piece *piece = ctx;

	if (ferry_blob_pieces_write(piece->pieces, piece->offset, p, n, err) ==
	    -1)
		return -1;
	piece->offset += n;
	return 0;
}

/*
 * All of the blob came: make it one.  What was signed as its pieces but does not
 * make it is all asked for again.
 */
static int
join_pieces(struct receive *r, struct ferry_blob_pieces *p,
    const struct ferry_member *m, struct ferry_error *err)
{
	enum ferry_blob_kind kind =
	    m->document ? FERRY_BLOB_IS_DOCUMENT : FERRY_BLOB_IS_FILE;

	if (ferry_blob_pieces_join(p, kind, err) == 0)
		return commit_received(r, err) == -1
		           ? -1
		           : ferry_blob_pieces_remove(p, err);
	if (err->code != FERRY_EDIGEST || r->repairing)
		return -1;
	memset(r->incoming.done, 0, r->bundle->head->volumes_n);
	r->incoming.done_n = 0;
	return ferry_error_in(err,
	    "its pieces are what was signed, and do not make it; import every "
	    "volume again, and if that does not help, ask for a new bundle");
}

/* Whether the blob is whole now: 1, 0, -1. */
static int
take_piece(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct piece piece = { NULL, m->offset };
	int rc = ferry_blob_pieces_open(
	    &piece.pieces, r->task->st, &m->blob, m->content_size, err);

	if (rc == 0 &&
	    !ferry_blob_pieces_has(piece.pieces, m->offset, m->size)) {
		if (ferry_volume_content(v, FERRY_CONTENT_CHECKED, on_piece,
			&piece, err) == -1 ||
		    ferry_blob_pieces_note(
			piece.pieces, m->offset, m->size, err) == -1)
			rc = -1;
		r->bytes += m->size;
	}
	if (rc == 0 && ferry_blob_pieces_whole(piece.pieces))
		rc = join_pieces(r, piece.pieces, m, err) == -1 ? -1 : 1;
	ferry_blob_pieces_close(piece.pieces);
	return rc;
}

/* What a member brings of a blob: 1 all of it, or the last piece; 0 another
 * piece; -1. */
static int
store_blob(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{

	if (m->encoding == FERRY_ENCODING_PIECE)
		return take_piece(r, v, m, err);
	return store_member(r, v, m,
		   m->document ? FERRY_BLOB_IS_DOCUMENT : FERRY_BLOB_IS_FILE,
		   FERRY_CONTENT_UNCHECKED, &m->blob, err) == -1
	           ? -1
	           : 1;
}

static int
take_blob(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct ferry_store *st = r->task->st;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_blob_info info = { 0 };
	int known = ferry_blob_stat(st, &m->blob, &info, err), wanted = 0, rc;

	if (known == -1)
		return -1;
	if (known == 1 && !info.lost) {
		r->out->blobs_known += m->offset == 0;
		return 0;
	}
	if ((wanted = ferry_wanted_has(st, &m->blob, err)) == -1)
		return -1;
	/* What gc freed since need not come back. */
	if (r->repairing && known == 0 && wanted == 0)
		return 0;
	if ((rc = store_blob(r, v, m, &why)) == 0)
		return 0;
	if (rc == -1) {
		if (m->encoding == FERRY_ENCODING_RECIPE &&
		    why.code == FERRY_EMISSING)
			return note_baseless(r, m, &why, err);
		*err = why;
		return ferry_error_in(err, "'%s'", m->path);
	}
	r->out->blobs++;
	r->out->blob_bytes += m->content_size;
	if (known == 0 && wanted == 0)
		return 0;
	r->out->repaired += known == 1;
	return ferry_wanted_came(st, &m->blob, err);
}

static int
take_part(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	const struct ferry_head *h = r->bundle->head;
	int known;

	if (r->repairing)
		return 0;
	if (m->part == 0 || m->part > h->totals.record_parts ||
	    m->first < h->from || m->last > h->to)
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "'%s' holds records that the head does not announce",
		    m->path);
	if ((known = ferry_blob_has(r->task->st, &m->sha256, err)) == -1)
		return -1;
	if (known == 0 && store_member(r, v, m, FERRY_BLOB_IS_FILE,
			      FERRY_CONTENT_STORED, &m->sha256, err) == -1)
		return ferry_error_in(err, "'%s'", m->path);
	return ferry_part_put(r->task->st, h, m, err);
}

static int
pause_for_commit(
    struct receive *r, const struct ferry_volume *v, struct ferry_error *err)
{

	ferry_task_progress(r->task, r->out->blobs + r->out->blobs_known,
	    r->bundle->head->totals.blobs, r->passed + ferry_volume_offset(v),
	    r->size);
	if ((r->bytes >= COMMIT_BYTES || r->blobs >= COMMIT_BLOBS ||
		ferry_store_commit_due(r->task->st)) &&
	    commit_received(r, err) == -1)
		return -1;
	if (!ferry_task_stopped(r->task))
		return 0;
	if (commit_received(r, err) == -1)
		return -1;
	return ferry_error_set(err, FERRY_ECANCELLED,
	    "stopped; the same command goes on from here");
}

/* One volume from its head to its end. */
static int
read_volume(struct receive *r, size_t i, struct ferry_error *err)
{
	const struct ferry_member *m;
	struct ferry_volume *v = NULL;
	char text[FERRY_COUNT_TEXT];
	int rc = -1;

	r->baseless = 0;
	if (ferry_found_open(&v, r->bundle, i, err) == -1)
		return -1;
	while ((rc = ferry_volume_next(v, &m, err)) == 1) {
		rc = m->kind == FERRY_MEMBER_BLOB ? take_blob(r, v, m, err)
		                                  : take_part(r, v, m, err);
		if (rc == -1)
			break;
		if ((rc = pause_for_commit(r, v, err)) == -1)
			goto out;
	}
	if (rc == 0 && r->baseless > 0)
		rc = ferry_error_set(err, FERRY_EMISSING,
		    "%s from bases that are missing or damaged here; take the "
		    "receipt of 'ferry receipt' to the origin and bring what "
		    "it exports then, or a bundle of 'ferry export --whole'",
		    ferry_count_text(r->baseless, "recipe", text));
	if (rc == -1)
		ferry_error_in(err, "%s", r->bundle->volumes[i].path);
	r->passed += ferry_volume_offset(v);
out:
	ferry_volume_close(v);
	return rc;
}

/* Whether going on with other volumes makes sense. */
static bool
is_damage(enum ferry_code code)
{

	switch (code) {
	case FERRY_EFORMAT:
	case FERRY_ELIMIT:
	case FERRY_EDIGEST:
	case FERRY_ESIZE:
	case FERRY_EUNDECLARED:
	case FERRY_EMISSING:
		return true;
	default:
		return false;
	}
}

static bool
is_there(const struct receive *r, size_t number)
{

	for (size_t i = 0; i < r->bundle->n; i++)
		if (r->bundle->volumes[i].number == number)
			return true;
	return false;
}

/* The numbers of the volumes that are missing, as ranges, from number on. */
static void
list_missing(const struct receive *r, size_t number, char *list, size_t size)
{
	size_t n = 0, first = 0, end = r->bundle->head->volumes_n + 1;

	for (size_t i = number; i <= end; i++) {
		if (i < end && !r->incoming.done[i - 1] && !is_there(r, i)) {
			first = first == 0 ? i : first;
			continue;
		}
		if (first == 0)
			continue;
		if (n + 24 > size) {
			(void)snprintf(list + n, size - n, ", …");
			return;
		}
		n += (size_t)snprintf(
		    list + n, size - n, "%s%zu", n == 0 ? "" : ", ", first);
		if (i - 1 > first)
			n +=
			    (size_t)snprintf(list + n, size - n, "-%zu", i - 1);
		first = 0;
	}
}

static int
refuse_missing(const struct receive *r, size_t number, struct ferry_error *err)
{
	const struct ferry_head *h = r->bundle->head;
	char site[FERRY_NAME + 1] = "", list[160] = "";

	if (h->site_name[0] != 0)
		(void)snprintf(site, sizeof(site), "-%s", h->site_name);
	list_missing(r, number, list, sizeof(list));
	return ferry_error_set(err, FERRY_EMISSING,
	    "volume %s of %zu is missing (ferry-%s%s-%06" PRIu64 "-%06" PRIu64
	    "-%03zu.tar%s); bring what is missing and import it, the others "
	    "are not needed again",
	    list, h->volumes_n, h->origin_name, site, h->from, h->to, number,
	    strpbrk(list, ",-") == NULL ? "" : " and so on");
}

/* Volume number (from 1): 1 done now, 0 failed with why, -1. */
static int
try_volume(struct receive *r, size_t number, struct ferry_error *why,
    struct ferry_error *err)
{
	bool any = false;
	int rc;

	for (size_t i = 0; i < r->bundle->n; i++) {
		const struct ferry_found_volume *fv = &r->bundle->volumes[i];

		if (fv->number != number)
			continue;
		any = true;
		rc = read_volume(r, i, why);
		if (rc == 0)
			return 1;
		/* An unreadable sector is the medium's damage, not ours. */
		if (!is_damage(why->code) &&
		    !(why->code == FERRY_ESYSTEM && why->sys == 5 /* EIO */)) {
			*err = *why;
			return -1;
		}
		ferry_task_note(r->task, "damaged: %s", why->text);
	}
	if (!any)
		refuse_missing(r, number, why);
	return 0;
}

static void
sum_sizes(struct receive *r)
{

	for (size_t i = 0; i < r->bundle->head->volumes_n; i++)
		if (r->repairing || !r->incoming.done[i])
			r->size += r->bundle->head->volumes[i].size;
}

int
ferry_receive(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_import_bundle *out,
    struct ferry_error *err)
{
	struct receive r = { .task = task, .bundle = bundle, .out = out };
	struct ferry_error first = FERRY_ERROR_INIT, why;
	int rc =
	    ferry_import_state_load(&r.incoming, task->st, bundle->head, err);

	if (rc == 1)
		ferry_task_note(task,
		    "an unfinished import of another bundle of %s is dropped",
		    bundle->head->origin_name);
	if (rc == -1)
		goto out;
	if ((rc = ferry_room_check(task, bundle, r.incoming.done, err)) == -1)
		goto out;
	sum_sizes(&r);
	out->volumes_kept = r.incoming.done_n;
	for (size_t i = 0; i < bundle->head->volumes_n; i++) {
		if (r.incoming.done[i])
			continue;
		why = (struct ferry_error)FERRY_ERROR_INIT;
		if ((rc = try_volume(&r, i + 1, &why, err)) == -1)
			goto out;
		if (rc == 1) {
			r.incoming.done[i] = true;
			r.incoming.done_n++;
			out->volumes_read++;
		} else if (first.code == FERRY_OK) {
			first = why;
		}
		/* Also after a failure: what came is kept. */
		if ((rc = ferry_import_state_save(
			 &r.incoming, task->st, err)) == -1 ||
		    (rc = commit_received(&r, err)) == -1)
			goto out;
	}
	rc = 0;
	if (first.code != FERRY_OK) {
		*err = first;
		rc = -1;
	}
out:
	ferry_import_state_clear(&r.incoming);
	return rc;
}

int
ferry_receive_repairs(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_import_bundle *out,
    struct ferry_error *err)
{
	struct receive r = {
		.task = task, .bundle = bundle, .out = out, .repairing = true
	};
	struct ferry_receipt wanted = { 0 };
	struct ferry_error why = FERRY_ERROR_INIT;

	if (ferry_wanted_load(task->st, &wanted, err) == -1)
		return -1;
	if (wanted.wanted_n == 0)
		return 0;
	sum_sizes(&r);
	for (size_t i = 0; i < bundle->n; i++)
		if (read_volume(&r, i, &why) == -1) {
			if (!is_damage(why.code)) {
				*err = why;
				return -1;
			}
			ferry_task_note(task, "damaged: %s", why.text);
		}
	return commit_received(&r, err);
}
