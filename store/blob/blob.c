/* Blobs that are there: reading, checking, forgetting. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/blob/record.h"
#include "store/index/local.h"

struct ferry_blob_iter {
	struct ferry_kv_iter *it;
};

int
ferry_blob_stat(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob_info *out, struct ferry_error *err)
{
	char place;

	return ferry_blob_record_get(st, digest, &place, out, err);
}

int
ferry_blob_has(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	int rc = ferry_blob_stat(st, digest, &info, err);

	return rc == 1 && info.lost ? 0 : rc;
}

int
ferry_blob_referenced(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t seq, struct ferry_error *err)
{
	char place, text[FERRY_DIGEST_TEXT];
	struct ferry_blob_info info;
	int rc = ferry_blob_record_get(st, digest, &place, &info, err);

	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "blob %s is not in the store",
		    ferry_digest_text(digest, text));
	if (rc == 1 && info.seq == 0)
		ferry_blob_record_put(st, digest, place, info.size, seq);
	return rc == -1 ? -1 : 0;
}

int
ferry_blob_renew(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	char place;
	int rc = ferry_blob_record_get(st, digest, &place, &info, err);

	if (rc != 1 || info.seq == 0)
		return rc == -1 ? -1 : 0;
	rc = ferry_kv_any(st->kv, FERRY_CF_REF, ferry_blob_key(digest), err);
	if (rc == 0)
		ferry_blob_record_put(st, digest, place, info.size, 0);
	return rc == -1 ? -1 : 0;
}

/* Also one whose file has another size than it should. */
static int
open_any(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob *out, struct ferry_error *err)
{
	char place, path[FERRY_BLOB_PATH];
	struct ferry_blob_info info;
	int rc;

	*out = (struct ferry_blob){ 0, -1, FERRY_BUF_INIT };
	rc = ferry_blob_record_get(st, digest, &place, &info, err);
	if (rc != 1 || place == FERRY_PLACE_LOST)
		return rc == -1 ? -1 : 0;
	out->size = info.size;
	if (place == FERRY_PLACE_BYTES) {
		rc = ferry_kv_get(st->kv, FERRY_CF_BYTES,
		    ferry_blob_key(digest), &out->bytes, err);
		if (rc == -1)
			ferry_buf_free(&out->bytes);
		return rc;
	}
	ferry_blob_path(digest, path);
	out->fd = openat(st->blobsfd, path, O_RDONLY | O_CLOEXEC);
	if (out->fd == -1) {
		if (errno == ENOENT)
			return 0;
		return ferry_error_errno(err, "%s/blobs/%s", st->path, path);
	}
	return 1;
}

int
ferry_blob_open(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob *out, struct ferry_error *err)
{
	struct stat sb;
	int rc = open_any(st, digest, out, err);

	if (rc != 1)
		return rc;
	if (out->fd == -1) {
		rc = out->bytes.n == out->size;
	} else if (fstat(out->fd, &sb) == -1) {
		rc = ferry_error_errno(err, "looking at a blob");
	} else {
		rc = (uint64_t)sb.st_size == out->size;
	}
	if (rc != 1)
		ferry_blob_close(out);
	return rc;
}

ssize_t
ferry_blob_read(const struct ferry_blob *blob, uint64_t offset, void *p,
    size_t n, struct ferry_error *err)
{
	ssize_t got;

	if (offset >= blob->size)
		return 0;
	if (n > blob->size - offset)
		n = (size_t)(blob->size - offset);
	if (blob->fd == -1) {
		if (offset >= blob->bytes.n)
			return 0;
		if (n > blob->bytes.n - offset)
			n = blob->bytes.n - (size_t)offset;
		memcpy(p, blob->bytes.p + offset, n);
		return (ssize_t)n;
	}
	while ((got = pread(blob->fd, p, n, (off_t)offset)) == -1)
		if (errno != EINTR)
			return ferry_error_errno(err, "reading a blob");
	return got;
}

void
ferry_blob_close(struct ferry_blob *blob)
{

	if (blob->fd != -1)
		(void)close(blob->fd);
	blob->fd = -1;
	ferry_buf_free(&blob->bytes);
}

int
ferry_blob_load(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t max, struct ferry_buf *buf, struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT];
	struct ferry_blob blob;
	uint64_t offset = 0;
	size_t before = buf->n;
	int rc = ferry_blob_open(st, digest, &blob, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "blob %s is not in the store",
		    ferry_digest_text(digest, text));
	rc = -1;
	if (blob.size > max) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "blob %s has %" PRIu64 " bytes, over the %" PRIu64
		    " that are read at once",
		    ferry_digest_text(digest, text), blob.size, max);
		goto out;
	}
	if (ferry_buf_reserve(buf, (size_t)blob.size, err) == -1)
		goto out;
	while (offset < blob.size) {
		ssize_t n = ferry_blob_read(&blob, offset, buf->p + buf->n,
		    (size_t)(blob.size - offset), err);

		if (n == -1)
			goto out;
		if (n == 0) {
			ferry_error_set(err, FERRY_ESIZE,
			    "blob %s is cut short; run 'ferry verify'",
			    ferry_digest_text(digest, text));
			goto out;
		}
		buf->n += (size_t)n;
		offset += (uint64_t)n;
	}
	buf->p[buf->n] = 0;
	rc = 0;
