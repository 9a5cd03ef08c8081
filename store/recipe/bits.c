#include "store/recipe/bits.h"

#include <string.h>

#include "store/base/error.h"

void
ferry_bits_begin(struct ferry_bits *w, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err)
{

	w->acc = 0;
	w->held = 0;
	w->n = 0;
	w->on_data = on_data;
	w->ctx = ctx;
	w->rc = 0;
	w->error = err;
}

static void
hand_on(struct ferry_bits *w)
{

	if (w->rc == 0 && w->n > 0)
		w->rc = w->on_data(w->ctx, w->p, w->n, w->error);
	w->n = 0;
}

/* v has at most n bits, n at most 48. */
static void
put(struct ferry_bits *w, uint64_t v, unsigned n)
{

	uint64_t little;

	w->acc |= v << w->held;
	w->held += n;
	if (w->n + 8 > sizeof(w->p))
		hand_on(w);
	little = w->acc;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	little = __builtin_bswap64(little);
#endif
	/* All of it, although only whole bytes count. */
	memcpy(w->p + w->n, &little, 8);
	w->n += w->held >> 3;
	w->acc >>= w->held & ~7U;
	w->held &= 7;
}

int
ferry_bits_end(struct ferry_bits *w, uint8_t padding)
{

	if (w->held > 0)
		put(w, (uint64_t)padding & ((1U << (8 - w->held)) - 1),
		    8 - w->held);
	hand_on(w);
	return w->rc;
}

/* Codes as they travel: the first bit of a code is the lowest. */
struct codes {
	uint16_t literals[FERRY_DEFLATE_LITERALS];
	uint16_t distances[FERRY_DEFLATE_DISTANCES];
	uint16_t order[FERRY_DEFLATE_ORDER];
};

static void
make_codes(uint16_t *codes, const uint8_t *lengths, size_t n)
{
	unsigned counts[FERRY_DEFLATE_CODE_MAX + 1] = { 0 };
	unsigned next[FERRY_DEFLATE_CODE_MAX + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		counts[lengths[i]]++;
	counts[0] = 0;
	for (unsigned bits = 1; bits <= FERRY_DEFLATE_CODE_MAX; bits++)
		next[bits] = (next[bits - 1] + counts[bits - 1]) << 1;
	for (size_t i = 0; i < n; i++) {
		unsigned v, r = 0;

		codes[i] = 0;
		if (lengths[i] == 0)
			continue;
		v = next[lengths[i]]++;
		for (unsigned k = lengths[i]; k > 0; k--, v >>= 1)
			r = r << 1 | (v & 1);
		codes[i] = (uint16_t)r;
	}
}

static int
no_code(struct ferry_bits *w, const char *what)
{

	w->rc = ferry_error_set(w->error, FERRY_EFORMAT,
	    "a block's header has no code for %s that it contains", what);
	return -1;
}

static int
put_header(struct ferry_bits *w, const struct ferry_deflate_header *h)
{
	uint16_t order[FERRY_DEFLATE_ORDER];

	put(w, h->literals - 257U, 5);
	put(w, h->distances - 1U, 5);
	put(w, h->order_n - 4U, 4);
	for (unsigned i = 0; i < h->order_n; i++)
		put(w, h->order[ferry_deflate_order[i]], 3);
	make_codes(order, h->order, FERRY_DEFLATE_ORDER);
	for (unsigned i = 0; i < h->steps_n; i++) {
		const struct ferry_deflate_step *step = &h->steps[i];

		if (h->order[step->symbol] == 0)
			return no_code(w, "a length of a code");
		put(w, order[step->symbol], h->order[step->symbol]);
		put(w, step->extra, ferry_deflate_step_bits(step->symbol));
	}
	return w->rc;
}

static int
put_match(struct ferry_bits *w, const struct ferry_deflate_header *h,
    const struct codes *codes, struct ferry_token t)
{
	unsigned l = ferry_deflate_length_symbol(t.length);
	unsigned d = ferry_deflate_distance_symbol(t.distance);
	unsigned symbol = FERRY_DEFLATE_END + 1 + l, n;
	uint64_t v;

	if (h->literal_lengths[symbol] == 0)
		return no_code(w, "a length");
	if (h->distance_lengths[d] == 0)
		return no_code(w, "a distance");
	/* 48 bits at most. */
	v = codes->literals[symbol];
	n = h->literal_lengths[symbol];
	v |= (uint64_t)(t.length - (unsigned)ferry_deflate_length_base[l]) << n;
	n += ferry_deflate_length_extra[l];
	v |= (uint64_t)codes->distances[d] << n;
	n += h->distance_lengths[d];
	v |= (uint64_t)(t.distance - (unsigned)ferry_deflate_distance_base[d])
	     << n;
	put(w, v, n + ferry_deflate_distance_extra[d]);
	return w->rc;
}

static int
put_tokens(struct ferry_bits *w, const struct ferry_bits_block *block)
{
	const struct ferry_deflate_header *h = block->header;
	const uint8_t *raw = block->raw;
	struct codes codes;

	make_codes(codes.literals, h->literal_lengths, FERRY_DEFLATE_LITERALS);
	make_codes(
	    codes.distances, h->distance_lengths, FERRY_DEFLATE_DISTANCES);
	for (size_t i = 0; i < block->n; i++) {
		struct ferry_token t = block->tokens[i];

		if (t.length == 0) {
			unsigned bits = h->literal_lengths[*raw];

			if (bits == 0)
				return no_code(w, "a literal");
			put(w, codes.literals[*raw++], bits);
		} else {
			if (put_match(w, h, &codes, t) == -1)
				return -1;
			raw += t.length;
		}
	}
	if (h->literal_lengths[FERRY_DEFLATE_END] == 0)
		return no_code(w, "the end");
	put(w, codes.literals[FERRY_DEFLATE_END],
	    h->literal_lengths[FERRY_DEFLATE_END]);
	return w->rc;
}

static int
put_stored(struct ferry_bits *w, const struct ferry_bits_block *block)
{
	const uint8_t *p = block->raw;
	size_t left = block->size;

	if (block->size > UINT16_MAX) {
		w->rc = ferry_error_set(w->error, FERRY_EFORMAT,
		    "a stored block of %zu bytes, at most %u can be",
		    block->size, (unsigned)UINT16_MAX);
		return -1;
	}
	if (w->held > 0)
		put(w, 0, 8 - w->held);
	put(w, block->size, 16);
	put(w, block->size ^ UINT16_MAX, 16);
	while (left > 0) {
		size_t k;

		if (w->n == sizeof(w->p))
			hand_on(w);
		k = sizeof(w->p) - w->n;
		if (k > left)
			k = left;
		memcpy(w->p + w->n, p, k);
		w->n += k;
		p += k;
		left -= k;
	}
	return w->rc;
}

int
ferry_bits_block(struct ferry_bits *w, const struct ferry_bits_block *block)
{

	if (w->rc == -1)
		return -1;
	put(w, (block->final ? 1U : 0U) | (unsigned)block->header->type << 1,
	    3);
	if (block->header->type == FERRY_DEFLATE_STORED)
		return put_stored(w, block);
	if (block->header->type == FERRY_DEFLATE_DYNAMIC &&
	    put_header(w, block->header) == -1)
		return -1;
	return put_tokens(w, block);
}
