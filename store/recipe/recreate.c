/*
 * From a model and corrections to a stream: the model's tokens are collected
 * until a block is full.
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
	struct ferry_predict_run *run;
	const struct ferry_model *model;
	struct ferry_bytes raw;
	struct ferry_correction_reader *corrections;
	struct ferry_token *tokens;
	size_t n, cap;
	size_t start;
	uint64_t token, block; /* indexes */
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

static int
on_token(void *ctx, size_t at, struct ferry_token *t, struct ferry_error *err)
{
	struct writing *w = ctx;
	int rc;

	rc = ferry_correction_token(w->corrections, w->token++, t, err);
	if (rc == -1)
		return -1;
	if (rc == 1 && t->length > 0 &&
	    (t->length < FERRY_DEFLATE_MATCH_MIN || t->length > w->raw.n - at ||
		t->distance == 0 || t->distance > at))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a match of %u bytes %u back at byte %zu of %zu",
		    (unsigned)t->length, (unsigned)t->distance, at, w->raw.n);
	return add_token(w, at, *t, err);
}

static int
on_known(void *ctx, size_t at, const struct ferry_token *tokens, size_t n,
    struct ferry_error *err)
{
	struct writing *w = ctx;

	for (size_t i = 0; i < n; i++) {
		if (add_token(w, at, tokens[i], err) == -1)
			return -1;
		at += tokens[i].length > 0 ? tokens[i].length : 1;
	}
	w->token += n;
	return 0;
}

/* Of how many of the next tokens nothing else is said. */
static uint64_t
undisputed(void *ctx)
{
	const struct writing *w = ctx;
	const struct ferry_correction_list *tokens = &w->corrections->tokens;

	return tokens->has ? tokens->index - w->token : UINT64_MAX;
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
    struct ferry_correction_reader *corrections, uint8_t padding,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct writing w = { .run = run,
		.model = run->model,
		.raw = run->raw,
		.corrections = corrections };
	int rc = -1;

	run->decide = on_token;
	run->undisputed = undisputed;
	run->accept = on_known;
	run->ctx = &w;
	ferry_tree_counts_begin(&w.counts);
	ferry_bits_begin(&w.bits, on_data, ctx, err);
	if (begin_block(&w, err) == -1 || ferry_predict(p, run, err) == -1 ||
	    finish(&w, err) == -1 ||
	    ferry_correction_reader_end(corrections, err) == -1 ||
	    ferry_bits_end(&w.bits, padding) == -1)
		goto out;
	rc = 0;
out:
	run->decide = NULL;
	run->undisputed = NULL;
	run->accept = NULL;
	run->ctx = NULL;
	free(w.tokens);
	return rc;
}