out:
	if (rc == -1)
		buf->n = before;
	ferry_blob_close(&blob);
	return rc;
}

int
ferry_blob_iter_new(struct ferry_blob_iter **out, struct ferry_store *st,
    struct ferry_error *err)
{
	struct ferry_blob_iter *it;

	if (ferry_calloc(&it, 1, sizeof(*it), err) == -1)
		return -1;
	if (ferry_kv_iter_new(&it->it, st->kv, FERRY_CF_BLOB, FERRY_KV_SCAN,
		ferry_bytes_str(""), ferry_bytes_str(""), err) == -1) {
		free(it);
		return -1;
	}
	*out = it;
	return 0;
}

int
ferry_blob_iter_next(struct ferry_blob_iter *it, struct ferry_digest *digest,
    struct ferry_blob_info *info, struct ferry_error *err)
{
	struct ferry_bytes key, value;
	char place;
	int rc = ferry_kv_iter_next(it->it, &key, &value, err);

	if (rc != 1)
		return rc;
	if (key.n != FERRY_SHA256_SIZE)
		return ferry_error_set(
		    err, FERRY_EINDEX, "a blob's index key is damaged");
	*digest =
	    (struct ferry_digest){ FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	memcpy(digest->v, key.p, key.n);
	return ferry_blob_record_parse(value, &place, info, err) == -1 ? -1 : 1;
}

void
ferry_blob_iter_free(struct ferry_blob_iter *it)
{

	if (it == NULL)
		return;
	ferry_kv_iter_free(it->it);
	free(it);
}

int
ferry_blob_verify(struct ferry_store *st, const struct ferry_digest *digest,
    const struct ferry_blob_info *info, struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest got;
	struct ferry_blob blob;
	struct stat sb;
	uint64_t offset = 0;
	uint8_t *block = NULL;
	ssize_t n;
	int rc = open_any(st, digest, &blob, err);

	if (rc == -1)
		return -1;
	if (rc == 0) {
		ferry_error_set(err, FERRY_EMISSING, "its bytes are gone");
		return 0;
	}
	rc = -1;
	if (ferry_calloc(&block, 1, 256U << 10, err) == -1 ||
	    ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1)
		goto out;
	if (blob.fd != -1)
		(void)posix_fadvise(blob.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (
	    (n = ferry_blob_read(&blob, offset, block, 256U << 10, err)) > 0) {
		ferry_digester_update(digester, block, (size_t)n);
		offset += (uint64_t)n;
	}
	if (n == -1) {
		/* An unreadable sector is a wrong blob, not our failure. */
		rc = err->sys == EIO ? 0 : -1;
		goto out;
	}
	rc = 0;
	if (blob.fd != -1 && fstat(blob.fd, &sb) == 0 &&
	    (uint64_t)sb.st_size > offset)
		offset = (uint64_t)sb.st_size;
	ferry_digester_final(digester, FERRY_SHA256, &got);
	if (offset != info->size)
		ferry_error_set(err, FERRY_ESIZE,
		    "it has %" PRIu64 " bytes instead of %" PRIu64, offset,
		    info->size);
	else if (!ferry_digest_equal(&got, digest))
		ferry_error_set(err, FERRY_EDIGEST, "its content is %s",
		    ferry_digest_text(&got, text));
	else
		rc = 1;
out:
	ferry_digester_free(digester);
	free(block);
	ferry_blob_close(&blob);
	return rc;
}

int
ferry_blob_mark_lost(struct ferry_store *st, const struct ferry_digest *digest,
    const json_t *note, struct ferry_error *err)
{
	struct ferry_blob_info info;
	struct ferry_key lost;
	char place;
	int rc = ferry_blob_record_get(st, digest, &place, &info, err);

	if (rc != 1)
		return rc;
	ferry_blob_record_put(
	    st, digest, FERRY_PLACE_LOST, info.size, info.seq);
	if (ferry_blob_lost_key(digest, &lost, err) == -1 ||
	    ferry_blob_changed(st, err) == -1)
		return -1;
	return ferry_local_put(st, &lost, note, err);
}

int
ferry_blob_discard(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	struct ferry_key lost;
	char place;
	int rc = ferry_blob_record_get(st, digest, &place, &info, err);

	if (rc != 1)
		return rc;
	if (place != FERRY_PLACE_BYTES) {
		if (ferry_array_grow(&st->unlinks, &st->unlinks_cap,
			st->unlinks_n + 1, sizeof(*st->unlinks), err) == -1)
			return -1;
		st->unlinks[st->unlinks_n++] = *digest;
	}
	if (place == FERRY_PLACE_LOST &&
	    (ferry_blob_lost_key(digest, &lost, err) == -1 ||
		ferry_local_delete(st, &lost, err) == -1))
		return -1;
	ferry_kv_delete(st->kv, FERRY_CF_BYTES, ferry_blob_key(digest));
	ferry_kv_delete(st->kv, FERRY_CF_BLOB, ferry_blob_key(digest));
	st->totals.blobs--;
	st->totals.stored_bytes -= info.size;
	st->changes++;
	return 0;
}

int
ferry_blob_remove(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	int rc = ferry_blob_stat(st, digest, &info, err);

	if (rc != 1)
		return rc;
	return ferry_blob_changed(st, err) == -1
	           ? -1
	           : ferry_blob_discard(st, digest, err);
}
