#include "store/recipe/corrections.h"

#include <assert.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/inflate.h"
#include "store/recipe/varint.h"

#define LIST_MAX FERRY_VARINT_MAX

/* An index as what was left out since the entry before. */
static int
add_index(struct ferry_corrections *c, struct ferry_buf *list, uint64_t *next,
    uint64_t index, struct ferry_error *err)
{

	assert(index >= *next);
	if (ferry_varint_add(list, index - *next, err) == -1)
		return -1;
	*next = index + 1;
	c->n++;
	return 0;
}

int
ferry_corrections_token(struct ferry_corrections *c, uint64_t index,
    struct ferry_token token, struct ferry_error *err)
{

	if (add_index(c, &c->tokens, &c->token_next, index, err) == -1 ||
	    ferry_varint_add(&c->tokens, token.length, err) == -1)
		return -1;
	return token.length == 0
	           ? 0
	           : ferry_varint_add(&c->tokens, token.distance, err);
}

int
ferry_corrections_block(struct ferry_corrections *c, uint64_t index,
    const struct ferry_correction_block *block, struct ferry_error *err)
{

	if (add_index(c, &c->blocks, &c->block_next, index, err) == -1 ||
	    ferry_varint_add(&c->blocks,
		(unsigned)block->type | (block->final ? 4U : 0U), err) == -1)
		return -1;
	return ferry_varint_add(&c->blocks, block->tokens, err);
}

int
ferry_corrections_header(struct ferry_corrections *c, uint64_t index,
    const struct ferry_deflate_header *h, struct ferry_error *err)
{
	struct ferry_buf *list = &c->headers;

	assert(h->type == FERRY_DEFLATE_DYNAMIC);
	if (add_index(c, list, &c->header_next, index, err) == -1 ||
	    ferry_varint_add(list, h->literals - 257U, err) == -1 ||
	    ferry_varint_add(list, h->distances - 1U, err) == -1 ||
	    ferry_varint_add(list, h->order_n - 4U, err) == -1 ||
	    ferry_buf_add(list, h->order, sizeof(h->order), err) == -1 ||
	    ferry_varint_add(list, h->steps_n, err) == -1)
		return -1;
	for (unsigned i = 0; i < h->steps_n; i++)
		if (ferry_buf_add(list, &h->steps[i].symbol, 1, err) == -1 ||
		    (h->steps[i].symbol >= 16 &&
			ferry_buf_add(list, &h->steps[i].extra, 1, err) == -1))
			return -1;
	return 0;
}

size_t
ferry_corrections_size(const struct ferry_corrections *c)
{

	return c->tokens.n + c->blocks.n + c->headers.n;
}

int
ferry_corrections_write(const struct ferry_corrections *c,
    struct ferry_buf *buf, struct ferry_error *err)
{

	if (ferry_varint_add(buf, c->tokens.n, err) == -1 ||
	    ferry_varint_add(buf, c->blocks.n, err) == -1 ||
	    ferry_varint_add(buf, c->headers.n, err) == -1 ||
	    ferry_buf_add(buf, c->tokens.p, c->tokens.n, err) == -1 ||
	    ferry_buf_add(buf, c->blocks.p, c->blocks.n, err) == -1)
		return -1;
	return ferry_buf_add(buf, c->headers.p, c->headers.n, err);
}

void
ferry_corrections_reset(struct ferry_corrections *c)
{

	ferry_buf_reset(&c->tokens);
	ferry_buf_reset(&c->blocks);
	ferry_buf_reset(&c->headers);
	c->n = c->token_next = c->block_next = c->header_next = 0;
}

void
ferry_corrections_free(struct ferry_corrections *c)
{

	ferry_buf_free(&c->tokens);
	ferry_buf_free(&c->blocks);
	ferry_buf_free(&c->headers);
}

/* Read the next entry's index ahead.  next: what it is counted from. */
static int
read_ahead(
    struct ferry_correction_list *list, uint64_t next, struct ferry_error *err)
{
	uint64_t skipped;

	list->has = list->rest.n > 0;
	if (!list->has)
		return 0;
	if (ferry_varint_take(&list->rest, UINT32_MAX, "index of a correction",
		&skipped, err) == -1)
		return -1;
	if (skipped > UINT64_MAX - next)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "index of a correction: too large");
	list->index = next + skipped;
	return 0;
}

int
ferry_correction_reader_begin(struct ferry_correction_reader *r,
    struct ferry_bytes *in, struct ferry_error *err)
{
	static const char what[] = "corrections";
	struct ferry_correction_list *lists[] = { &r->tokens, &r->blocks,
		&r->headers };
	uint64_t sizes[3];

	for (size_t i = 0; i < 3; i++)
		if (ferry_varint_take(in, LIST_MAX, what, &sizes[i], err) == -1)
			return -1;
	for (size_t i = 0; i < 3; i++)
		if (ferry_varint_bytes(
			in, sizes[i], what, &lists[i]->rest, err) == -1 ||
		    read_ahead(lists[i], 0, err) == -1)
			return -1;
	return 0;
}

