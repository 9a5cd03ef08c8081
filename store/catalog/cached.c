#include "store/catalog/cached.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"

/* Digits of a time in keys, so that their order is the times'. */
#define AT_DIGITS 12
#define AT_MOST 999999999999

static int
cached_key(
    struct ferry_key *out, const struct ferry_key *key, struct ferry_error *err)
{

	return ferry_key_beside(
	    out, FERRY_KIND_CACHED, key, ferry_key_part(key, 4), err);
}

static int
idle_key(struct ferry_key *out, const struct ferry_key *key, int64_t at,
    struct ferry_error *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*" PRId64, AT_DIGITS,
	    at < 0         ? 0
	    : at > AT_MOST ? AT_MOST
			   : at);
	return ferry_key_make(out, err, ferry_kind_name(FERRY_KIND_IDLE), text,
	    ferry_key_part(key, 1), ferry_key_part(key, 2),
	    ferry_key_part(key, 3), ferry_key_part(key, 4), NULL);
}

int
ferry_cached_get(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_cached *out, struct ferry_error *err)
{
	struct ferry_key own;
	json_t *record = NULL;
	uint64_t at = 0;
	int rc;

	if (cached_key(&own, key, err) == -1)
		return -1;
	if ((rc = ferry_local_get(st, &own, &record, err)) != 1)
		return rc;
	if (ferry_json_u64(record, "at", INT64_MAX, &at, err) == -1 ||
	    ferry_json_u64(record, "size", INT64_MAX, &out->size, err) == -1)
		rc = -1;
	out->at = (int64_t)at;
	json_decref(record);
	return rc;
}

