#include "store/access/snapshots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/authority.h"
#include "store/access/people.h"
#include "store/access/snapshot_internal.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/base/log.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define DAY_S 86400
/* Far below what cannot be counted on from. */
#define GENERATION_MAX (1ULL << 62)

struct ferry_snapshots {
	struct ferry_snapshot **v; /* in the order of the upstreams' names */
	size_t n, cap;
	bool restricts;
	struct ferry_snapshot *open; /* of unknown upstreams, else */
	struct ferry_people *people; /* of this site */
};

/* The record of upstream's snapshots, and its key: 1, 0, -1. */
static int
get_record(struct ferry_store *st, const char *upstream, struct ferry_key *key,
    json_t **out, struct ferry_error *err)
{

	return ferry_key_named(key, FERRY_KIND_ACCESS, upstream, NULL, err) ==
	               -1
	           ? -1
	           : ferry_catalog_get(st, key, out, err);
}

int
ferry_snapshots_text(struct ferry_store *st, const char *upstream,
    enum ferry_snapshot_which which, struct ferry_buf *buf,
    struct ferry_error *err)
{
	const char *name =
	    which == FERRY_SNAPSHOT_NOW ? "snapshot" : "previous";
	struct ferry_file file;
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	rc = get_record(st, upstream, &key, &record, err);
	if (rc == 1)
		rc = ferry_files_find(record, name, &file, err);
	if (rc == 1 && ferry_blob_load(st, &file.sha256, FERRY_SNAPSHOT_MAX,
			   buf, err) == -1)
		rc = ferry_error_in(
		    err, "the permission snapshot of '%s'", upstream);
	json_decref(record);
	return rc;
}

/* The snapshot of a registry that has only one visibility, or of one that
 * nobody may read. */
static int
plain_text(struct ferry_buf *buf, const char *upstream, bool github,
    const char *visibility, struct ferry_error *err)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:b,s:s,s:i,s:i}", "kind", "meta",
	    "upstream", upstream, "realm", "local", "github", github,
	    "visibility", visibility, "taken_at", 0, "generation", 0);
	int rc = -1;

	if (o == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory for a snapshot");
	else
		rc = ferry_json_add(buf, o, err);
	json_decref(o);
	return rc;
}