int
ferry_correction_token(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_token *out, struct ferry_error *err)
{
	uint64_t length, distance = 0;

	if (!r->tokens.has || r->tokens.index != index)
		return 0;
	if (ferry_varint_take(&r->tokens.rest, FERRY_DEFLATE_MATCH_MAX,
		"length of a token", &length, err) == -1 ||
	    (length > 0 &&
		ferry_varint_take(&r->tokens.rest, FERRY_DEFLATE_WINDOW,
		    "distance of a token", &distance, err) == -1))
		return -1;
	out->length = (uint16_t)length;
	out->distance = (uint16_t)distance;
	return read_ahead(&r->tokens, index + 1, err) == -1 ? -1 : 1;
}

int
ferry_correction_block(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_correction_block *out, struct ferry_error *err)
{
	uint64_t kind, tokens;

	if (!r->blocks.has || r->blocks.index != index)
		return 0;
	if (ferry_varint_take(
		&r->blocks.rest, 6, "type of a block", &kind, err) == -1 ||
	    ferry_varint_take(&r->blocks.rest, FERRY_INFLATE_BLOCK_TOKENS,
		"tokens of a block", &tokens, err) == -1)
		return -1;
	if ((kind & 3) == 3)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "type of a block: not known");
	out->type = (enum ferry_deflate_type)(kind & 3);
	out->final = (kind & 4) != 0;
	out->tokens = (uint32_t)tokens;
	return read_ahead(&r->blocks, index + 1, err) == -1 ? -1 : 1;
}

static int
take_steps(struct ferry_bytes *in, struct ferry_deflate_header *h,
    struct ferry_error *err)
{
	static const char what[] = "a code's lengths";
	struct ferry_bytes symbol, extra;

	for (unsigned i = 0; i < h->steps_n; i++) {
		struct ferry_deflate_step *step = &h->steps[i];

		if (ferry_varint_bytes(in, 1, what, &symbol, err) == -1)
			return -1;
		step->symbol = symbol.p[0];
		step->extra = 0;
		if (step->symbol >= FERRY_DEFLATE_ORDER)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "%s: unknown symbol", what);
		if (step->symbol < 16)
			continue;
		if (ferry_varint_bytes(in, 1, what, &extra, err) == -1)
			return -1;
		step->extra = extra.p[0];
		if (step->extra >> ferry_deflate_step_bits(step->symbol) != 0)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "%s: too long a run", what);
	}
	return 0;
}

static bool
header_fits(struct ferry_deflate_header *h)
{

	/* Lengths of the order that do not travel are 0. */
	for (unsigned i = 0; i < FERRY_DEFLATE_ORDER; i++)
		if (h->order[ferry_deflate_order[i]] >
			FERRY_DEFLATE_ORDER_MAX ||
		    (i >= h->order_n && h->order[ferry_deflate_order[i]] != 0))
			return false;
	return ferry_deflate_code_fits(h->order, FERRY_DEFLATE_ORDER,
		   FERRY_DEFLATE_CODE_LITERALS) &&
	       ferry_deflate_run_steps(h) &&
	       ferry_deflate_code_fits(h->literal_lengths, h->literals,
		   FERRY_DEFLATE_CODE_LITERALS) &&
	       ferry_deflate_code_fits(h->distance_lengths, h->distances,
		   FERRY_DEFLATE_CODE_DISTANCES);
}

int
ferry_correction_header(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_deflate_header *out, struct ferry_error *err)
{
	struct ferry_bytes *in = &r->headers.rest, order;
	uint64_t literals, distances, order_n, steps;

	if (!r->headers.has || r->headers.index != index)
		return 0;
	if (ferry_varint_take(in, 29, "codes of a block", &literals, err) ==
		-1 ||
	    ferry_varint_take(in, 29, "codes of a block", &distances, err) ==
		-1 ||
	    ferry_varint_take(in, 15, "codes of a block", &order_n, err) ==
		-1 ||
	    ferry_varint_bytes(in, FERRY_DEFLATE_ORDER, "codes of a block",
		&order, err) == -1 ||
	    ferry_varint_take(in, literals + 257 + distances + 1,
		"a code's lengths", &steps, err) == -1)
		return -1;
	memset(out, 0, sizeof(*out));
	out->type = FERRY_DEFLATE_DYNAMIC;
	out->literals = (uint16_t)(literals + 257);
	out->distances = (uint16_t)(distances + 1);
	out->order_n = (uint8_t)(order_n + 4);
	out->steps_n = (uint16_t)steps;
	memcpy(out->order, order.p, FERRY_DEFLATE_ORDER);
	if (take_steps(in, out, err) == -1)
		return -1;
	if (!header_fits(out))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "codes of a block: no codes");
	return read_ahead(&r->headers, index + 1, err) == -1 ? -1 : 1;
}

bool
ferry_correction_reader_done(const struct ferry_correction_reader *r)
{

	return !r->tokens.has && !r->blocks.has && !r->headers.has;
}

int
ferry_correction_reader_end(
    const struct ferry_correction_reader *r, struct ferry_error *err)
{

	if (!ferry_correction_reader_done(r))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "corrections behind the end of their stream");
	return 0;
}
