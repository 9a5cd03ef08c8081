/*
 * From copies, a model and corrections to a stream: tokens are collected until a
 * block is full.
 */

#include <stdlib.h>

#include "store/base/error.h"
#include "store/recipe/bits.h"
#include "store/recipe/stream.h"

/*
 * Invariants: tokens holds those of the current block, raw bytes from start on;
 * counts is of them.  If told, a correction says what becomes of this block,
 * and want is how many tokens it has; else want is the model's full block.
 * done: the final block was written.
 */
struct writing {
	struct ferry_predictor *p;
	struct ferry_predict_run *run;
	const struct ferry_model *model;
	struct ferry_bytes raw;
	struct ferry_correction_reader *corrections;
	struct ferry_copy_reader *copies;
	struct ferry_copy_map map;
	struct ferry_reuse *base;
	struct ferry_token *tokens;
	size_t n, cap;
	size_t start;
	uint64_t token, block; /* indexes, of predicted tokens */
	struct ferry_tree_counts counts;
	struct ferry_correction_block told_block;
	bool told, done;
	uint32_t want;
	struct ferry_bits bits;
};

static int
write_block(struct writing *w, const enum ferry_deflate_type *type, bool final,
    struct ferry_error *err)
{
	struct ferry_bits_block block = { NULL, final, w->tokens, w->n,
		w->raw.p + w->start, (size_t)w->counts.bytes };
	struct ferry_deflate_header h, other;
	int rc;

	ferry_tree_predict(w->model->trees, &w->counts, &h);
	if (type != NULL)
		h.type = *type;
	block.header = &h;
	rc = ferry_correction_header(w->corrections, w->block, &other, err);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		if (h.type != FERRY_DEFLATE_DYNAMIC)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "codes for a block that has none");
		block.header = &other;
	} else if (h.type == FERRY_DEFLATE_FIXED)
		ferry_deflate_fixed(&h);
	if (ferry_bits_block(&w->bits, &block) == -1)
		return -1;
	w->start += block.size;
	w->n = 0;
	w->block++;
	w->done = final;
	ferry_tree_counts_begin(&w->counts);
	return ferry_predict_work(w->run, FERRY_STREAM_BLOCK_WORK, err);
}

/* Look what is said of the block that begins; write it if it has no tokens. */
static int
begin_block(struct writing *w, struct ferry_error *err)
{
	int rc;

	for (;;) {
		w->told = false;
		w->want = w->model->block;
		if (w->done)
			return 0;
		rc = ferry_correction_block(
		    w->corrections, w->block, &w->told_block, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			return 0;
		w->told = true;
		w->want = w->told_block.tokens;
		if (w->want > 0)
			return 0;
		if (write_block(
			w, &w->told_block.type, w->told_block.final, err) == -1)
			return -1;
	}
}

/* Add a token that stands at raw position at to the block. */
static int
add_token(
    struct writing *w, size_t at, struct ferry_token t, struct ferry_error *err)
{

	if (w->done)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a stream's content goes on behind its final block");
	if (w->n == w->cap && ferry_array_grow(&w->tokens, &w->cap, w->n + 1,
				  sizeof(w->tokens[0]), err) == -1)
		return -1;
	w->tokens[w->n++] = t;
	ferry_tree_count(&w->counts, t, w->raw.p + at);
	if (w->n < w->want)
		return 0;
	if (write_block(w, w->told ? &w->told_block.type : NULL,
		w->told && w->told_block.final, err) == -1)
		return -1;
	return begin_block(w, err);
}

static bool
match_fits(const struct writing *w, size_t at, struct ferry_token t)
{

	return t.length >= FERRY_DEFLATE_MATCH_MIN &&
	       t.length <= w->raw.n - at && t.distance > 0 && t.distance <= at;
}

static int
refuse_match(const struct writing *w, size_t at, struct ferry_token t,
    struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EFORMAT,
	    "a match of %u bytes %u back at byte %zu of %zu",
	    (unsigned)t.length, (unsigned)t.distance, at, w->raw.n);
}

static int
on_token(void *ctx, size_t at, struct ferry_token *t, struct ferry_error *err)
{
	struct writing *w = ctx;
	int rc;

	rc = ferry_correction_token(w->corrections, w->token++, t, err);
	if (rc == -1)
		return -1;
	if (rc == 1 && t->length > 0 && !match_fits(w, at, *t))
		return refuse_match(w, at, *t, err);
	return add_token(w, at, *t, err);
}

