#ifndef FERRY_BLOB_H
#define FERRY_BLOB_H

/*
 * Bytes named by their SHA-256.
 *
 * Same bytes are stored once.  What is larger than FERRY_BLOB_FILE is a file
 * of its own, for sendfile; the rest lives in the index.  A blob exists when
 * the index says so, which happens in the commit after its bytes are durable;
 * the writer's own handle sees it as soon as it is finished.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/base/digest.h"

struct ferry_error;
struct ferry_store;

#define FERRY_BLOB_FILE (32U << 10)
/* Documents compress well and are never sent as they are: kept in the index
 * up to this size. */
#define FERRY_BLOB_DOCUMENT (2U << 20)

enum ferry_blob_kind { FERRY_BLOB_IS_FILE, FERRY_BLOB_IS_DOCUMENT };

/*
 * Writing, in one pass and bounded memory.
 *
 * algs: digests wanted besides SHA-256 (FERRY_ALG() set).  Threads hash what is
 * large (hashing.h).  _write and _finish
 * keep the first error and report it again.  _finish makes the blob exist for
 * this handle; _free without it leaves nothing behind.
 */
struct ferry_blob_writer;
int ferry_blob_writer_new(struct ferry_blob_writer **out,
    struct ferry_store *st, enum ferry_blob_kind kind, unsigned algs,
    struct ferry_error *err);
int ferry_blob_writer_write(struct ferry_blob_writer *w, const void *p,
    size_t n, struct ferry_error *err);
/* What was written, whole, borrowed until the next call on w.  For documents
 * that are looked into before they are stored. */
int ferry_blob_writer_view(struct ferry_blob_writer *w, struct ferry_bytes *out,
    struct ferry_error *err);
uint64_t ferry_blob_writer_size(const struct ferry_blob_writer *w);
/* A descriptor to read what was written so far, the caller's to close; -1 while
 * that is only in memory, or with errno.  Small pieces are gathered: _readable
 * says how much it has, all when _finish succeeded. */
int ferry_blob_writer_reader(const struct ferry_blob_writer *w);
uint64_t ferry_blob_writer_readable(const struct ferry_blob_writer *w);
/* The digest of what was written so far; alg must be SHA-256 or of algs.  Of
 * none (n is 0) after an error, which _finish reports. */
void ferry_blob_writer_digest(
    struct ferry_blob_writer *w, enum ferry_alg alg, struct ferry_digest *out);
/*
 * Check against every digest of want (n may be 0) and store.
 * Errors: FERRY_EDIGEST, FERRY_ESYSTEM (disk full …), FERRY_EINDEX.
 */
int ferry_blob_writer_finish(struct ferry_blob_writer *w,
    const struct ferry_digest *want, size_t n, struct ferry_digest *sha256,
    struct ferry_error *err);
void ferry_blob_writer_free(struct ferry_blob_writer *w);

/* One shot, for bytes in memory. */
int ferry_blob_put(struct ferry_store *st, enum ferry_blob_kind kind,
    struct ferry_bytes data, struct ferry_digest *sha256,
    struct ferry_error *err);

struct ferry_blob_info {
	uint64_t size;
	/* The record since which it has been named without a pause; 0: none has
	 * named it yet. */
	uint64_t seq;
	bool lost; /* verify found its bytes wrong or gone */
	bool file; /* a file of its own */
};
/* Returns: 1 and *out; 0 if there is no such blob; -1. */
int ferry_blob_stat(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob_info *out, struct ferry_error *err);
/* Returns: 1 if its bytes can be read (not lost), 0, or -1. */
int ferry_blob_has(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err);

/*
 * Reading.  Content is not hashed again here: that is ferry_blob_verify()'s.
 *
 * _open: 1, 0 if there is no such blob (or it is lost, or has another size
 * than it should), -1.  fd is the blob's
 * file, or -1 when bytes holds it all; both are the blob's until _close.
 */
struct ferry_blob {
	uint64_t size;
	int fd;
	struct ferry_buf bytes;
};
int ferry_blob_open(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_blob *out, struct ferry_error *err);
/* Up to n bytes from offset; returns how many, 0 at the end, or -1. */
ssize_t ferry_blob_read(const struct ferry_blob *blob, uint64_t offset, void *p,
    size_t n, struct ferry_error *err);
void ferry_blob_close(struct ferry_blob *blob);
/* All of it appended to buf, if it has at most max bytes (FERRY_ELIMIT).
 * FERRY_ENOTFOUND if there is no such blob. */
int ferry_blob_load(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t max, struct ferry_buf *buf, struct ferry_error *err);

/*
 * Every blob, in the order of digests, as committed.  _next: 1, 0, -1.
 */
struct ferry_blob_iter;
int ferry_blob_iter_new(struct ferry_blob_iter **out, struct ferry_store *st,
    struct ferry_error *err);
int ferry_blob_iter_next(struct ferry_blob_iter *it,
    struct ferry_digest *digest, struct ferry_blob_info *info,
    struct ferry_error *err);
void ferry_blob_iter_free(struct ferry_blob_iter *it);

/*
 * Re-hash.  Returns: 1 whole; 0 wrong, short or gone, with why set in *err's
 * text (FERRY_EDIGEST or FERRY_ESIZE or FERRY_EMISSING); -1 could not tell.
 * Threads: may run in several at once, on readers and writers.
 */
int ferry_blob_verify(struct ferry_store *st, const struct ferry_digest *digest,
    const struct ferry_blob_info *info, struct ferry_error *err);

/*
 * How often the bytes behind blobs changed without a journal record: one was
 * found lost, stored again, or removed.  Who keeps bytes drops them when this
 * is another number than it was.  The writer sees what is pending.
 */
int ferry_blob_changes(
    struct ferry_store *st, uint64_t *count, struct ferry_error *err);
/*
 * Writer: keep the record, say that the bytes are lost, and note why in the
 * local record "lost HEX" (an object with "at" and "text"), which goes away
 * when the blob is stored again.
 */
int ferry_blob_mark_lost(struct ferry_store *st,
    const struct ferry_digest *digest, const json_t *note,
    struct ferry_error *err);
/*
 * Writer: forget a blob in the next commit and remove its bytes then.  The
 * caller has made sure that no record names it.
 */
int ferry_blob_remove(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err);
/* The same where the journal says that its last record went: that is no change
 * as ferry_blob_changes() counts them, as who keeps bytes has dropped these. */
int ferry_blob_discard(struct ferry_store *st,
    const struct ferry_digest *digest, struct ferry_error *err);
/*
 * Writer, with nothing pending: remove files in blobs/ that no record of the
 * index knows (a crash left them).  Returns how many through out parameters.
 */
int ferry_blob_sweep(struct ferry_store *st, bool dry_run, uint64_t *count,
    uint64_t *bytes, struct ferry_error *err);

#endif
