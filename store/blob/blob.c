#include "store/blob/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/catalog/local.h"
#include "store/internal.h"

/*
 * The index record of a blob: place, size, number of the journal record that
 * first named it; the numbers big-endian.
 */
#define RECORD 17
#define PLACE_BYTES 'b' /* content in FERRY_CF_BYTES */
#define PLACE_FILE 'f' /* content in blobs/ab/cdef… */
#define PLACE_LOST 'l' /* content found wrong or gone */

/* From this many new files on, one syncfs() beats an fsync() each. */
#define SYNCFS_FROM 8

struct ferry_blob_writer {
	struct ferry_store *st;
	struct ferry_digester *digester;
	size_t keep; /* up to this size in the index */
	struct ferry_buf buf; /* content until it outgrows keep */
	int fd; /* of tmp/<tmp>, or -1 */
	char tmp[24];
	void *map; /* of fd, for _view; MAP_FAILED if none */
	uint64_t size;
	struct ferry_error error; /* the first one */
};

struct ferry_blob_iter {
	struct ferry_kv_iter *it;
};

static struct ferry_bytes
digest_key(const struct ferry_digest *digest)
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

/* The local record "lost HEX" of a blob whose bytes are lost. */
static int
lost_key(const struct ferry_digest *digest, struct ferry_key *key,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return ferry_key_make(
	    key, err, "lost", ferry_digest_hex(digest, hex), NULL);
}

static int
record_parse(struct ferry_bytes value, char *place,
    struct ferry_blob_info *info, struct ferry_error *err)
{

	if (value.n != RECORD)
		return ferry_error_set(
		    err, FERRY_EINDEX, "a blob's index record is damaged");
	*place = (char)value.p[0];
	info->size = ferry_get_be64(value.p + 1);
	info->seq = ferry_get_be64(value.p + 9);
	info->lost = *place == PLACE_LOST;
	info->file = *place == PLACE_FILE;
	return 0;
}

static void
record_put(struct ferry_store *st, const struct ferry_digest *digest,
    char place, uint64_t size, uint64_t seq)
{
	uint8_t record[RECORD];

	record[0] = (uint8_t)place;
	ferry_put_be64(record + 1, size);
	ferry_put_be64(record + 9, seq);
	ferry_kv_put(st->kv, FERRY_CF_BLOB, digest_key(digest),
	    ferry_bytes_of(record, sizeof(record)));
	st->changes++;
}

