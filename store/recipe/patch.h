#ifndef FERRY_STORE_RECIPE_PATCH_H
#define FERRY_STORE_RECIPE_PATCH_H

/*
 * An image as what differs from others, piece by piece, so that memory is
 * bounded: 8 MiB of it from at most 32 MiB of another.
 */

#include "store/base/bytes.h"
#include "store/recipe/inflate.h"

struct ferry_error;

#define FERRY_PATCH_PIECE (8U << 20)
#define FERRY_PATCH_PREFIX (32U << 20)
#define FERRY_PATCH_BASES 2

/* Called after each piece, as views may be passed then; may be NULL. */
typedef void ferry_patch_on_piece(void *ctx);

/*
 * Append the pieces of image to on_data.  level is zstd's, 1 to 19.
 * Errors: on_data's, FERRY_ESYSTEM (zstd), FERRY_ENOMEM.
 */
int ferry_patch_make(struct ferry_bytes image, const struct ferry_bytes *bases,
    size_t bases_n, int level, ferry_recipe_sink *on_data,
    ferry_patch_on_piece *on_piece, void *ctx, struct ferry_error *err);
/*
 * Take the pieces of an image of size bytes off in, and hand it to on_data.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, on_data's, FERRY_ENOMEM.
 * Memory: a piece.
 */
int ferry_patch_apply(struct ferry_bytes *in, uint64_t size,
    const struct ferry_bytes *bases, size_t bases_n, ferry_recipe_sink *on_data,
    ferry_patch_on_piece *on_piece, void *ctx, struct ferry_error *err);

/*
 * A short text, whole: packed with what stands in prefix as its past, or as it
 * is where that is not longer.  Unpacked it has at most max bytes.
 */
int ferry_patch_pack(struct ferry_bytes text, struct ferry_bytes prefix,
    int level, struct ferry_buf *out, struct ferry_error *err);
int ferry_patch_unpack(struct ferry_bytes *in, struct ferry_bytes prefix,
    uint64_t max, const char *what, struct ferry_buf *out,
    struct ferry_error *err);

#endif
