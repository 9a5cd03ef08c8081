#ifndef FERRY_BUNDLE_COPY_H
#define FERRY_BUNDLE_COPY_H

/*
 * Bytes of a store's blob on their way into a volume.
 *
 * Errors of both: FERRY_EMISSING (there is no such blob), FERRY_ESIZE (it has
 * fewer bytes), FERRY_ESYSTEM, FERRY_ENOMEM.
 */

#include <stdint.h>

#include "store/base/digest.h"

struct ferry_bundle_file;
struct ferry_error;
struct ferry_store;

/* The SHA-256 of the size bytes from offset. */
int ferry_bundle_hash(struct ferry_store *st, const struct ferry_digest *blob,
    uint64_t offset, uint64_t size, struct ferry_digest *out,
    struct ferry_error *err);
/* Append them to file, hashing what is copied.  Errors: FERRY_EDIGEST (their
 * SHA-256 is not want). */
int ferry_bundle_copy(struct ferry_store *st, const struct ferry_digest *blob,
    uint64_t offset, uint64_t size, const struct ferry_digest *want,
    struct ferry_bundle_file *file, struct ferry_error *err);

#endif