/* Add those of the base's tokens that were read ahead and begin before end. */
static int
copy_tokens(struct writing *w, size_t *at, size_t end, struct ferry_error *err)
{
	const struct ferry_tape *tape = &w->base->tape;
	size_t n = 0, began = *at;

	for (; *at < end && tape->first + n < tape->n; n++) {
		struct ferry_token t = tape->tokens[tape->first + n];

		if (t.length > 0) {
			t.distance = (uint16_t)ferry_copy_map_distance(
			    &w->map, t, *at, w->raw);
			if (!match_fits(w, *at, t))
				return refuse_match(w, *at, t, err);
		}
		if (add_token(w, *at, t, err) == -1)
			return -1;
		*at += ferry_token_span(t);
	}
	ferry_predict_tell(w->p, began, tape->tokens + tape->first, n);
	ferry_tape_take(&w->base->tape, n);
	return 0;
}

static int
copy(struct writing *w, size_t *at, struct ferry_error *err)
{
	const struct ferry_copy c = w->copies->copy;
	uint64_t steps = ferry_reuse_steps(w->base);
	size_t end = *at + (size_t)c.n;

	ferry_copy_map_enter(&w->map, &c);
	while (*at < end) {
		if (!ferry_reuse_seek(w->base, c.stream, c.from + (*at - c.at)))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "a copy of what are no tokens of the base");
		if (copy_tokens(w, at, end, err) == -1 ||
		    ferry_predict_pass(w->p, *at, err) == -1)
			return -1;
	}
	if (*at > end)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a copy that ends within a token");
	w->base->next = c.stream + 1;
	if (ferry_copy_map_leave(&w->map, c.n, err) == -1 ||
	    ferry_predict_work(
		w->run, ferry_reuse_steps(w->base) - steps, err) == -1)
		return -1;
	return ferry_copy_reader_next(w->copies, err);
}

/* What is to be copied from here on. */
static int
on_skip(void *ctx, size_t *at, size_t *again, struct ferry_error *err)
{
	struct writing *w = ctx;

	while (w->copies->has && w->copies->copy.at == *at)
		if (copy(w, at, err) == -1)
			return -1;
	if (w->copies->has && w->copies->copy.at < *at)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a copy that begins within a token");
	*again = w->copies->has ? (size_t)w->copies->copy.at : SIZE_MAX;
	return 0;
}

/* What comes behind the last token. */
static int
finish(struct writing *w, struct ferry_error *err)
{
	enum ferry_deflate_type stored = FERRY_DEFLATE_STORED;

	if (w->done)
		return 0;
	if (w->told)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a stream's content ends within a block");
	switch (w->model->trees) {
	case FERRY_TREES_ZLIB:
		return write_block(w, NULL, true, err);
	case FERRY_TREES_GO:
		if (w->n > 0 && (write_block(w, NULL, false, err) == -1 ||
				    begin_block(w, err) == -1))
			return -1;
		if (w->done)
			return 0;
		return write_block(w, &stored, true, err);
	}
	return 0;
}

int
ferry_stream_write(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_stream_parts *parts, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err)
{
	struct writing w = { .p = p,
		.run = run,
		.model = run->model,
		.raw = run->raw,
		.corrections = &parts->corrections,
		.copies = &parts->copies,
		.base = parts->base };
	int rc = -1;

	run->decide = on_token;
	run->skip = parts->copies.has ? on_skip : NULL;
	run->ctx = &w;
	ferry_tree_counts_begin(&w.counts);
	ferry_bits_begin(&w.bits, on_data, ctx, err);
	if (begin_block(&w, err) == -1 || ferry_predict(p, run, err) == -1)
		goto out;
	if (w.copies->has) {
		(void)ferry_error_set(
		    err, FERRY_EFORMAT, "a copy where a model makes none");
		goto out;
	}
	if (finish(&w, err) == -1 ||
	    ferry_correction_reader_end(w.corrections, err) == -1 ||
	    ferry_bits_end(&w.bits, parts->padding) == -1)
		goto out;
	rc = 0;
out:
	run->decide = NULL;
	run->skip = NULL;
	run->ctx = NULL;
	ferry_copy_map_free(&w.map);
	free(w.tokens);
	return rc;
}
