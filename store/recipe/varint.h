#ifndef FERRY_STORE_RECIPE_VARINT_H
#define FERRY_STORE_RECIPE_VARINT_H

/*
 * The numbers of a recipe: seven bits a byte, the lowest first, the highest
 * bit set but in the last byte; at most nine bytes, none of them needless.
 */

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_VARINT_MAX ((UINT64_C(1) << 63) - 1)

/* Append v, at most FERRY_VARINT_MAX. */
int
ferry_varint_add(struct ferry_buf *buf, uint64_t v, struct ferry_error *err);
/*
 * Take a number off in.
 * Errors: FERRY_EFORMAT (cut off, too long, not the shortest way to write it),
 *     FERRY_ELIMIT (above max); what is named in the text.
 */
int ferry_varint_take(struct ferry_bytes *in, uint64_t max, const char *what,
    uint64_t *out, struct ferry_error *err);
/* Take n bytes off in.  Errors: FERRY_EFORMAT, naming what. */
int ferry_varint_bytes(struct ferry_bytes *in, uint64_t n, const char *what,
    struct ferry_bytes *out, struct ferry_error *err);

#endif
