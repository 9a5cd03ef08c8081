#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_INFLATE_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_INFLATE_H

/* Small packed texts: indexes, metadata. */

#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/* Append the content of a gzip or zlib stream, of at most max bytes.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM. */
int ferry_gem_inflate(struct ferry_buf *out, struct ferry_bytes packed,
    size_t max, struct ferry_error *err);
/* Append s as a zlib stream. */
int ferry_gem_deflate(
    struct ferry_buf *out, struct ferry_bytes s, struct ferry_error *err);

#endif
