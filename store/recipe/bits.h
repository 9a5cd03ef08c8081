#ifndef FERRY_STORE_RECIPE_BITS_H
#define FERRY_STORE_RECIPE_BITS_H

/* Writing deflate: bits, and blocks of tokens. */

#include "store/recipe/inflate.h"

struct ferry_error;

/*
 * A writer of bits, the lowest first; hands on what it has in pieces.
 * Invariant: once rc is -1, error says why, and nothing more is written.
 */
struct ferry_bits {
	uint64_t acc;
	unsigned held; /* bits of acc, fewer than 8 between calls */
	size_t n;
	uint8_t p[16384];
	ferry_recipe_sink *on_data;
	void *ctx; /* borrowed until _end */
	int rc;
	struct ferry_error *error; /* borrowed */
};

/* Begin, at the first bit of a byte. */
void ferry_bits_begin(struct ferry_bits *w, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_error *err);
/* Fill the last byte with padding, whose bits above those free are ignored,
 * and hand on what is left.  Returns: 0, or -1 with the error of _begin set. */
int ferry_bits_end(struct ferry_bits *w, uint8_t padding);

/*
 * Write a block: n tokens, whose literals are at raw; size is the sum of their
 * bytes.  Of a stored block the tokens do not show, only raw.
 *
 * Returns: 0, -1 with the error of _begin set.
 * Errors: FERRY_EFORMAT (the header has no code for a token; a stored block of
 *     more than 65535 bytes), the sink's.
 */
struct ferry_bits_block {
	const struct ferry_deflate_header *header;
	bool final;
	const struct ferry_token *tokens;
	size_t n;
	const uint8_t *raw;
	size_t size;
};
int
ferry_bits_block(struct ferry_bits *w, const struct ferry_bits_block *block);

#endif