static int
plain_new(struct ferry_snapshot **out, const char *upstream, bool github,
    const char *visibility, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = plain_text(&text, upstream, github, visibility, err);

	if (rc == 0)
		rc = ferry_snapshot_read(out, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

/* One that nobody may read. */
static int
closed_new(
    struct ferry_snapshot **out, const char *upstream, struct ferry_error *err)
{
	int rc = plain_new(out, upstream, true, "private", err);

	if (rc == 0)
		(*out)->meta.closed = true;
	return rc;
}

int
ferry_snapshots_times(struct ferry_store *st, const char *upstream,
    uint64_t *generation, int64_t *taken_at, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	uint64_t at;
	int rc;

	rc = get_record(st, upstream, &key, &record, err);
	if (rc == 1 &&
	    (ferry_json_u64(record, "taken_at", INT64_MAX, &at, err) == -1 ||
		ferry_json_u64(record, "generation", INT64_MAX - 1, generation,
		    err) == -1))
		rc = -1;
	else if (rc == 1)
		*taken_at = (int64_t)at;
	json_decref(record);
	return rc;
}

/* A time by a clock that was ahead when the snapshot came: the time it came. */
static int
bound_time(struct ferry_store *st, const char *upstream, int64_t *taken_at,
    struct ferry_error *err)
{
	json_t *seen = NULL;
	uint64_t of, at;
	int rc =
	    ferry_local_named_get(st, FERRY_KIND_SEEN, upstream, &seen, err);

	if (rc == 1 &&
	    (ferry_json_u64(seen, "taken_at", INT64_MAX, &of, err) == -1 ||
		ferry_json_u64(seen, "at", INT64_MAX, &at, err) == -1))
		rc = -1;
	else if (rc == 1 && of == (uint64_t)*taken_at && at < of)
		*taken_at = (int64_t)at;
	json_decref(seen);
	return rc;
}

/* The snapshot that is stored for upstream: 1, 0 if there is none, -1. */
static int
stored(struct ferry_snapshot **out, struct ferry_store *st,
    const char *upstream, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	uint64_t generation;
	int64_t taken_at;
	int rc =
	    ferry_snapshots_text(st, upstream, FERRY_SNAPSHOT_NOW, &text, err);

	if (rc == 1 &&
	    (ferry_snapshot_read(out, ferry_bytes_buf(&text), err) == -1 ||
		(rc = ferry_snapshots_times(
		     st, upstream, &generation, &taken_at, err)) == -1 ||
		(rc == 1 && bound_time(st, upstream, &taken_at, err) == -1)))
		rc = -1;
	/* When it was last found true is told by the record. */
	if (rc == 1)
		ferry_snapshot_retake(*out, taken_at, generation);
	ferry_buf_free(&text);
	return rc;
}

const char *
ferry_visibility_said(const json_t *record)
{
	const json_t *said = json_object_get(record, "visibility");
	const char *word = json_string_value(said);
	enum ferry_visibility known;

	if (said == NULL)
		return NULL;
	/* A word that is not known is no word for everybody. */
	return word == NULL || ferry_visibility_parse(&known, word) == -1
	           ? "private"
	           : word;
}

bool
ferry_visibility_restricts(const char *said)
{

	return said != NULL && strcmp(said, "public") != 0;
}

const char *
ferry_visibility_counts(const char *said, bool restricts)
{

	return said != NULL ? said : restricts ? "private" : "public";
}

struct loading {
	struct ferry_snapshots *all;
	struct ferry_store *st;
};

/*
 * One upstream.  restricts: any upstream has a snapshot, so that one that says
 * nothing of itself is not for everybody.
 */
static int
load(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct loading *loading = ctx;
	struct ferry_snapshots *all = loading->all;
	const char *upstream = ferry_key_part(key, 1);
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_snapshot *s = NULL;
	int rc;

	if (ferry_array_grow(
		&all->v, &all->cap, all->n + 1, sizeof(all->v[0]), err) == -1)
		return -1;
	rc = stored(&s, loading->st, upstream, &why);
	if (rc == -1) {
		/* What cannot be read could have taken rights away. */
		ferry_snapshot_free(s);
		ferry_log(FERRY_LOG_WARNING,
		    "%s; until that is mended, nobody may read what is of "
		    "upstream '%s'",
		    why.text, upstream);
		rc = closed_new(&s, upstream, err);
	} else if (rc == 0 && (rc = ferry_passed_closes(
				   loading->st, upstream, err)) == 1) {
		ferry_log(FERRY_LOG_WARNING,
		    "permissions of upstream '%s' came from a store that does "
		    "not speak for it, and were skipped; nobody may read what "
		    "is of it until 'ferry access hand-over' says whose it is",
		    upstream);
		rc = closed_new(&s, upstream, err);
	} else if (rc == 0) {
		rc = plain_new(&s, upstream, false,
		    ferry_visibility_counts(
			ferry_visibility_said(record), all->restricts),
		    err);
	}
	if (rc == -1)
		return ferry_error_in(err, "upstream '%s'", upstream);
	all->v[all->n++] = s;
	return 0;
}

/* A snapshot, or another visibility than public, is not for everybody. */
static int
look(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct loading *loading = ctx;
	int closed =
	    ferry_passed_closes(loading->st, ferry_key_part(key, 1), err);

	if (closed == -1)
		return -1;
	if (closed == 1 || json_object_get(record, "generation") != NULL ||
	    ferry_visibility_restricts(ferry_visibility_said(record)))
		loading->all->restricts = true;
	return 0;
}

int
ferry_snapshots_load(struct ferry_snapshots **out, struct ferry_store *st,
    struct ferry_error *err)
{
	struct ferry_snapshots *all = NULL;
	struct ferry_key access, upstream;
	struct loading loading;

	if (ferry_calloc(&all, 1, sizeof(*all), err) == -1)
		return -1;
	loading = (struct loading){ all, st };
	ferry_key_all(&access, FERRY_KIND_ACCESS);
	ferry_key_all(&upstream, FERRY_KIND_UPSTREAM);
	if (plain_new(&all->open, "", false, "public", err) == -1 ||
	    ferry_people_load(&all->people, st, err) == -1 ||
	    ferry_catalog_each(st, &access, look, &loading, err) == -1 ||
	    ferry_catalog_each(st, &upstream, look, &loading, err) == -1 ||
	    ferry_catalog_each(st, &upstream, load, &loading, err) == -1) {
		ferry_snapshots_free(all);
		return -1;
	}
	*out = all;
	return 0;
}

void
ferry_snapshots_free(struct ferry_snapshots *all)
{

	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++)
		ferry_snapshot_free(all->v[i]);
	ferry_snapshot_free(all->open);
	ferry_people_free(all->people);
	free(all->v);
	free(all);
}

size_t
ferry_snapshots_count(const struct ferry_snapshots *all)
{

	return all->n;
}

const struct ferry_snapshot *
ferry_snapshots_at(const struct ferry_snapshots *all, size_t i)
{

	return all->v[i];
}

const struct ferry_snapshot *
ferry_snapshots_find(const struct ferry_snapshots *all, const char *upstream)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(
		    ferry_snapshot_meta(all->v[middle])->upstream, upstream);

		if (c == 0)
			return all->v[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return all->restricts ? NULL : all->open;
}

void
ferry_snapshots_suspend(
    const struct ferry_snapshots *all, struct ferry_claim *claim)
{

	if (claim->kind != FERRY_CLAIM_USER)
		return;
	if (ferry_people_suspends(all->people, claim))
		claim->kind = FERRY_CLAIM_SUSPENDED;
	for (size_t i = 0; i < all->n; i++) {
		const struct ferry_snapshot_user *u =
		    ferry_people_user(all->people, all->v[i], claim);

		if (u != NULL && u->suspended)
			claim->kind = FERRY_CLAIM_SUSPENDED;
	}
}

const struct ferry_people *
ferry_snapshots_people(const struct ferry_snapshots *all)
{

	return all->people;
}

bool
ferry_snapshots_restrict(const struct ferry_snapshots *all)
{

	return all->restricts;
}

/* The lines but for "meta", which tells when it was taken. */
static int
facts(struct ferry_bytes text, struct ferry_buf *out, struct ferry_error *err)
{

	for (size_t at = 0; at < text.n;) {
		const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
		size_t n = end == NULL ? text.n - at
		                       : (size_t)(end - (text.p + at)) + 1;
		struct ferry_bytes line = ferry_bytes_of(text.p + at, n);

		if (!ferry_bytes_starts(line, "{\"kind\":\"meta\"") &&
		    ferry_buf_add(out, line.p, line.n, err) == -1)
			return -1;
		at += n;
	}
	return 0;
}

static bool
same_meta(
    const struct ferry_snapshot_meta *a, const struct ferry_snapshot_meta *b)
{

	return a->github == b->github && a->private_mode == b->private_mode &&
	       a->visibility == b->visibility &&
	       strcmp(a->realm, b->realm) == 0;
}

/* Whether two snapshots say the same, whenever they were taken: 1, 0, -1. */
static int
same(struct ferry_bytes a, struct ferry_bytes b,
    const struct ferry_snapshot_meta *meta, struct ferry_error *err)
{
	struct ferry_buf x = FERRY_BUF_INIT, y = FERRY_BUF_INIT;
	struct ferry_error unread = FERRY_ERROR_INIT;
	struct ferry_snapshot *before = NULL;
	int rc = -1;

	/* One that cannot be read denies everything: any good one replaces
	 * it. */
	if (ferry_snapshot_read(&before, a, &unread) == -1 &&
	    unread.code == FERRY_EFORMAT)
		rc = 0;
	else if (before == NULL)
		*err = unread;
	else if (facts(a, &x, err) == 0 && facts(b, &y, err) == 0)
		rc = same_meta(ferry_snapshot_meta(before), meta) &&
		     ferry_bytes_cmp(
			 ferry_bytes_buf(&x), ferry_bytes_buf(&y)) == 0;
	ferry_snapshot_free(before);
	ferry_buf_free(&x);
	ferry_buf_free(&y);
	return rc;
}

/* The same again: only note, once a day, that it is still true. */
static int
put_again(struct ferry_store *st, const struct ferry_key *key, json_t *record,
    const struct ferry_snapshot_meta *meta, struct ferry_error *err)
{
	uint64_t taken_at;

	if (ferry_json_u64(record, "taken_at", INT64_MAX, &taken_at, err) == -1)
		return -1;
	/* Also where that was by a clock ahead: it must not count for longer. */
	if (meta->taken_at >= (int64_t)taken_at &&
	    meta->taken_at < (int64_t)taken_at + DAY_S)
		return 0;
	if (json_object_del(record, "seq") == -1 ||
	    ferry_json_set(record, "taken_at",
		json_integer((json_int_t)meta->taken_at), err) == -1 ||
	    ferry_json_set(record, "generation",
		json_integer((json_int_t)meta->generation), err) == -1)
		return -1;
	return ferry_catalog_put(st, key, record, err) == -1 ? -1 : 0;
}

static int
put(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_bytes text, const struct ferry_snapshot_meta *meta,
    const struct ferry_file *previous, struct ferry_error *err)
{
	struct ferry_digest digest;
	json_t *record;
	int rc = -1;

	if (ferry_blob_put(st, FERRY_BLOB_IS_DOCUMENT, text, &digest, err) ==
	    -1)
		return -1;
	record =
	    json_pack("{s:I,s:I}", "generation", (json_int_t)meta->generation,
		"taken_at", (json_int_t)meta->taken_at);
	if (record == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a record");
	if (ferry_files_add(record, "snapshot", text.n, &digest, NULL, err) ==
		0 &&
	    (previous == NULL ||
		ferry_files_add(record, "previous", previous->size,
		    &previous->sha256, NULL, err) == 0) &&
	    ferry_catalog_put(st, key, record, err) != -1)
		rc = 1;
	json_decref(record);
	return rc;
}

int
ferry_snapshots_put(struct ferry_store *st, const char *upstream,
    struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_snapshot *s = NULL;
	struct ferry_buf old = FERRY_BUF_INIT;
	const struct ferry_snapshot_meta *meta;
	struct ferry_file file;
	struct ferry_key key;
	json_t *record = NULL;
	uint64_t generation = 0;
	int rc = -1, known;

	if (ferry_snapshot_read(&s, text, err) == -1)
		return -1;
	meta = ferry_snapshot_meta(s);
	if ((known = get_record(st, upstream, &key, &record, err)) == -1)
		goto out;
	if (known == 1 && (ferry_json_u64(record, "generation", INT64_MAX,
			       &generation, err) == -1 ||
			      (known = ferry_files_find(
				   record, "snapshot", &file, err)) == -1))
		goto out;
	if (known == 1 && meta->generation <= generation) {
		ferry_error_set(err, FERRY_EREPLAY,
		    "the permission snapshot of '%s' has generation %" PRIu64
		    ", the one here has %" PRIu64,
		    upstream, meta->generation, generation);
		goto out;
	}
	if (known == 1) {
		if (ferry_blob_load(st, &file.sha256, FERRY_SNAPSHOT_MAX, &old,
			err) == -1 ||
		    (rc = same(ferry_bytes_buf(&old), text, meta, err)) == -1)
			goto out;
		if (rc == 1) {
			rc = put_again(st, &key, record, meta, err);
			goto out;
		}
	}
	rc = put(st, &key, text, meta, known == 1 ? &file : NULL, err);
out:
	json_decref(record);
	ferry_buf_free(&old);
	ferry_snapshot_free(s);
	return rc;
}

int
ferry_snapshots_is_here(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc = get_record(st, upstream, &key, &record, err);

	if (rc == 1) {
		(void)json_object_del(record, "seq");
		rc = json_equal(record, value);
	}
	json_decref(record);
	return rc;
}

int
ferry_snapshots_seen(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err)
{
	int64_t now = ferry_now();
	uint64_t taken_at;

	if (ferry_json_u64(value, "taken_at", INT64_MAX, &taken_at, err) == -1)
		return -1;
	if ((int64_t)taken_at <= now)
		return ferry_local_named_delete(
		    st, FERRY_KIND_SEEN, upstream, err);
	if (ferry_local_named_put(st, FERRY_KIND_SEEN, upstream,
		json_pack("{s:I,s:I}", "at", (json_int_t)now, "taken_at",
		    (json_int_t)taken_at),
		err) == -1)
		return -1;
	return (int64_t)taken_at > now + FERRY_CLOCKS_DIFFER_S;
}

int
ferry_snapshots_check(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s = NULL;
	struct ferry_file file;
	uint64_t number;
	int rc = ferry_files_find(value, "snapshot", &file, err);

	if (rc == 0)
		rc =
		    ferry_error_set(err, FERRY_EFORMAT, "it names no snapshot");
	if (rc == 1 &&
	    (ferry_json_u64(
		 value, "generation", GENERATION_MAX, &number, err) == -1 ||
		ferry_json_u64(
		    value, "taken_at", FERRY_TIME_MAX, &number, err) == -1 ||
		ferry_blob_load(
		    st, &file.sha256, FERRY_SNAPSHOT_MAX, &text, err) == -1 ||
		ferry_snapshot_read(&s, ferry_bytes_buf(&text), err) == -1))
		rc = -1;
	if (rc == 1 && strcmp(ferry_snapshot_meta(s)->upstream, upstream) != 0)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "it names the snapshot of another upstream");
	ferry_snapshot_free(s);
	ferry_buf_free(&text);
	return rc == -1 ? ferry_error_in(
			      err, "the permissions of upstream '%s'", upstream)
	                : 0;
}