int
ferry_cached_totals(struct ferry_store *st, struct ferry_cached_totals *out,
    struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	*out = (struct ferry_cached_totals){ 0, 0 };
	ferry_key_all(&key, FERRY_KIND_CACHE);
	if ((rc = ferry_local_get(st, &key, &record, err)) != 1)
		return rc;
	if (ferry_json_u64(record, "bytes", INT64_MAX, &out->bytes, err) ==
		-1 ||
	    ferry_json_u64(
		record, "versions", INT64_MAX, &out->versions, err) == -1)
		rc = -1;
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

/* One of them was as was, and is as is; NULL: it is none. */
static int
count(struct ferry_store *st, const struct ferry_cached *was,
    const struct ferry_cached *is, struct ferry_error *err)
{
	struct ferry_cached_totals t;
	struct ferry_key key;
	uint64_t less = was == NULL ? 0 : was->size;

	if (ferry_cached_totals(st, &t, err) == -1)
		return -1;
	t.bytes -= less < t.bytes ? less : t.bytes;
	t.bytes += is == NULL ? 0 : is->size;
	if (was != NULL && t.versions > 0)
		t.versions--;
	t.versions += is != NULL;
	ferry_key_all(&key, FERRY_KIND_CACHE);
	return ferry_local_put_new(st, &key,
	    json_pack("{s:I,s:I}", "bytes", (json_int_t)t.bytes, "versions",
		(json_int_t)t.versions),
	    err);
}

/* What is noted of it goes; it was as was. */
static int
take_out(struct ferry_store *st, const struct ferry_key *key,
    const struct ferry_cached *was, struct ferry_error *err)
{
	struct ferry_key own, idle;

	return cached_key(&own, key, err) == -1 ||
	               idle_key(&idle, key, was->at, err) == -1 ||
	               ferry_local_delete(st, &own, err) == -1 ||
	               ferry_local_delete(st, &idle, err) == -1
	           ? -1
	           : 0;
}

int
ferry_cached_put(struct ferry_store *st, const struct ferry_key *key,
    const struct ferry_cached *cached, struct ferry_error *err)
{
	struct ferry_key own, idle;
	struct ferry_cached was;
	int had = ferry_cached_get(st, key, &was, err);

	if (had == -1 || (had == 1 && take_out(st, key, &was, err) == -1) ||
	    cached_key(&own, key, err) == -1 ||
	    idle_key(&idle, key, cached->at, err) == -1 ||
	    ferry_local_put_new(st, &own,
		json_pack("{s:I,s:I}", "at", (json_int_t)cached->at, "size",
		    (json_int_t)cached->size),
		err) == -1 ||
	    ferry_local_put_new(st, &idle, json_object(), err) == -1)
		return -1;
	return count(st, had == 1 ? &was : NULL, cached, err);
}

int
ferry_cached_use(struct ferry_store *st, const struct ferry_key *key,
    int64_t at, int64_t coarse_s, struct ferry_error *err)
{
	struct ferry_cached cached;
	int rc = ferry_cached_get(st, key, &cached, err);

	/* A clock that went back makes nothing older. */
	if (rc != 1 || at <= cached.at || at - cached.at < coarse_s)
		return rc == -1 ? -1 : 0;
	cached.at = at;
	return ferry_cached_put(st, key, &cached, err);
}

int
ferry_cached_forget(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	struct ferry_cached was;
	int rc = ferry_cached_get(st, key, &was, err);

	if (rc != 1)
		return rc;
	return take_out(st, key, &was, err) == -1 ? -1
	                                          : count(st, &was, NULL, err);
}

struct each {
	ferry_cached_fn *on_idle;
	void *ctx;
};

static int
on_idle(void *ctx, const struct ferry_key *idle, json_t *record,
    struct ferry_error *err)
{
	const struct each *each = ctx;
	struct ferry_key key;

	(void)record;
	return ferry_key_version(&key, ferry_key_part(idle, 2),
		   ferry_key_part(idle, 3), ferry_key_part(idle, 4),
		   ferry_key_part(idle, 5), err) == -1
	           ? -1
	           : each->on_idle(each->ctx, &key, err);
}

int
ferry_cached_each(struct ferry_store *st, ferry_cached_fn *fn, void *ctx,
    struct ferry_error *err)
{
	struct each each = { fn, ctx };
	struct ferry_key all;

	ferry_key_all(&all, FERRY_KIND_IDLE);
	return ferry_local_each(st, &all, on_idle, &each, err);
}

/* Dropping */

/* Note the blobs of a record that goes. */
static int
note_blobs(
    struct ferry_store *st, const json_t *record, struct ferry_error *err)
{
	json_t *noted = NULL, *list;
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_file file;
	struct ferry_key key;
	int rc, n = ferry_files_count(record, err);

	ferry_key_all(&key, FERRY_KIND_DROPPING);
	if (n <= 0 || (rc = ferry_local_get(st, &key, &noted, err)) == -1)
		return n <= 0 ? n : -1;
	if (rc == 0)
		noted = json_pack("{s:[]}", "blobs");
	list = json_object_get(noted, "blobs");
	for (int i = 0; i < n && rc != -1; i++)
		if ((rc = ferry_files_get(record, (size_t)i, &file, err)) == 0)
			rc = ferry_json_push(list,
			    json_string(ferry_digest_hex(&file.sha256, hex)),
			    err);
	if (rc == -1) {
		json_decref(noted);
		return -1;
	}
	return ferry_local_put_new(st, &key, noted, err);
}

int
ferry_cached_drop(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	const char *subject;
	json_t *record = NULL;
	struct ferry_key referrer;
	int rc = ferry_catalog_get(st, key, &record, err);

	if (rc == 1) {
		subject = json_string_value(json_object_get(record, "subject"));
		rc = note_blobs(st, record, err);
		if (rc == 0 && subject != NULL &&
		    (ferry_key_make(&referrer, err,
			 ferry_kind_name(FERRY_KIND_REFERRER),
			 ferry_key_part(key, 1), ferry_key_part(key, 2),
			 ferry_key_part(key, 3), subject,
			 ferry_key_part(key, 4), NULL) == -1 ||
			ferry_catalog_delete(st, &referrer, err) == -1))
			rc = -1;
		if (rc == 0)
			rc = ferry_catalog_delete(st, key, err);
		json_decref(record);
	}
	return rc == -1 ? -1 : ferry_cached_forget(st, key, err);
}

/* Remove a blob, if no record names it. */
static int
sweep_one(struct ferry_store *st, const char *hex, uint64_t *freed,
    struct ferry_error *err)
{
	struct ferry_ref_iter *refs = NULL;
	struct ferry_blob_info info;
	struct ferry_digest digest;
	struct ferry_key key;
	int rc;

	if (hex == NULL || ferry_digest_from_hex(&digest, FERRY_SHA256,
			       ferry_bytes_str(hex), err) == -1)
		return ferry_error_set(err, FERRY_EINDEX,
		    "the note of what is dropped is damaged");
	if (ferry_ref_iter_new(&refs, st, &digest, NULL, err) == -1)
		return -1;
	rc = ferry_ref_iter_next(refs, &key, err);
	ferry_ref_iter_free(refs);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	if ((rc = ferry_blob_stat(st, &digest, &info, err)) != 1)
		return rc;
	*freed += info.size;
	return ferry_blob_discard(st, &digest, err);
}

int
ferry_cached_sweep(
    struct ferry_store *st, uint64_t *freed, struct ferry_error *err)
{
	json_t *noted = NULL, *hex;
	struct ferry_key key;
	size_t i;
	int rc;

	ferry_key_all(&key, FERRY_KIND_DROPPING);
	if ((rc = ferry_local_get(st, &key, &noted, err)) != 1)
		return rc;
	rc = 0;
	json_array_foreach (json_object_get(noted, "blobs"), i, hex)
		if (rc == 0)
			rc = sweep_one(st, json_string_value(hex), freed, err);
	json_decref(noted);
	return rc == -1 ? -1 : ferry_local_delete(st, &key, err);
}
