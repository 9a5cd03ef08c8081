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
	struct ferry_spool *inner = x->out->inner;

	if (ferry_heed_due(n, &x->since)) {
		if (inner != NULL)
			ferry_spool_pass(inner, ferry_spool_size(inner));
		if (ferry_heed(x->heed, err) == -1)
			return -1;
	}
	return ferry_spool_write(x->out->image, p, n, err);
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

/* What a spool has from byte start on. */
static int
view_from(struct ferry_spool *s, uint64_t start, struct ferry_bytes *out,
    struct ferry_error *err)
{
	struct ferry_bytes all;

	if (ferry_spool_view(s, &all, err) == -1)
		return -1;
	*out = all.n > start
	           ? ferry_bytes_of(all.p + start, all.n - (size_t)start)
	           : ferry_bytes_str("");
	return 0;
}

/* Append raw, the image from byte start on, to the inner contents: *out is that. */
static int
keep_inner(struct ferry_expand *x, uint64_t start, struct ferry_bytes raw,
    struct ferry_bytes *out, struct ferry_error *err)
{
	struct ferry_spool **inner = &x->out->inner;
	uint64_t before;

	/* All contents together have no more. */
	if (*inner == NULL &&
	    ferry_spool_new(inner, x->dirfd, x->max, err) == -1)
		return -1;
	before = ferry_spool_size(*inner);
	for (size_t at = 0, n; at < raw.n; at += n) {
		n = raw.n - at < FERRY_HEED_EVERY ? raw.n - at
		                                  : FERRY_HEED_EVERY;
		if (ferry_spool_write(*inner, raw.p + at, n, err) == -1)
			return -1;
		ferry_spool_pass(x->out->image, start + at + n);
	}
	return view_from(*inner, before, out, err);
}

/*
 * What lies in the content of a stream, of which the image has the content at
 * its end: replace that by the content's own image.  *raw is the content, before
 * and after.
 */
static int
look_inside(struct ferry_expand_level *level, size_t index, uint64_t start,
    struct ferry_bytes *raw, struct ferry_error *err)
{
	struct ferry_expand *x = level->x;
	struct ferry_expand_level inner = { x, level->depth + 1, 0, 0 };
	struct ferry_plan_stream *stream;
	struct ferry_bytes content;

	if (inner.depth == FERRY_PLAN_DEPTH || !x->holds(*raw))
		return 0;
	if (keep_inner(x, start, *raw, &content, err) == -1 ||
	    ferry_spool_cut(x->out->image, start, err) == -1 ||
	    x->on_content(&inner, content, err) == -1)
		return -1;
	if (inner.children == 0) {
		/* The image has it again, and that alone is needed. */
		if (ferry_spool_cut(x->out->inner,
			ferry_spool_size(x->out->inner) - raw->n, err) == -1)
			return -1;
		return view_from(x->out->image, start, raw, err);
	}
	*raw = content;
	stream = &x->out->plan.v[index];
	stream->span = ferry_spool_size(x->out->image) - start;
	stream->children = inner.children;
	return 0;
}

int
ferry_expand_stream(struct ferry_expand_level *level,
    struct ferry_bytes deflated, size_t *used, struct ferry_error *err)
{
	struct ferry_expand *x = level->x;
	struct ferry_plan_stream stream = { level->before, 0, 0, 0, 0 };
	struct ferry_spool *image = x->out->image;
	uint64_t start = ferry_spool_size(image);
	size_t index = x->out->plan.n;
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
		return ferry_spool_cut(image, start, err);
	}
	if (rc == -1 || ferry_plan_add(&x->out->plan, &stream, err) == -1 ||
	    view_from(image, start, &raw, err) == -1)
		return -1;
	x->left -= stream.span;
	level->before = 0;
	level->children++;
	rc = look_inside(level, index, start, &raw, err);
	if (rc == 0 && x->on_stream != NULL)
		rc = x->on_stream(
		    x->ctx, index, ferry_bytes_of(deflated.p, *used), raw, err);
	ferry_spool_pass(image, start);
	return rc == -1 ? -1 : 1;
}
