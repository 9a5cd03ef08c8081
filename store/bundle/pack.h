#ifndef FERRY_BUNDLE_PACK_H
#define FERRY_BUNDLE_PACK_H

/*
 * Compressing members: one zstd frame each, whose window needs at most 2 MiB.
 * A struct ferry_pack is what several frames are made with, one by one.
 */

#include "store/base/bytes.h"

struct ferry_blob;
struct ferry_digest;
struct ferry_error;
struct ferry_pack;

/* Frames of blobs do not become larger, which bounds memory. */
#define FERRY_PACKED_MAX (16U << 20)

/* Errors: FERRY_ENOMEM. */
int ferry_pack_new(struct ferry_pack **out, struct ferry_error *err);
void ferry_pack_free(struct ferry_pack *p);

/*
 * Replace what is in frame by blob, compressed.
 *
 * Returns: 1; 0 if that saves less than a tenth, or the frame would be larger
 *     than FERRY_PACKED_MAX; -1.
 * Errors: FERRY_EDIGEST, FERRY_ESIZE (its bytes are not those of digest),
 *     FERRY_ENOMEM, FERRY_ESYSTEM.
 */
int ferry_pack_blob(struct ferry_pack *p, const struct ferry_blob *blob,
    const struct ferry_digest *digest, struct ferry_buf *frame,
    struct ferry_error *err);
/* The same of bytes, whatever it saves: 0 or -1. */
int ferry_pack_bytes(struct ferry_pack *p, struct ferry_bytes bytes,
    struct ferry_buf *frame, struct ferry_error *err);

#endif