static int
record_get(struct ferry_store *st, const struct ferry_digest *digest,
    char *place, struct ferry_blob_info *info, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc;

	*place = PLACE_LOST;
	*info = (struct ferry_blob_info){ 0 };
	if (digest->alg != FERRY_SHA256)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a blob is named by its SHA-256");
	rc = ferry_kv_get(st->kv, FERRY_CF_BLOB, digest_key(digest), &buf, err);
	if (rc == 1 &&
	    record_parse(ferry_bytes_buf(&buf), place, info, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_blob_stat(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob_info *out, struct ferry_error *err)
{
	char place;

	return record_get(st, digest, &place, out, err);
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
ferry_blob_writer_new(struct ferry_blob_writer **out, struct ferry_store *st,
    enum ferry_blob_kind kind, unsigned algs, struct ferry_error *err)
{
	struct ferry_blob_writer *w;

	if (ferry_calloc(&w, 1, sizeof(*w), err) == -1)
		return -1;
	w->st = st;
	w->fd = -1;
	w->map = MAP_FAILED;
	w->keep = kind == FERRY_BLOB_IS_DOCUMENT ? FERRY_BLOB_DOCUMENT
	                                         : FERRY_BLOB_FILE;
	if (ferry_digester_new(
		&w->digester, algs | FERRY_ALG(FERRY_SHA256), err) == -1) {
		free(w);
		return -1;
	}
	*out = w;
	return 0;
}

static int
write_all(int fd, const void *p, size_t n, struct ferry_error *err)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return ferry_error_errno(err, "writing to the store");
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
spill(struct ferry_blob_writer *w, struct ferry_error *err)
{

	(void)snprintf(w->tmp, sizeof(w->tmp), "%" PRIu64, w->st->tmp_count++);
	w->fd = openat(
	    w->st->tmpfd, w->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd == -1)
		return ferry_error_errno(err, "%s/tmp/%s", w->st->path, w->tmp);
	if (write_all(w->fd, w->buf.p, w->buf.n, err) == -1)
		return -1;
	ferry_buf_free(&w->buf);
	return 0;
}

int
ferry_blob_writer_write(struct ferry_blob_writer *w, const void *p, size_t n,
    struct ferry_error *err)
{
	int rc;

	if (w->error.code != FERRY_OK) {
		*err = w->error;
		return -1;
	}
	if (w->fd == -1 && w->size + n <= w->keep)
		rc = ferry_buf_add(&w->buf, p, n, err);
	else if (w->fd == -1 && spill(w, err) == -1)
		rc = -1;
	else
		rc = write_all(w->fd, p, n, err);
	if (rc == -1) {
		w->error = *err;
		return -1;
	}
	ferry_digester_update(w->digester, p, n);
	w->size += n;
	return 0;
}

int
ferry_blob_writer_view(struct ferry_blob_writer *w, struct ferry_bytes *out,
    struct ferry_error *err)
{

	if (w->error.code != FERRY_OK) {
		*err = w->error;
		return -1;
	}
	*out = ferry_bytes_buf(&w->buf);
	if (w->fd == -1)
		return 0;
	if (w->map == MAP_FAILED)
		w->map = mmap(
		    NULL, (size_t)w->size, PROT_READ, MAP_PRIVATE, w->fd, 0);
	if (w->map == MAP_FAILED)
		return ferry_error_errno(
		    err, "mapping %s/tmp/%s", w->st->path, w->tmp);
	*out = ferry_bytes_of(w->map, (size_t)w->size);
	return 0;
}

uint64_t
ferry_blob_writer_size(const struct ferry_blob_writer *w)
{

	return w->size;
}

void
ferry_blob_writer_digest(
    struct ferry_blob_writer *w, enum ferry_alg alg, struct ferry_digest *out)
{

	ferry_digester_final(w->digester, alg, out);
}

/* Put the bytes where they belong; they become durable with the commit. */
static int
place_bytes(struct ferry_blob_writer *w, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_store *st = w->st;
	char path[FERRY_BLOB_PATH];

	if (w->fd == -1) {
		ferry_kv_put(st->kv, FERRY_CF_BYTES, digest_key(digest),
		    ferry_bytes_buf(&w->buf));
		st->pending_bytes += w->buf.n;
		return 0;
	}
	if (ferry_array_grow(&st->files, &st->files_cap, st->files_n + 1,
		sizeof(*st->files), err) == -1)
		return -1;
	/* Start writing back now, so that the commit waits less. */
	(void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	/*
	 * The name may appear before the bytes are durable: only the index
	 * makes a blob exist, and it follows after ferry_blob_sync().  What a
	 * crash leaves here is replaced, or swept by gc.
	 */
	ferry_blob_path(digest, path);
	if (renameat(st->tmpfd, w->tmp, st->blobsfd, path) == -1)
		return ferry_error_errno(err, "%s/blobs/%s", st->path, path);
	w->tmp[0] = 0;
	st->files[st->files_n++] = *digest;
	/* Removed and stored again before the commit: it stays. */
	for (size_t i = 0; i < st->unlinks_n; i++)
		if (ferry_digest_equal(&st->unlinks[i], digest))
			st->unlinks[i--] = st->unlinks[--st->unlinks_n];
	return 0;
}

int
ferry_blob_writer_finish(struct ferry_blob_writer *w,
    const struct ferry_digest *want, size_t n, struct ferry_digest *sha256,
    struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT], wanted[FERRY_DIGEST_TEXT];
	struct ferry_blob_info info = { 0 };
	struct ferry_digest got;
	struct ferry_key lost;
	char place;
	int known;

	if (w->error.code != FERRY_OK) {
		*err = w->error;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		ferry_digester_final(w->digester, want[i].alg, &got);
		if (!ferry_digest_equal(&got, &want[i])) {
			ferry_error_set(err, FERRY_EDIGEST,
			    "content is %s (%" PRIu64 " bytes), not %s",
			    ferry_digest_text(&got, text), w->size,
			    ferry_digest_text(&want[i], wanted));
			goto fail;
		}
	}
	ferry_digester_final(w->digester, FERRY_SHA256, &got);
	if ((known = record_get(w->st, &got, &place, &info, err)) == -1)
		goto fail;
	if (known == 0 || info.lost) {
		if (place_bytes(w, &got, err) == -1)
			goto fail;
		record_put(w->st, &got, w->fd == -1 ? PLACE_BYTES : PLACE_FILE,
		    w->size, info.seq);
		if (info.lost &&
		    (lost_key(&got, &lost, err) == -1 ||
			ferry_local_delete(w->st, &lost, err) == -1))
			goto fail;
		if (known == 0) {
			w->st->totals.blobs++;
			w->st->totals.stored_bytes += w->size;
		}
	}
	*sha256 = got;
	return 0;
fail:
	w->error = *err;
	return -1;
}

void
ferry_blob_writer_free(struct ferry_blob_writer *w)
{

	if (w == NULL)
		return;
	if (w->map != MAP_FAILED)
		(void)munmap(w->map, (size_t)w->size);
	if (w->fd != -1) {
		(void)close(w->fd);
		if (w->tmp[0] != 0)
			(void)unlinkat(w->st->tmpfd, w->tmp, 0);
	}
	ferry_digester_free(w->digester);
	ferry_buf_free(&w->buf);
	free(w);
}

int
ferry_blob_put(struct ferry_store *st, enum ferry_blob_kind kind,
    struct ferry_bytes data, struct ferry_digest *sha256,
    struct ferry_error *err)
{
	struct ferry_blob_writer *w = NULL;
	int rc = -1;

	if (ferry_blob_writer_new(&w, st, kind, 0, err) == 0 &&
	    ferry_blob_writer_write(w, data.p, data.n, err) == 0)
		rc = ferry_blob_writer_finish(w, NULL, 0, sha256, err);
	ferry_blob_writer_free(w);
	return rc;
}

static int
sync_one(struct ferry_store *st, const char *path, int flags,
    struct ferry_error *err)
{
	int fd = openat(st->blobsfd, path, flags | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = ferry_error_errno(err, "%s/blobs/%s", st->path, path);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
ferry_blob_sync(struct ferry_store *st, struct ferry_error *err)
{
	char path[FERRY_BLOB_PATH];

	if (st->files_n >= SYNCFS_FROM) {
		if (syncfs(st->blobsfd) == -1)
			return ferry_error_errno(err, "%s/blobs", st->path);
	} else {
		for (size_t i = 0; i < st->files_n; i++) {
			ferry_blob_path(&st->files[i], path);
			if (sync_one(st, path, O_RDONLY, err) == -1)
				return -1;
			path[2] = 0;
			if (sync_one(st, path, O_RDONLY | O_DIRECTORY, err) ==
			    -1)
				return -1;
		}
	}
	st->files_n = 0;
	return 0;
}

void
ferry_blob_unlink(struct ferry_store *st)
{
	char path[FERRY_BLOB_PATH];

	for (size_t i = 0; i < st->unlinks_n; i++) {
		ferry_blob_path(&st->unlinks[i], path);
		(void)unlinkat(st->blobsfd, path, 0);
	}
	st->unlinks_n = 0;
}

int
ferry_blob_referenced(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t seq, struct ferry_error *err)
{
	char place, text[FERRY_DIGEST_TEXT];
	struct ferry_blob_info info;
	int rc = record_get(st, digest, &place, &info, err);

	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "blob %s is not in the store",
		    ferry_digest_text(digest, text));
	if (rc == 1 && info.seq == 0)
		record_put(st, digest, place, info.size, seq);
	return rc == -1 ? -1 : 0;
}

int
ferry_blob_renew(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	char place;
	int rc = record_get(st, digest, &place, &info, err);

	if (rc != 1 || info.seq == 0)
		return rc == -1 ? -1 : 0;
	rc = ferry_kv_any(st->kv, FERRY_CF_REF, digest_key(digest), err);
	if (rc == 0)
		record_put(st, digest, place, info.size, 0);
	return rc == -1 ? -1 : 0;
}

int
ferry_blob_open(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob *out, struct ferry_error *err)
{
	char place, path[FERRY_BLOB_PATH];
	struct ferry_blob_info info;
	int rc;

	*out = (struct ferry_blob){ 0, -1, FERRY_BUF_INIT };
	rc = record_get(st, digest, &place, &info, err);
	if (rc != 1 || place == PLACE_LOST)
		return rc == -1 ? -1 : 0;
	out->size = info.size;
	if (place == PLACE_BYTES) {
		rc = ferry_kv_get(st->kv, FERRY_CF_BYTES, digest_key(digest),
		    &out->bytes, err);
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
	return record_parse(value, &place, info, err) == -1 ? -1 : 1;
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
	int rc = ferry_blob_open(st, digest, &blob, err);

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
	int rc = record_get(st, digest, &place, &info, err);

	if (rc != 1)
		return rc;
	record_put(st, digest, PLACE_LOST, info.size, info.seq);
	if (lost_key(digest, &lost, err) == -1)
		return -1;
	return ferry_local_put(st, &lost, note, err);
}

int
ferry_blob_remove(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	struct ferry_key lost;
	char place;
	int rc = record_get(st, digest, &place, &info, err);

	if (rc != 1)
		return rc;
	if (place != PLACE_BYTES) {
		if (ferry_array_grow(&st->unlinks, &st->unlinks_cap,
			st->unlinks_n + 1, sizeof(*st->unlinks), err) == -1)
			return -1;
		st->unlinks[st->unlinks_n++] = *digest;
	}
	if (place == PLACE_LOST &&
	    (lost_key(digest, &lost, err) == -1 ||
		ferry_local_delete(st, &lost, err) == -1))
		return -1;
	ferry_kv_delete(st->kv, FERRY_CF_BYTES, digest_key(digest));
	ferry_kv_delete(st->kv, FERRY_CF_BLOB, digest_key(digest));
	st->totals.blobs--;
	st->totals.stored_bytes -= info.size;
	st->changes++;
	return 0;
}
