#include "sync/carry/receive.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/pool.h"
#include "store/blob/blob.h"
#include "store/blob/pieces.h"
#include "store/bundle/recipes.h"
#include "store/store.h"
#include "sync/carry/import_state.h"
#include "sync/carry/origins.h"
#include "sync/carry/room.h"

/* Large files wait for their commit in the page cache: not too many. */
#define COMMIT_BYTES (128U << 20)
#define COMMIT_BLOBS 2000
/* Recipes that are being applied, or wait to be stored, at most: each may take
 * 64 MiB of memory while it is applied, and its blob's size on disk. */
#define APPLYING 16
#define STOP_MS 200 /* that pass until stopping is noticed */
#define APPLYING_BYTES (64U << 20) /* that applying one may take */

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
	struct ferry_pool *applying; /* struct ferry_bundle_recipe */
	atomic_bool stopped; /* what is being applied is not wanted any more */
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

/*
 * Store what a member delivers under the digest want: recipe, which may be NULL,
 * or else the current member.
 */
static int
store_member(struct receive *r, struct ferry_volume *v,
    struct ferry_bundle_recipe *recipe, enum ferry_blob_kind kind,
    enum ferry_content_mode mode, const struct ferry_digest *want,
    struct ferry_error *err)
{
	struct ferry_blob_writer *w = NULL;
	struct ferry_digest got;
	int rc = -1;

	if (ferry_blob_writer_new(&w, r->task->st, kind, 0, err) == -1)
		goto out;
	if (recipe != NULL
		? ferry_bundle_recipe_copy(recipe, on_data, w, err) == -1
		: ferry_volume_content(v, mode, on_data, w, err) == -1)
		goto out;
	r->bytes += ferry_blob_writer_size(w);
	r->blobs++;
	rc = ferry_blob_writer_finish(w, want, 1, &got, err);
out:
	ferry_blob_writer_free(w);
	return rc;
}

/* What the index says of a member's blob: known to it, wanted from elsewhere. */
struct standing {
	int known, wanted;
	bool here; /* and whole */
};

static int
look_up(struct receive *r, const struct ferry_member *m, struct standing *s,
    struct ferry_error *err)
{
	struct ferry_store *st = r->task->st;
	struct ferry_blob_info info = { 0 };

	s->known = ferry_blob_stat(st, &m->blob, &info, err);
	s->wanted = s->known == -1 ? -1 : ferry_wanted_has(st, &m->blob, err);
	s->here = s->known == 1 && !info.lost;
	return s->wanted == -1 ? -1 : 0;
}

/*
 * What could not be stored.  A recipe whose base is not here, or is damaged, is no
 * error of the volume: its blob is one that the bundle does not bring.  Whether
 * anything needs it, and the receipt asks for it, shows when the records are looked
 * at: this site may skip what names it.
 */
static int
fail_blob(const struct receive *r, const struct ferry_member *m,
    const struct ferry_error *why, struct ferry_error *err)
{

	if (m->encoding == FERRY_ENCODING_RECIPE &&
	    why->code == FERRY_EMISSING) {
		ferry_task_note(r->task, "'%s': %s", m->path, why->text);
		return 0;
	}
	*err = *why;
	return ferry_error_in(err, "'%s'", m->path);
}

/* A blob is here now. */
static int
note_stored(struct receive *r, const struct ferry_member *m,
    const struct standing *s, struct ferry_error *err)
{

	r->out->blobs++;
	r->out->blob_bytes += m->content_size;
	if (s->known == 0 && s->wanted == 0)
		return 0;
	r->out->repaired += s->known == 1;
	return ferry_wanted_came(r->task->st, &m->blob, err);
}

/* As store_member(), of a blob. */
static int
store_blob(struct receive *r, struct ferry_volume *v,
    struct ferry_bundle_recipe *recipe, const struct ferry_member *m,
    const struct standing *s, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	return store_member(r, v, recipe,
		   m->document ? FERRY_BLOB_IS_DOCUMENT : FERRY_BLOB_IS_FILE,
		   FERRY_CONTENT_UNCHECKED, &m->blob, &why) == -1
	           ? fail_blob(r, m, &why, err)
	           : note_stored(r, m, s, err);
}

static int
stop(struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_ECANCELLED,
	    "stopped; the same command goes on from here");
}

/* Store the blob whose recipe was given first. */
static int
store_applied(struct receive *r, struct ferry_error *err)
{
	struct ferry_bundle_recipe *recipe;
	const struct ferry_member *m;
	struct standing s;
	int rc;

	while (!ferry_pool_wait(r->applying, STOP_MS))
		if (ferry_task_stopped(r->task))
			return stop(err);
	recipe = ferry_pool_next(r->applying);
	m = ferry_bundle_recipe_member(recipe);
	rc = look_up(r, m, &s, err);
	if (rc == 0)
		rc = store_blob(r, NULL, recipe, m, &s, err);
	ferry_bundle_recipe_free(recipe);
	return rc;
}

