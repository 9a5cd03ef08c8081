/* Writing blobs: from bytes that arrive to a name that stays. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/blob/hashing.h"
#include "store/blob/record.h"
#include "store/index/local.h"
#include "store/index/reserve.h"

/* From this many new files on, one syncfs() beats an fsync() each. */
#define SYNCFS_FROM 8
#define HASH_BLOCK (512U << 10)
/* What comes in small pieces is written in larger ones. */
#define WRITE_BLOCK (64U << 10)
/* From this size on threads hash a file. */
#define HASH_BEHIND (256U << 10)

struct ferry_blob_writer {
	struct ferry_store *st;
	struct ferry_digester *digester;
	size_t keep; /* up to this size in the index */
	/* Content until it outgrows keep; then what was not written yet. */
	struct ferry_buf buf;
	int fd; /* of tmp/<tmp>, or -1 */
	char tmp[24];
	void *map; /* of fd, for _view; MAP_FAILED if none */
	uint64_t size;
	struct ferry_hashing *hashing; /* of fd; NULL: hashed as it comes */
	struct ferry_error error; /* the first one */
};

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

/* All that is in memory goes to the file. */
static int
write_out(struct ferry_blob_writer *w, struct ferry_error *err)
{

	if (w->buf.n > 0 && write_all(w->fd, w->buf.p, w->buf.n, err) == -1)
		return -1;
	ferry_buf_reset(&w->buf);
	return w->hashing == NULL
	           ? 0
	           : ferry_hashing_grow(w->hashing, w->size, err);
}

static int
spill(struct ferry_blob_writer *w, struct ferry_error *err)
{

	(void)snprintf(w->tmp, sizeof(w->tmp), "%" PRIu64, w->st->tmp_count++);
	w->fd = openat(
	    w->st->tmpfd, w->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd == -1)
		return ferry_error_errno(err, "%s/tmp/%s", w->st->path, w->tmp);
	if (write_out(w, err) == -1)
		return -1;
	/* A document's is large. */
	ferry_buf_free(&w->buf);
	return 0;
}

/* Without memory for it, it is hashed as it comes. */
static void
hash_behind(struct ferry_blob_writer *w)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (w->st->hashers == NULL &&
	    ferry_hashers_new(&w->st->hashers, &ignored) == -1)
		return;
	(void)ferry_hashing_new(
	    &w->hashing, w->st->hashers, w->digester, w->fd, w->size, &ignored);
}

/* One piece more; small ones are gathered. */
static int
take_piece(struct ferry_blob_writer *w, const void *p, size_t n,
    struct ferry_error *err)
{

	if (w->fd == -1 && w->size + n > w->keep && spill(w, err) == -1)
		return -1;
	if (ferry_buf_add(&w->buf, p, n, err) == -1)
		return -1;
	if (w->hashing == NULL)
		ferry_digester_update(w->digester, p, n);
	w->size += n;
	if (w->fd == -1 || w->buf.n < WRITE_BLOCK)
		return 0;
	if (w->hashing == NULL && w->size >= HASH_BEHIND)
		hash_behind(w);
	return write_out(w, err);
}

int
ferry_blob_writer_write(struct ferry_blob_writer *w, const void *p, size_t n,
    struct ferry_error *err)
{
	const uint8_t *at = p;

	if (w->error.code != FERRY_OK) {
		*err = w->error;
		return -1;
	}
	do {
		size_t piece = n < WRITE_BLOCK ? n : WRITE_BLOCK;

		if (take_piece(w, at, piece, err) == -1) {
			ferry_reserve_explain(w->st->frees, err);
			w->error = *err;
			return -1;
		}
		at += piece;
		n -= piece;
	} while (n > 0);
	return 0;
}

/* All of it is in the file, if it has one, and hashed. */
static int
settle(struct ferry_blob_writer *w)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (w->error.code == FERRY_OK && w->fd != -1 &&
	    ((w->buf.n > 0 && write_out(w, &err) == -1) ||
		(w->hashing != NULL &&
		    ferry_hashing_wait(w->hashing, &err) == -1))) {
		ferry_reserve_explain(w->st->frees, &err);
		w->error = err;
	}
	return w->error.code == FERRY_OK ? 0 : -1;
}

int
ferry_blob_writer_view(struct ferry_blob_writer *w, struct ferry_bytes *out,
    struct ferry_error *err)
{

	if (settle(w) == -1) {
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

/* Hash all of the file. */
static int
hash_file(struct ferry_blob_writer *w, struct ferry_error *err)
{
	uint8_t *block;
	ssize_t n;

	if (ferry_calloc(&block, 1, HASH_BLOCK, err) == -1)
		return -1;
	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = pread(w->fd, block, HASH_BLOCK, (off_t)w->size)) > 0) {
		ferry_digester_update(w->digester, block, (size_t)n);
		w->size += (uint64_t)n;
	}
	free(block);
	return n == -1 ? ferry_error_errno(
			     err, "reading %s/tmp/%s", w->st->path, w->tmp)
	               : 0;
}

int
ferry_blob_writer_link(struct ferry_blob_writer *w, int dirfd, const char *name,
    struct ferry_error *err)
{
	int fd;

	(void)snprintf(w->tmp, sizeof(w->tmp), "%" PRIu64, w->st->tmp_count++);
	if (linkat(dirfd, name, w->st->tmpfd, w->tmp, 0) == -1) {
		if (errno == EPERM || errno == EOPNOTSUPP || errno == EXDEV ||
		    errno == EMLINK)
			return 0;
		return ferry_error_errno(err, "%s/tmp/%s", w->st->path, w->tmp);
	}
	if ((fd = openat(w->st->tmpfd, w->tmp, O_RDONLY | O_CLOEXEC)) == -1) {
		ferry_error_errno(err, "%s/tmp/%s", w->st->path, w->tmp);
		(void)unlinkat(w->st->tmpfd, w->tmp, 0);
		return -1;
	}
	w->fd = fd;
	return hash_file(w, err) == -1 ? -1 : 1;
}

uint64_t
ferry_blob_writer_size(const struct ferry_blob_writer *w)
{

	return w->size;
}

uint64_t
ferry_blob_writer_readable(const struct ferry_blob_writer *w)
{

	return w->fd == -1 ? 0 : w->size - w->buf.n;
}

int
ferry_blob_writer_reader(const struct ferry_blob_writer *w)
{

	return w->fd == -1 || w->tmp[0] == 0
	           ? -1
	           : openat(w->st->tmpfd, w->tmp, O_RDONLY | O_CLOEXEC);
}

void
ferry_blob_writer_digest(
    struct ferry_blob_writer *w, enum ferry_alg alg, struct ferry_digest *out)
{

	if (settle(w) == -1)
		*out = (struct ferry_digest){ alg, 0, { 0 } };
	else
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
		ferry_kv_put(st->kv, FERRY_CF_BYTES, ferry_blob_key(digest),
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

	if (settle(w) == -1) {
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
	if ((known = ferry_blob_record_get(w->st, &got, &place, &info, err)) ==
	    -1)
		goto fail;
	if (known == 0 || info.lost) {
		if (place_bytes(w, &got, err) == -1)
			goto fail;
		ferry_blob_record_put(w->st, &got,
		    w->fd == -1 ? FERRY_PLACE_BYTES : FERRY_PLACE_FILE, w->size,
		    info.seq);
		if (info.lost &&
		    (ferry_blob_lost_key(&got, &lost, err) == -1 ||
			ferry_local_delete(w->st, &lost, err) == -1 ||
			ferry_blob_changed(w->st, err) == -1))
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
	ferry_hashing_free(w->hashing);
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
