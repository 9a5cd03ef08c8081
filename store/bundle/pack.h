#ifndef FERRY_BUNDLE_PACK_H
#define FERRY_BUNDLE_PACK_H

/* Compressing what travels in a bundle. */

#include "store/base/bytes.h"
#include "store/blob/blob.h"

/* What may be compressed: larger blobs, or those that stay larger than _PACKED,
 * travel raw, which bounds memory. */
#define FERRY_PACK_MAX (64U << 20)
#define FERRY_PACKED_MAX (16U << 20)

struct ferry_error;
struct ferry_packers;

/*
 * What compressing needs, made as often as it is needed at once: threads may
 * pack beside each other.
 * Errors of this and the following: FERRY_ENOMEM.
 * Memory: 4 MiB for each.
 */
int ferry_packers_new(struct ferry_packers **out, struct ferry_error *err);
/* Nobody may be packing. */
void ferry_packers_free(struct ferry_packers *all);

/* Put text into frame, which is emptied first. */
int ferry_pack_bytes(struct ferry_packers *all, struct ferry_bytes text,
    struct ferry_buf *frame, struct ferry_error *err);
/*
 * The same of a blob whose name is digest.
 *
 * Returns: 1; 0 if a tenth of it would not be saved; -1.
 * Errors: FERRY_EDIGEST and FERRY_ESIZE (it is damaged), FERRY_ESYSTEM.
 */
int ferry_pack_blob(struct ferry_packers *all, const struct ferry_blob *blob,
    const struct ferry_digest *digest, struct ferry_buf *frame,
    struct ferry_error *err);

#endif
