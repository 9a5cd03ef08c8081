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
    struct ferry_expansion *out, ferry_expand_on_stream *on_stream, void *ctx,
    struct ferry_error *err)
{
	uint64_t max = ferry_image_max(blob.n);
	struct ferry_expand x = { .dirfd = dirfd,
		.out = out,
		.on_stream = on_stream,
		.ctx = ctx,
		.holds = ferry_expand_holds,
		.on_content = ferry_expand_content,
		.heed = heed };
	struct ferry_expand_level level = { &x, 0, 0, 0 };

	if (blob.n > FERRY_IMAGE_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%zu bytes, at most %llu can be expanded", blob.n,
		    (unsigned long long)FERRY_IMAGE_MAX);
	x.max = x.left = max - blob.n;
	if (ferry_spool_new(&out->image, dirfd, max, err) == -1)
		return -1;
	return ferry_expand_blob(&level, blob, err);
}

void
ferry_expansion_free(struct ferry_expansion *x)
{

	ferry_spool_free(x->image);
	ferry_spool_free(x->inner);
	ferry_plan_free(&x->plan);
	*x = (struct ferry_expansion)FERRY_EXPANSION_INIT;
}
