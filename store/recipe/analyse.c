/*
 * From a stream to a model and corrections: the model runs over the content
 * while the stream is read again beside it.
 */

#include <string.h>

#include "store/base/error.h"
#include "store/recipe/reuse_find.h"
#include "store/recipe/stream.h"

#define COPIED 256 /* tokens that are taken at a time */

struct analysis {
	struct ferry_predictor *p;
	struct ferry_predict_run *run;
	const struct ferry_model *model;
	struct ferry_inflate in;
	bool open; /* a block is being read */
	size_t stored; /* bytes left of a stored block */
	uint32_t block_tokens; /* of this block so far */
	uint64_t token, block; /* indexes */
	uint64_t shown; /* tokens that were not in stored blocks */
	struct ferry_tree_counts counts;
	struct ferry_bytes raw;
	const struct ferry_stream_limits *limits;
	struct ferry_corrections *corrections;
};

static int
differs(struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_EFORMAT, "a stream and its content do not fit");
}

static bool
header_equal(
    const struct ferry_deflate_header *a, const struct ferry_deflate_header *b)
{

	return a->literals == b->literals && a->distances == b->distances &&
	       a->order_n == b->order_n && a->steps_n == b->steps_n &&
	       memcmp(a->order, b->order, sizeof(a->order)) == 0 &&
	       memcmp(a->steps, b->steps, a->steps_n * sizeof(a->steps[0])) ==
	           0;
}

/* Whether only the final block follows, and it is empty and stored. */
static bool
ends_empty(const struct analysis *a)
{
	struct ferry_inflate ahead = a->in;

	return ferry_inflate_block(&ahead) == FERRY_INFLATE_MORE &&
	       ahead.final && ahead.header.type == FERRY_DEFLATE_STORED &&
	       ahead.size == 0;
}

/* Whether the model ends this block here without being told to. */
static bool
ends_here(const struct analysis *a)
{
	uint32_t n = a->block_tokens;

	switch (a->model->trees) {
	case FERRY_TREES_ZLIB:
		return a->in.final ? n < a->model->block : n == a->model->block;
	case FERRY_TREES_GO:
		if (a->in.final)
			return n == 0 &&
			       a->in.header.type == FERRY_DEFLATE_STORED;
		return n == a->model->block ||
		       (n > 0 && n < a->model->block && ends_empty(a));
	}
	return false;
}

static int
end_block(struct analysis *a, struct ferry_error *err)
{
	const struct ferry_deflate_header *real = &a->in.header;
	struct ferry_correction_block block = { real->type, a->in.final,
		a->block_tokens };
	struct ferry_deflate_header h;
	bool as_predicted;

	ferry_tree_predict(a->model->trees, &a->counts, &h);
	as_predicted = ends_here(a) &&
	               (h.type == real->type ||
			   (a->model->trees == FERRY_TREES_GO && a->in.final));
	if (!as_predicted && ferry_corrections_block(
				 a->corrections, a->block, &block, err) == -1)
		return -1;
	if (real->type == FERRY_DEFLATE_DYNAMIC && !header_equal(&h, real) &&
	    ferry_corrections_header(a->corrections, a->block, real, err) == -1)
		return -1;
	a->open = false;
	a->block++;
	a->block_tokens = 0;
	ferry_tree_counts_begin(&a->counts);
	return ferry_predict_work(a->run, FERRY_STREAM_BLOCK_WORK, err);
}

static int
open_block(struct analysis *a, struct ferry_error *err)
{
	struct ferry_bytes stored;

	if (ferry_inflate_block(&a->in) != FERRY_INFLATE_MORE)
		return differs(err);
	a->open = true;
	if (a->in.header.type != FERRY_DEFLATE_STORED)
		return 0;
	if (ferry_inflate_stored(&a->in, &stored) == FERRY_INFLATE_REFUSED)
		return differs(err);
	a->stored = stored.n;
	return 0;
}

/*
 * The stream's next token.  In a stored block none shows: the predicted one is
 * as good as any, if it ends where the block ends.
 * Returns: 1; 0 where the block ends; -1.
 */
static int
next_token(struct analysis *a, struct ferry_token predicted,
    struct ferry_token *out, struct ferry_error *err)
{
	uint8_t literal = 0;
	size_t n;

	if (a->in.header.type != FERRY_DEFLATE_STORED) {
		enum ferry_inflate_result r =
		    ferry_inflate_token(&a->in, out, &literal);

		return r == FERRY_INFLATE_REFUSED ? differs(err) : (int)r;
	}
	if (a->stored == 0)
		return 0;
	n = predicted.length == 0 ? 1 : predicted.length;
	*out = predicted;
	if (n > a->stored) {
		memset(out, 0, sizeof(*out));
		n = 1;
	}
	a->stored -= n;
	return 1;
}

