#ifndef FERRY_STORE_RECIPE_EXPAND_H
#define FERRY_STORE_RECIPE_EXPAND_H

/*
 * From a blob to its image.  Both ends of a gap expand the same base, so what
 * this does with whatever bytes is part of the encoding: FORMAT.md,
 * "Expansion", has the rule.
 */

#include "store/base/bytes.h"
#include "store/recipe/heed.h"
#include "store/recipe/plan.h"

struct ferry_error;
struct ferry_spool;

/* Blobs and images are smaller. */
#define FERRY_IMAGE_MAX ((UINT64_C(1) << 32) - (1U << 16))
/* An image is at most this many times its blob, and as much more. */
#define FERRY_IMAGE_RATIO 1100
#define FERRY_IMAGE_MORE (1U << 20)

/* inner: contents of streams that others lie in, one behind the other; NULL if
 * there are none. */
struct ferry_expansion {
	struct ferry_spool *image, *inner;
	struct ferry_plan plan;
};
#define FERRY_EXPANSION_INIT                                                   \
	{                                                                      \
		NULL, NULL, FERRY_PLAN_INIT                                    \
	}
void ferry_expansion_free(struct ferry_expansion *out);
/*
 * Expand blob into out, which the caller frees, on failure too.  dirfd is the
 * folder for temporary files.
 *
 * on_stream is called for each stream when its content is known: after those
 * that lie in it.  Both views are of blob, image or inner, and borrowed until the
 * expansion is freed.  It may be NULL.
 *
 * Errors: FERRY_ELIMIT (the blob is too large), FERRY_ESYSTEM, FERRY_ENOMEM,
 *     FERRY_ECANCELLED, those of on_stream.
 */
typedef int ferry_expand_on_stream(void *ctx, size_t index,
    struct ferry_bytes deflated, struct ferry_bytes raw,
    struct ferry_error *err);
int ferry_expand(struct ferry_bytes blob, const struct ferry_heed *heed,
    int dirfd, struct ferry_expansion *out, ferry_expand_on_stream *on_stream,
    void *ctx, struct ferry_error *err);

/* Whether bytes begin as something does that is looked into. */
bool ferry_expand_begins(struct ferry_bytes blob);
/* How large an image of a blob of this size may be. */
uint64_t ferry_image_max(uint64_t blob);

#endif
