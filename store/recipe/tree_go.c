/*
 * The trees of Go's compress/flate: lengths by merging packages, which are
 * the best that a bound allows, and runs over both codes as one text.
 */

#include <stdlib.h>
#include <string.h>

#include "store/recipe/tree_internal.h"

#define SYMBOLS FERRY_DEFLATE_LITERALS_MAX

struct leaf {
	uint32_t count;
	uint16_t symbol;
};

/* What a level holds, in ascending order: leaves, and pairs of the level below
 * (packages). */
struct level {
	uint64_t weight[2 * SYMBOLS];
	bool is_leaf[2 * SYMBOLS];
	unsigned n;
};

static int
by_count(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return (int)x->symbol - (int)y->symbol;
}

/* Of equals a package comes before a leaf. */
static void
merge(struct level *to, const struct leaf *leaves, unsigned n,
    const struct level *below)
{
	unsigned pairs = below == NULL ? 0 : below->n / 2, i = 0, k = 0;

	for (to->n = 0; i < n || k < pairs; to->n++) {
		uint64_t pair = UINT64_MAX;

		if (k < pairs)
			pair = below->weight[2 * (size_t)k] +
			       below->weight[2 * (size_t)k + 1];
		to->is_leaf[to->n] = i < n && leaves[i].count < pair;
		if (to->is_leaf[to->n])
			to->weight[to->n] = leaves[i++].count;
		else {
			to->weight[to->n] = pair;
			k++;
		}
	}
}

void
ferry_tree_go_lengths(
    const uint32_t *counts, unsigned n, unsigned max, uint8_t *lengths)
{
	struct level levels[FERRY_DEFLATE_CODE_MAX];
	struct leaf leaves[SYMBOLS];
	unsigned used[FERRY_DEFLATE_CODE_MAX + 1] = { 0 };
	unsigned leaves_n = 0, want, high;

	memset(lengths, 0, n);
	for (unsigned i = 0; i < n; i++)
		if (counts[i] > 0) {
			leaves[leaves_n].count = counts[i];
			leaves[leaves_n++].symbol = (uint16_t)i;
		}
	if (leaves_n <= 2) {
		for (unsigned i = 0; i < leaves_n; i++)
			lengths[leaves[i].symbol] = 1;
		return;
	}
	qsort(leaves, leaves_n, sizeof(leaves[0]), by_count);
	if (max > leaves_n - 1)
		max = leaves_n - 1;
	for (unsigned i = 0; i < max; i++)
		merge(&levels[i], leaves, leaves_n,
		    i == 0 ? NULL : &levels[i - 1]);

	/* A leaf's length is on how many levels it is among those taken. */
	want = 2 * leaves_n - 2;
	for (unsigned i = max; i-- > 0;) {
		unsigned packages = 0;

		for (unsigned k = 0; k < want && k < levels[i].n; k++) {
			if (levels[i].is_leaf[k])
				used[i + 1]++;
			else
				packages++;
		}
		want = 2 * packages;
	}
	high = leaves_n;
	for (unsigned i = max, bits = 1; i > 0; i--, bits++)
		for (unsigned k = used[i] - used[i - 1]; k > 0; k--)
			lengths[leaves[--high].symbol] = (uint8_t)bits;
}

static void
add_run(struct ferry_deflate_header *h, unsigned length, unsigned run)
{

	if (length != 0) {
		ferry_tree_step(h, length, 0);
		for (run--; run >= 3;) {
			unsigned k = run < 6 ? run : 6;

			ferry_tree_step(h, 16, k - 3);
			run -= k;
		}
	} else {
		while (run >= 11) {
			unsigned k = run < 138 ? run : 138;

			ferry_tree_step(h, 18, k - 11);
			run -= k;
		}
		if (run >= 3) {
			ferry_tree_step(h, 17, run - 3);
			run = 0;
		}
	}
	for (; run > 0; run--)
		ferry_tree_step(h, length, 0);
}

static unsigned
used_symbols(const uint32_t *counts, unsigned n)
{

	while (n > 0 && counts[n - 1] == 0)
		n--;
	return n;
}

void
ferry_tree_go(
    const struct ferry_tree_counts *counts, struct ferry_deflate_header *h)
{
	struct ferry_tree_counts c = *counts;
	uint8_t all[SYMBOLS + FERRY_DEFLATE_DISTANCES];
	uint32_t steps[FERRY_DEFLATE_ORDER];
	struct ferry_tree_bits bits;
	bool storable = counts->bytes <= UINT16_MAX;
	uint64_t size;
	unsigned n;

	h->literals = (uint16_t)used_symbols(c.literals, SYMBOLS);
	h->distances =
	    (uint16_t)used_symbols(c.distances, FERRY_DEFLATE_DISTANCES);
	if (h->distances == 0) {
		c.distances[0] = 1;
		h->distances = 1;
	}
	ferry_tree_go_lengths(
	    c.literals, SYMBOLS, FERRY_DEFLATE_CODE_MAX, h->literal_lengths);
	ferry_tree_go_lengths(c.distances, FERRY_DEFLATE_DISTANCES,
	    FERRY_DEFLATE_CODE_MAX, h->distance_lengths);
	n = h->literals + (unsigned)h->distances;
	memcpy(all, h->literal_lengths, h->literals);
	memcpy(all + h->literals, h->distance_lengths, h->distances);
	for (unsigned i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && all[i + run] == all[i];)
			run++;
		add_run(h, all[i], run);
	}
	ferry_tree_order_counts(h, steps);
	ferry_tree_go_lengths(
	    steps, FERRY_DEFLATE_ORDER, FERRY_DEFLATE_ORDER_MAX, h->order);
	ferry_tree_order_end(h);

	/* Extra bits are only looked at where the block could be stored. */
	bits = ferry_tree_bits(
	    &c, h, storable ? FERRY_TREE_WITH_EXTRA : FERRY_TREE_WITHOUT_EXTRA);
	size = bits.fixed + 3;
	h->type = FERRY_DEFLATE_FIXED;
	if (bits.dynamic + 3 < size) {
		size = bits.dynamic + 3;
		h->type = FERRY_DEFLATE_DYNAMIC;
	}
	if (storable && (counts->bytes + 5) * 8 < size)
		h->type = FERRY_DEFLATE_STORED;
}
