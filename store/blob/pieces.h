#ifndef FERRY_BLOB_PIECES_H
#define FERRY_BLOB_PIECES_H

/*
 * A blob that comes in pieces: in any order, by several commands, from media
 * that are gone again when the next ones come.
 *
 * What came lies where it belongs in the file STORE/pieces/HEX, and the local
 * record "pieces HEX" says which bytes of that file count:
 *
 *	{"size":N,"ranges":[[from,end],…]}	ascending, with gaps between
 *
 * A range is noted once its bytes are durable, so that a crash costs only what
 * was not noted yet.  Nothing of it is a blob before all of it was hashed.
 *
 * Life cycle: _open; then _write and _note for each piece; when _whole says so,
 * _join, a commit, _remove.  Needs a writer's store; one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/blob/blob.h"

struct ferry_error;
struct ferry_blob_pieces;
struct ferry_store;

/*
 * Go on with the blob of that digest, which has size bytes; a file that is not
 * there or of another size means that nothing of it came yet.
 * Errors of this and the following: FERRY_ESYSTEM (disk full …), FERRY_ELIMIT (too
 *     large for this file system), FERRY_EINDEX, FERRY_ENOMEM.
 */
int ferry_blob_pieces_open(struct ferry_blob_pieces **out,
    struct ferry_store *st, const struct ferry_digest *blob, uint64_t size,
    struct ferry_error *err);
/* Closes; what was noted stays. */
void ferry_blob_pieces_close(struct ferry_blob_pieces *p);

/* Whether the n bytes from offset are noted. */
bool ferry_blob_pieces_has(
    const struct ferry_blob_pieces *p, uint64_t offset, uint64_t n);
/* Write n bytes, which are within the blob. */
int ferry_blob_pieces_write(struct ferry_blob_pieces *p, uint64_t offset,
    const void *bytes, size_t n, struct ferry_error *err);
/* The n bytes from offset were written and are right: make them durable and
 * note them, with the next commit.  Errors: FERRY_ELIMIT (too many gaps). */
int ferry_blob_pieces_note(struct ferry_blob_pieces *p, uint64_t offset,
    uint64_t n, struct ferry_error *err);
/* The same without opening, or making, the file: 1, 0, -1. */
int ferry_blob_pieces_here(struct ferry_store *st,
    const struct ferry_digest *blob, uint64_t size, uint64_t offset, uint64_t n,
    struct ferry_error *err);
bool ferry_blob_pieces_whole(const struct ferry_blob_pieces *p);

/*
 * Make it a blob, with the next commit, after which _remove is due.  The file
 * becomes the blob's where it can, so that no more room is needed.
 * Errors: FERRY_EDIGEST (it has another digest; everything that came of it is
 *     forgotten).
 */
int ferry_blob_pieces_join(struct ferry_blob_pieces *p,
    enum ferry_blob_kind kind, struct ferry_error *err);
/* The file goes. */
int
ferry_blob_pieces_remove(struct ferry_blob_pieces *p, struct ferry_error *err);

/*
 * Remove what nobody waits for: all of it unless keep, else what is a blob by
 * now, and what has no record.  Part of the next commit.  What stays is added to
 * kept, what goes to freed: files and the bytes that they take on the disk.
 */
struct ferry_blob_pieces_count {
	uint64_t files;
	uint64_t bytes;
};
enum ferry_blob_pieces_keep {
	FERRY_PIECES_KEEP_NONE,
	FERRY_PIECES_KEEP_AWAITED
};
int ferry_blob_pieces_sweep(struct ferry_store *st,
    enum ferry_blob_pieces_keep keep, bool dry_run,
    struct ferry_blob_pieces_count *kept, struct ferry_blob_pieces_count *freed,
    struct ferry_error *err);

#endif
