#include "store/recipe/tape.h"

#include <assert.h>
#include <string.h>

#include "store/recipe/stream.h"

void
ferry_tape_begin(struct ferry_tape *t, struct ferry_bytes deflated)
{

	t->since += t->at - t->reached;
	t->at = t->reached = t->steps = 0;
	t->steps_max = UINT64_MAX;
	t->first = t->n = t->gap = 0;
	t->open = t->over = false;
	ferry_inflate_begin(&t->in, deflated);
}

/* The next block, of which tokens follow unless it is stored. */
static void
open_block(struct ferry_tape *t)
{
	struct ferry_bytes stored = { NULL, 0 };

	t->steps += FERRY_STREAM_BLOCK_WORK;
	if (ferry_inflate_block(&t->in) != FERRY_INFLATE_MORE)
		t->over = true;
	else if (t->in.header.type != FERRY_DEFLATE_STORED)
		t->open = true;
	else if (ferry_inflate_stored(&t->in, &stored) == FERRY_INFLATE_REFUSED)
		t->over = true;
	t->gap = stored.n;
}

void
ferry_tape_fill(struct ferry_tape *t)
{
	size_t began;
	uint8_t literal;

	memmove(t->tokens, t->tokens + t->first,
	    (t->n - t->first) * sizeof(t->tokens[0]));
	t->n -= t->first;
	t->first = 0;
	began = t->n;
	while (t->n < FERRY_TAPE_TOKENS && !t->over && t->gap == 0) {
		if (!t->open && t->steps > t->steps_max)
			t->over = true;
		else if (!t->open)
			open_block(t);
		if (!t->open)
			continue;
		t->n += ferry_inflate_tokens(
		    &t->in, t->tokens + t->n, FERRY_TAPE_TOKENS - t->n);
		if (t->n == FERRY_TAPE_TOKENS)
			break;
		switch (
		    ferry_inflate_token(&t->in, &t->tokens[t->n], &literal)) {
		case FERRY_INFLATE_MORE:
			t->n++;
			break;
		case FERRY_INFLATE_END:
			t->open = false;
			break;
		case FERRY_INFLATE_REFUSED:
			t->over = true;
			break;
		}
	}
	t->steps += t->n - began;
}

/* Read ahead, behind what was passed over. */
static void
go_on(struct ferry_tape *t)
{

	uint64_t n = t->at - t->reached;

	t->reached = t->at;
	if (ferry_heed_due(n, &t->since))
		ferry_heed_pass(t->heed);
	ferry_tape_fill(t);
}

bool
ferry_tape_more(struct ferry_tape *t)
{

	while (t->first == t->n && !t->over) {
		t->at += t->gap;
		t->gap = 0;
		go_on(t);
	}
	return t->first < t->n;
}

void
ferry_tape_take(struct ferry_tape *t, size_t n)
{

	assert(n <= t->n - t->first);
	while (n-- > 0)
		t->at += ferry_token_span(t->tokens[t->first++]);
}

bool
ferry_tape_seek(struct ferry_tape *t, uint64_t at)
{

	for (;;) {
		while (t->at < at && t->first < t->n)
			t->at += ferry_token_span(t->tokens[t->first++]);
		if (t->first < t->n)
			return t->at == at;
		if (t->gap > 0 && t->at <= at) {
			t->at += t->gap;
			t->gap = 0;
		} else if (t->over || t->gap > 0) {
			return false;
		}
		go_on(t);
	}
}
