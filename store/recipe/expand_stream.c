/* Streams, and what is between them, into the image. */

#include "store/base/error.h"
#include "store/recipe/expand_internal.h"
#include "store/recipe/inflate.h"
#include "store/recipe/spool.h"

/* Write to the image; a ferry_recipe_sink. */
static int
on_image(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct ferry_expand *x = ctx;

	x->written += n;
	if (ferry_heed(x->heed, x->written, &x->passed, err) == -1)
		return -1;
	return ferry_spool_write(x->image, p, n, err);
}

int
ferry_expand_keep(struct ferry_expand_level *level, struct ferry_bytes bytes,
    struct ferry_error *err)
{

	level->before += bytes.n;
	while (bytes.n > 0) {
		size_t n =
		    bytes.n < FERRY_HEED_EVERY ? bytes.n : FERRY_HEED_EVERY;

		if (on_image(level->x, bytes.p, n, err) == -1)
			return -1;
		bytes = ferry_bytes_of(bytes.p + n, bytes.n - n);
	}
	return 0;
}

/*
 * What lies in the content of a stream, of which the image has the content at
 * its end: replace that by the content's own image.  Returns: 0, -1; *raw is
 * the content, also afterwards, as long as *kept is there.
 */
static int
look_inside(struct ferry_expand_level *level, size_t index, uint64_t start,
    struct ferry_bytes *raw, struct ferry_spool **kept, struct ferry_error *err)
{
	struct ferry_expand *x = level->x;
	struct ferry_expand_level inner = { x, level->depth + 1, 0, 0 };

	if (inner.depth == FERRY_PLAN_DEPTH || !x->holds(*raw))
		return 0;
	if (ferry_spool_new(kept, x->dirfd, raw->n, err) == -1 ||
	    ferry_spool_write(*kept, raw->p, raw->n, err) == -1 ||
	    ferry_spool_view(*kept, raw, err) == -1 ||
	    ferry_spool_cut(x->image, start, err) == -1 ||
	    x->on_content(&inner, *raw, err) == -1)
		return -1;
	x->plan->v[index].span = ferry_spool_size(x->image) - start;
	x->plan->v[index].children = inner.children;
	return 0;
}

int
ferry_expand_stream(struct ferry_expand_level *level,
    struct ferry_bytes deflated, size_t *used, struct ferry_error *err)
{
	struct ferry_expand *x = level->x;
	struct ferry_plan_stream stream = { level->before, 0, 0, 0, 0 };
	uint64_t start = ferry_spool_size(x->image);
	struct ferry_spool *kept = NULL;
	size_t index = x->plan->n;
	struct ferry_bytes raw;
	int rc;

	if (index == FERRY_PLAN_STREAMS || x->left == 0)
		return 0;
	rc = ferry_inflate_all(
	    deflated, x->left, on_image, x, used, &stream.span, err);
	if (rc == 0) {
		/* Bytes that are no stream could be tried again and again. */
		uint64_t cost = stream.span + *used;

		x->left -= cost < x->left ? cost : x->left;
		return ferry_spool_cut(x->image, start, err);
	}
	if (rc == -1 || ferry_plan_add(x->plan, &stream, err) == -1 ||
	    ferry_spool_view(x->image, &raw, err) == -1)
		return -1;
	x->left -= stream.span;
	level->before = 0;
	level->children++;
	if (raw.n > start)
		raw = ferry_bytes_of(raw.p + start, (size_t)stream.span);
	else
		raw = ferry_bytes_str("");
	rc = look_inside(level, index, start, &raw, &kept, err);
	if (rc == 0 && x->on_stream != NULL)
		rc = x->on_stream(
		    x->ctx, index, ferry_bytes_of(deflated.p, *used), raw, err);
	ferry_spool_free(kept);
	ferry_spool_pass(x->image, start);
	return rc == -1 ? -1 : 1;
}