static int
on_token(void *ctx, size_t at, struct ferry_token *t, struct ferry_error *err)
{
	struct ferry_token predicted = *t;
	struct analysis *a = ctx;
	int rc;

	do {
		if (!a->open && open_block(a, err) == -1)
			return -1;
		rc = next_token(a, predicted, t, err);
		if (rc == -1 || (rc == 0 && end_block(a, err) == -1))
			return -1;
	} while (rc == 0);
	if (t->length > a->raw.n - at || t->distance > at)
		return differs(err);
	if ((t->length != predicted.length ||
		t->distance != predicted.distance) &&
	    ferry_corrections_token(a->corrections, a->token, *t, err) == -1)
		return -1;
	ferry_tree_count(&a->counts, *t, a->raw.p + at);
	a->token++;
	/* More than any block may have is seen where the block is read. */
	a->block_tokens++;
	if (a->in.header.type != FERRY_DEFLATE_STORED)
		a->shown++;
	return a->shown >= a->limits->tokens_max ||
	               a->corrections->n > a->limits->corrections_max
	           ? 1
	           : 0;
}

/* Take the next n tokens, which begin at raw position *at. */
static int
take_tokens(struct analysis *a, size_t *at, size_t n, struct ferry_error *err)
{
	const struct ferry_token none = { 0, 0 };
	struct ferry_token tokens[COPIED];

	while (n > 0) {
		size_t k = n < COPIED ? n : COPIED;

		if (!a->open && open_block(a, err) == -1)
			return -1;
		if (a->in.header.type == FERRY_DEFLATE_STORED)
			k = 0;
		else
			k = ferry_inflate_tokens(&a->in, tokens, k);
		if (k == 0) {
			int rc = next_token(a, none, &tokens[0], err);

			if (rc == -1 || (rc == 0 && end_block(a, err) == -1))
				return -1;
			k = (size_t)rc;
		}
		ferry_predict_tell(a->p, *at, tokens, k);
		for (size_t i = 0; i < k; i++) {
			ferry_tree_count(&a->counts, tokens[i], a->raw.p + *at);
			*at += ferry_token_span(tokens[i]);
		}
		a->block_tokens += (uint32_t)k;
		n -= k;
	}
	return 0;
}

/* What the base has, too, is said to be copied. */
static int
skip_alike(void *ctx, size_t *at, size_t *again, struct ferry_error *err)
{
	struct analysis *a = ctx;
	size_t n;

	do {
		if (ferry_finder_look(a->limits->finder, *at, &n, again, err) ==
			-1 ||
		    take_tokens(a, at, n, err) == -1 ||
		    ferry_predict_pass(a->p, *at, err) == -1)
			return -1;
	} while (n > 0);
	return 0;
}

/* What follows the last token: the end of its block, and empty blocks. */
static int
finish(struct analysis *a, struct ferry_error *err)
{
	struct ferry_token none = { 0, 0 }, t;
	int rc;

	for (;;) {
		if (!a->open) {
			if (a->in.final)
				return 0;
			if (open_block(a, err) == -1)
				return -1;
		}
		rc = next_token(a, none, &t, err);
		if (rc == 1)
			return differs(err);
		if (rc == -1 || end_block(a, err) == -1)
			return -1;
	}
}

int
ferry_stream_analyse(struct ferry_predictor *p, const struct ferry_model *model,
    struct ferry_bytes deflated, struct ferry_bytes raw,
    const struct ferry_stream_limits *limits, struct ferry_stream_analysis *out,
    struct ferry_error *err)
{
	struct analysis a = { .p = p,
		.run = NULL,
		.model = model,
		.raw = raw,
		.limits = limits,
		.corrections = &out->corrections };
	struct ferry_predict_run run = { .model = model,
		.raw = raw,
		.decide = on_token,
		.ctx = &a,
		.work_max = limits->work_max };
	int rc;

	a.run = &run;
	out->model = model;
	ferry_corrections_reset(&out->corrections);
	ferry_copies_begin(&out->copies, 0);
	if (limits->finder != NULL) {
		run.skip = skip_alike;
		if (ferry_finder_begin(
			limits->finder, deflated, raw, &out->copies, err) == -1)
			return -1;
	}
	ferry_inflate_begin(&a.in, deflated);
	ferry_tree_counts_begin(&a.counts);
	rc = ferry_predict(p, &run, err);
	if (rc == 0)
		rc = finish(&a, err);
	out->work = run.work;
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	(void)ferry_inflate_used(&a.in, &out->padding);
	return out->corrections.n > limits->corrections_max ? 0 : 1;
}

void
ferry_stream_analysis_free(struct ferry_stream_analysis *a)
{

	ferry_corrections_free(&a->corrections);
	ferry_copies_free(&a->copies);
}
