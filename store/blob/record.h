#ifndef FERRY_BLOB_RECORD_H
#define FERRY_BLOB_RECORD_H

/* What the index says of a blob; for store/blob only. */

#include "store/blob/blob.h"
#include "store/internal.h"

/* Where its content is. */
#define FERRY_PLACE_BYTES 'b' /* in FERRY_CF_BYTES */
#define FERRY_PLACE_FILE 'f' /* in blobs/ab/cdef… */
#define FERRY_PLACE_LOST 'l' /* found wrong or gone */

/* The key of a blob in the index; borrowed from digest. */
struct ferry_bytes ferry_blob_key(const struct ferry_digest *digest);

/* Read a record's bytes.  Errors: FERRY_EINDEX. */
int ferry_blob_record_parse(struct ferry_bytes value, char *place,
    struct ferry_blob_info *info, struct ferry_error *err);
/* Returns: 1, 0 (*place is FERRY_PLACE_LOST), -1. */
int ferry_blob_record_get(struct ferry_store *st,
    const struct ferry_digest *digest, char *place,
    struct ferry_blob_info *info, struct ferry_error *err);
/* Part of the next commit.  seq: see struct ferry_blob_info. */
void ferry_blob_record_put(struct ferry_store *st,
    const struct ferry_digest *digest, char place, uint64_t size, uint64_t seq);

/*
 * Of a writer that nothing was written with: the blob's bytes are those of the
 * file name below dirfd, which are hashed here.  The blob's file and that one
 * become the same, with two names, until either goes.
 * Returns: 1; 0 if this file system cannot do that, and nothing was done; -1.
 */
int ferry_blob_writer_link(struct ferry_blob_writer *w, int dirfd,
    const char *name, struct ferry_error *err);

/* The local record "lost HEX" of a blob whose bytes are lost. */
int ferry_blob_lost_key(const struct ferry_digest *digest,
    struct ferry_key *key, struct ferry_error *err);

#endif
