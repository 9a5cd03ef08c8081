#include "store/recipe/expand.h"

#include "store/base/error.h"
#include "store/recipe/expand_internal.h"
#include "store/recipe/spool.h"

uint64_t
ferry_image_max(uint64_t blob)
{
	uint64_t max;

	if (blob > FERRY_IMAGE_MAX / FERRY_IMAGE_RATIO)
		return FERRY_IMAGE_MAX;
	max = blob * FERRY_IMAGE_RATIO + FERRY_IMAGE_MORE;
	return max < FERRY_IMAGE_MAX ? max : FERRY_IMAGE_MAX;
}

int
ferry_expand(struct ferry_bytes blob, const struct ferry_heed *heed, int dirfd,
    struct ferry_spool **image, struct ferry_plan *plan,
    ferry_expand_on_stream *on_stream, void *ctx, struct ferry_error *err)
{
	uint64_t max = ferry_image_max(blob.n);
	struct ferry_expand x = { dirfd, NULL, plan, 0, on_stream, ctx,
		ferry_expand_holds, ferry_expand_content, heed, 0, 0 };
	struct ferry_expand_level level = { &x, 0, 0, 0 };

	if (blob.n > FERRY_IMAGE_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%zu bytes, at most %llu can be expanded", blob.n,
		    (unsigned long long)FERRY_IMAGE_MAX);
	x.left = max - blob.n;
	if (ferry_spool_new(image, dirfd, max, err) == -1)
		return -1;
	x.image = *image;
	return ferry_expand_blob(&level, blob, err);
}
