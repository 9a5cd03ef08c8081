/* What headers of blocks consist of, whoever chooses their codes. */

#include <string.h>

#include "store/recipe/tree_internal.h"

/* A symbol of literals has as many extra bits behind it. */
static unsigned
literal_extra(unsigned symbol)
{

	return symbol <= FERRY_DEFLATE_END
	           ? 0
	           : ferry_deflate_length_extra[symbol - FERRY_DEFLATE_END - 1];
}

static unsigned
fixed_length(unsigned symbol)
{

	return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}

struct ferry_tree_bits
ferry_tree_bits(const struct ferry_tree_counts *counts,
    const struct ferry_deflate_header *h, enum ferry_tree_extra extra)
{
	struct ferry_tree_bits bits = { 0, 0 };
	uint32_t steps[FERRY_DEFLATE_ORDER] = { 0 };

	bits.dynamic = 14 + 3U * h->order_n;
	for (unsigned i = 0; i < h->steps_n; i++)
		steps[h->steps[i].symbol]++;
	for (unsigned i = 0; i < FERRY_DEFLATE_ORDER; i++)
		bits.dynamic += (uint64_t)steps[i] *
		                (h->order[i] + ferry_deflate_step_bits(i));
	for (unsigned i = 0; i < FERRY_DEFLATE_LITERALS_MAX; i++) {
		uint64_t n = counts->literals[i];
		unsigned more =
		    extra == FERRY_TREE_WITH_EXTRA ? literal_extra(i) : 0;

		bits.dynamic += n * (h->literal_lengths[i] + more);
		bits.fixed += n * (fixed_length(i) + more);
	}
	for (unsigned i = 0; i < FERRY_DEFLATE_DISTANCES; i++) {
		uint64_t n = counts->distances[i];
		unsigned more = extra == FERRY_TREE_WITH_EXTRA
		                    ? ferry_deflate_distance_extra[i]
		                    : 0;

		bits.dynamic += n * (h->distance_lengths[i] + more);
		bits.fixed += n * (5 + more);
	}
	return bits;
}

void
ferry_tree_step(struct ferry_deflate_header *h, unsigned symbol, unsigned extra)
{

	h->steps[h->steps_n].symbol = (uint8_t)symbol;
	h->steps[h->steps_n++].extra = (uint8_t)extra;
}

void
ferry_tree_order_counts(
    const struct ferry_deflate_header *h, uint32_t counts[FERRY_DEFLATE_ORDER])
{

	memset(counts, 0, FERRY_DEFLATE_ORDER * sizeof(counts[0]));
	for (unsigned i = 0; i < h->steps_n; i++)
		counts[h->steps[i].symbol]++;
}

void
ferry_tree_order_end(struct ferry_deflate_header *h)
{
	unsigned n = FERRY_DEFLATE_ORDER;

	while (n > 4 && h->order[ferry_deflate_order[n - 1]] == 0)
		n--;
	h->order_n = (uint8_t)n;
}
