#ifndef FERRY_STORE_RECIPE_TAPE_H
#define FERRY_STORE_RECIPE_TAPE_H

/*
 * Tokens of a stream in order, with where in the content each begins, some of
 * them read ahead.
 */

#include "store/recipe/heed.h"
#include "store/recipe/inflate.h"

#define FERRY_TAPE_TOKENS 8192

/*
 * For others to read: tokens first to n follow each other from byte at of the
 * content on.  Behind them are gap bytes of a stored block, in which no token
 * shows; over: there is nothing else.  steps: of work, since _begin; a block
 * counts FERRY_STREAM_BLOCK_WORK, a token one.  steps_max: when as many were spent, it
 * is over; none after _begin, but the caller may set it.
 * heed: its views are given back as it is read; the caller sets it, NULL at first.
 * reached: where at was the last time that was counted in since.
 *
 * All zero before the first _begin.
 */
struct ferry_tape {
	uint64_t at, steps, steps_max;
	size_t first, n, gap;
	bool open, over;
	const struct ferry_heed *heed;
	uint64_t reached, since;
	struct ferry_inflate in;
	struct ferry_token tokens[FERRY_TAPE_TOKENS];
};

/* deflated begins with a stream, and is borrowed. */
void ferry_tape_begin(struct ferry_tape *tape, struct ferry_bytes deflated);
/* Read ahead as much as there is room for. */
void ferry_tape_fill(struct ferry_tape *tape);
/* Have one read ahead.  Returns: whether there is one; at is where it begins, which
 * is behind stored blocks. */
bool ferry_tape_more(struct ferry_tape *tape);
/* Go on behind the next n tokens, which were read ahead. */
void ferry_tape_take(struct ferry_tape *tape, size_t n);
/*
 * Go on, if at is ahead, until a token begins there, or behind it.
 * Returns: whether one that was read ahead begins there.
 */
bool ferry_tape_seek(struct ferry_tape *tape, uint64_t at);

/* Bytes that a token stands for. */
static inline unsigned
ferry_token_span(struct ferry_token t)
{

	return t.length > 0 ? t.length : 1;
}

#endif
