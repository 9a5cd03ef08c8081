#ifndef FERRY_BLOB_HASHING_H
#define FERRY_BLOB_HASHING_H

/*
 * Digests of a file that still grows, by threads that read behind its writer.
 *
 * Who moves bytes would else hash them, too, with each algorithm after the
 * other; so a fast upstream waits for the slowest of what ferry does.  What was
 * just written is read again from the page cache, which costs a twentieth of
 * SHA-256 and needs no memory here.
 *
 * Threads: all functions are called by the one that made the hashers; others are
 * inside.
 */

#include <stdint.h>

#include "store/base/digest.h"

struct ferry_error;
struct ferry_hashers;
struct ferry_hashing;

/* The threads, of which the first file starts as many as there are processors,
 * at most four.  Where none can be started, ferry_hashing_wait() does it. */
int ferry_hashers_new(struct ferry_hashers **out, struct ferry_error *err);
/* No hashing is left.  May be NULL. */
void ferry_hashers_free(struct ferry_hashers *hashers);

/*
 * Go on with digester, which has the first from bytes of the file.
 *
 * Lifetime: borrows digester and fd until _free; both are not touched between
 *     _grow and _wait.
 */
int ferry_hashing_new(struct ferry_hashing **out, struct ferry_hashers *hashers,
    struct ferry_digester *digester, int fd, uint64_t from,
    struct ferry_error *err);
/* The file has size bytes now.  Waits when far more was written than hashed.
 * Errors: FERRY_ESYSTEM (the file cannot be read, or ends before). */
int ferry_hashing_grow(
    struct ferry_hashing *hashing, uint64_t size, struct ferry_error *err);
/* Until digester has all of it.  Errors: as _grow. */
int ferry_hashing_wait(struct ferry_hashing *hashing, struct ferry_error *err);
/* Whether all was hashed or not.  May be NULL. */
void ferry_hashing_free(struct ferry_hashing *hashing);

#endif
