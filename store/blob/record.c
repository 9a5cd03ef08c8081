#include "store/blob/record.h"

#include <stdio.h>

#include "store/base/json.h"
#include "store/index/local.h"

/*
 * The index record of a blob: place, size, number of the journal record that
 * first named it; the numbers big-endian.
 */
#define RECORD 17

struct ferry_bytes
ferry_blob_key(const struct ferry_digest *digest)
{

	return ferry_bytes_of(digest->v, FERRY_SHA256_SIZE);
}

void
ferry_blob_path(const struct ferry_digest *digest, char path[FERRY_BLOB_PATH])
{
	char hex[FERRY_DIGEST_TEXT];

	(void)snprintf(path, FERRY_BLOB_PATH, "%.2s/%.62s",
	    ferry_digest_hex(digest, hex), hex + 2);
}

int
ferry_blob_lost_key(const struct ferry_digest *digest, struct ferry_key *key,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return ferry_key_named(
	    key, FERRY_KIND_LOST, ferry_digest_hex(digest, hex), NULL, err);
}

int
ferry_blob_record_parse(struct ferry_bytes value, char *place,
    struct ferry_blob_info *info, struct ferry_error *err)
{

	if (value.n != RECORD)
		return ferry_error_set(
		    err, FERRY_EINDEX, "a blob's index record is damaged");
	*place = (char)value.p[0];
	info->size = ferry_get_be64(value.p + 1);
	info->seq = ferry_get_be64(value.p + 9);
	info->lost = *place == FERRY_PLACE_LOST;
	info->file = *place == FERRY_PLACE_FILE;
	return 0;
}

void
ferry_blob_record_put(struct ferry_store *st, const struct ferry_digest *digest,
    char place, uint64_t size, uint64_t seq)
{
	uint8_t record[RECORD];

	record[0] = (uint8_t)place;
	ferry_put_be64(record + 1, size);
	ferry_put_be64(record + 9, seq);
	ferry_kv_put(st->kv, FERRY_CF_BLOB, ferry_blob_key(digest),
	    ferry_bytes_of(record, sizeof(record)));
	st->changes++;
}

int
ferry_blob_record_get(struct ferry_store *st, const struct ferry_digest *digest,
    char *place, struct ferry_blob_info *info, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc;

	*place = FERRY_PLACE_LOST;
	*info = (struct ferry_blob_info){ 0 };
	if (digest->alg != FERRY_SHA256)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a blob is named by its SHA-256");
	rc = ferry_kv_get(
	    st->kv, FERRY_CF_BLOB, ferry_blob_key(digest), &buf, err);
	if (rc == 1 && ferry_blob_record_parse(
			   ferry_bytes_buf(&buf), place, info, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_blob_changes(
    struct ferry_store *st, uint64_t *count, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	*count = 0;
	ferry_key_all(&key, FERRY_KIND_BLOBS_CHANGED);
	if ((rc = ferry_local_get(st, &key, &record, err)) == -1)
		return -1;
	if (rc == 1)
		rc = ferry_json_u64(record, "count", INT64_MAX, count, err);
	json_decref(record);
	return rc;
}

int
ferry_blob_changed(struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_key key;
	uint64_t count;

	if (ferry_blob_changes(st, &count, err) == -1)
		return -1;
	ferry_key_all(&key, FERRY_KIND_BLOBS_CHANGED);
	return ferry_local_put_new(
	    st, &key, json_pack("{s:I}", "count", (json_int_t)count + 1), err);
}

void
ferry_blob_adopt(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t size, enum ferry_blob_found found, struct ferry_bytes bytes)
{
	static const char places[] = {
		[FERRY_FOUND_NOWHERE] = FERRY_PLACE_LOST,
		[FERRY_FOUND_BYTES] = FERRY_PLACE_BYTES,
		[FERRY_FOUND_FILE] = FERRY_PLACE_FILE,
	};

	if (found == FERRY_FOUND_BYTES) {
		ferry_kv_put(
		    st->kv, FERRY_CF_BYTES, ferry_blob_key(digest), bytes);
		st->pending_bytes += bytes.n;
	}
	ferry_blob_record_put(st, digest, places[found], size, 0);
	st->totals.blobs++;
	st->totals.stored_bytes += size;
}

bool
ferry_blob_was_lost(struct ferry_bytes record)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_blob_info info = { 0 };
	char place;

	return ferry_blob_record_parse(record, &place, &info, &ignored) == 0 &&
	       info.lost;
}