/* Store all that is being applied; with an error already, as much as can be. */
static int
store_all_applied(struct receive *r, int rc, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	while (
	    ferry_pool_count(r->applying) > 0 && !ferry_task_stopped(r->task))
		if (store_applied(r, rc == -1 ? &why : err) == -1)
			rc = -1;
	return rc == 0 && ferry_pool_count(r->applying) > 0 ? stop(err) : rc;
}

/* Whether all bases are here; what is being applied may be one. */
static int
wait_for_bases(
    struct receive *r, const struct ferry_member *m, struct ferry_error *err)
{
	int has = 1;

	for (size_t i = 0; has == 1 && i < m->bases_n; i++)
		has = ferry_blob_has(r->task->st, &m->bases[i], err);
	return has == 0 ? store_all_applied(r, 0, err) : has == -1 ? -1 : 0;
}

static int
take_recipe(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_bundle_recipe *recipe;

	if (wait_for_bases(r, m, err) == -1)
		return -1;
	if (ferry_bundle_recipe_open(
		&recipe, r->task->st, v, m, &r->stopped, &why) == -1)
		return fail_blob(r, m, &why, err);
	ferry_pool_put(r->applying, recipe);
	while (ferry_pool_count(r->applying) == APPLYING ||
	       ferry_pool_ready(r->applying))
		if (store_applied(r, err) == -1)
			return -1;
	return 0;
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
add_piece(struct receive *r, struct ferry_volume *v,
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

static int
take_piece(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, const struct standing *s,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = add_piece(r, v, m, &why);

	return rc == -1  ? fail_blob(r, m, &why, err)
	       : rc == 1 ? note_stored(r, m, s, err)
	                 : 0;
}

static int
take_blob(struct receive *r, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct standing s;

	if (look_up(r, m, &s, err) == -1)
		return -1;
	if (s.here) {
		r->out->blobs_known += m->offset == 0;
		return 0;
	}
	/* What gc freed since need not come back. */
	if (r->repairing && s.known == 0 && s.wanted == 0)
		return 0;
	if (m->encoding == FERRY_ENCODING_RECIPE)
		return take_recipe(r, v, m, err);
	return m->encoding == FERRY_ENCODING_PIECE
	           ? take_piece(r, v, m, &s, err)
	           : store_blob(r, v, NULL, m, &s, err);
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
	if (known == 0 && store_member(r, v, NULL, FERRY_BLOB_IS_FILE,
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
	return stop(err);
}

/* What is being applied when nothing more is stored. */
static void
forget_applied(struct receive *r)
{

	if (ferry_pool_count(r->applying) == 0)
		return;
	atomic_store(&r->stopped, true);
	ferry_pool_stop(r->applying);
	while (ferry_pool_count(r->applying) > 0)
		ferry_bundle_recipe_free(ferry_pool_next(r->applying));
}

/* One volume from its head to its end. */
static int
read_volume(struct receive *r, size_t i, struct ferry_error *err)
{
	const struct ferry_member *m;
	struct ferry_volume *v = NULL;
	int rc = -1;

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
	rc = store_all_applied(r, rc, err);
	if (rc == -1)
		ferry_error_in(err, "%s", r->bundle->volumes[i].path);
	r->passed += ferry_volume_offset(v);
out:
	forget_applied(r);
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
	if ((rc = ferry_pool_new(&r.applying,
		 ferry_pool_threads(APPLYING_BYTES), ferry_bundle_recipe_apply,
		 err)) == -1 ||
	    (rc = ferry_room_check(task, bundle, r.incoming.done, err)) == -1)
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
	ferry_pool_free(r.applying);
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
	int rc = 0;

	if (ferry_wanted_load(task->st, &wanted, err) == -1)
		return -1;
	if (wanted.wanted_n == 0)
		return 0;
	if (ferry_pool_new(&r.applying, ferry_pool_threads(APPLYING_BYTES),
		ferry_bundle_recipe_apply, err) == -1)
		return -1;
	sum_sizes(&r);
	for (size_t i = 0; rc == 0 && i < bundle->n; i++)
		if (read_volume(&r, i, &why) == -1) {
			if (is_damage(why.code)) {
				ferry_task_note(task, "damaged: %s", why.text);
				continue;
			}
			*err = why;
			rc = -1;
		}
	ferry_pool_free(r.applying);
	return rc == -1 ? -1 : commit_received(&r, err);
}
