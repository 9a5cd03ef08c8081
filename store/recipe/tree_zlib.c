/*
 * zlib's trees: Huffman's algorithm with a binary heap, whose order among
 * equals shows in the result, and a repair of what became too long.
 */

#include <string.h>

#include "store/recipe/tree_internal.h"

#define SYMBOLS FERRY_DEFLATE_LITERALS_MAX
#define NODES (2 * SYMBOLS + 1)

struct tree {
	uint32_t counts[NODES]; /* symbols, then inner nodes */
	uint8_t depth[NODES];
	uint16_t parent[NODES];
	uint16_t heap[SYMBOLS + 2]; /* from 1: children of k are 2k, 2k + 1 */
	unsigned n; /* in the heap */
	uint16_t taken[NODES]; /* nodes in the order in which they left */
	unsigned taken_n;
};

/* Whether a leaves before b: of equals the flatter, else the one that stands
 * on the left. */
static bool
before(const struct tree *t, unsigned a, unsigned b)
{

	return t->counts[a] < t->counts[b] ||
	       (t->counts[a] == t->counts[b] && t->depth[a] <= t->depth[b]);
}

static void
sink(struct tree *t, unsigned k)
{
	uint16_t node = t->heap[k];

	for (unsigned child = 2 * k; child <= t->n; k = child, child *= 2) {
		if (child < t->n &&
		    before(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (before(t, node, t->heap[child]))
			break;
		t->heap[k] = t->heap[child];
	}
	t->heap[k] = node;
}

/* Fill the heap with the symbols that occur, two at least.  Returns: the
 * highest. */
static unsigned
fill(struct tree *t, const uint32_t *counts, unsigned n)
{
	int highest = -1;

	t->n = 0;
	t->taken_n = 0;
	for (unsigned i = 0; i < n; i++) {
		t->counts[i] = counts[i];
		t->depth[i] = 0;
		if (counts[i] > 0) {
			t->heap[++t->n] = (uint16_t)i;
			highest = (int)i;
		}
	}
	while (t->n < 2) {
		unsigned more = highest < 2 ? (unsigned)++highest : 0;

		t->heap[++t->n] = (uint16_t)more;
		t->counts[more] = 1;
	}
	for (unsigned k = t->n / 2; k >= 1; k--)
		sink(t, k);
	return (unsigned)highest;
}

static void
join_all(struct tree *t, unsigned first)
{
	unsigned node = first;

	do {
		uint16_t a = t->heap[1], b;

		t->heap[1] = t->heap[t->n--];
		sink(t, 1);
		b = t->heap[1];
		t->taken[t->taken_n++] = a;
		t->taken[t->taken_n++] = b;
		t->counts[node] = t->counts[a] + t->counts[b];
		t->depth[node] =
		    (uint8_t)((t->depth[a] > t->depth[b] ? t->depth[a]
							 : t->depth[b]) +
			      1);
		t->parent[a] = t->parent[b] = (uint16_t)node;
		t->heap[1] = (uint16_t)node++;
		sink(t, 1);
	} while (t->n >= 2);
	t->taken[t->taken_n++] = t->heap[1];
}

/* Shorten what is longer than max bits: over is how many nodes were. */
static void
repair(const struct tree *t, unsigned n, unsigned max, unsigned *counts,
    int over, uint8_t *lengths)
{
	unsigned at = 0;

	for (; over > 0; over -= 2) {
		unsigned bits = max - 1;

		while (counts[bits] == 0)
			bits--;
		counts[bits]--;
		counts[bits + 1] += 2;
		counts[max]--;
	}
	for (unsigned bits = max; bits > 0; bits--)
		for (unsigned k = counts[bits]; k > 0; at++)
			if (t->taken[at] < n) {
				lengths[t->taken[at]] = (uint8_t)bits;
				k--;
			}
}

unsigned
ferry_tree_zlib_lengths(
    const uint32_t *counts, unsigned n, unsigned max, uint8_t *lengths)
{
	unsigned by_length[FERRY_DEFLATE_CODE_MAX + 1] = { 0 };
	uint8_t bits[NODES];
	struct tree t;
	unsigned highest = fill(&t, counts, n);
	int over = 0;

	memset(lengths, 0, n);
	join_all(&t, n);
	/* From the root, which left last, to the leaves. */
	bits[t.taken[t.taken_n - 1]] = 0;
	for (unsigned i = t.taken_n - 1; i-- > 0;) {
		unsigned node = t.taken[i], b = bits[t.parent[node]] + 1U;

		if (b > max) {
			b = max;
			over++;
		}
		bits[node] = (uint8_t)b;
		if (node < n) {
			lengths[node] = (uint8_t)b;
			by_length[b]++;
		}
	}
	if (over > 0)
		repair(&t, n, max, by_length, over, lengths);
	return highest;
}

/*
 * The steps for one tree's lengths.  A run is at most 138 zeros, or 7 of a
 * length (6 if it goes on from the run before); zeros and what goes on are
 * written as a run from 3, else from 4.
 */
static void
add_steps(struct ferry_deflate_header *h, const uint8_t *lengths, unsigned n)
{
	int previous = -1;
	unsigned run = 0, most = lengths[0] == 0 ? 138 : 7;
	unsigned least = lengths[0] == 0 ? 3 : 4;

	for (unsigned i = 0; i < n; i++) {
		int length = lengths[i], next = i + 1 < n ? lengths[i + 1] : -1;

		if (++run < most && length == next)
			continue;
		if (run < least) {
			for (; run > 0; run--)
				ferry_tree_step(h, (unsigned)length, 0);
		} else if (length != 0) {
			if (length != previous) {
				ferry_tree_step(h, (unsigned)length, 0);
				run--;
			}
			ferry_tree_step(h, 16, run - 3);
		} else if (run <= 10)
			ferry_tree_step(h, 17, run - 3);
		else
			ferry_tree_step(h, 18, run - 11);
		run = 0;
		previous = length;
		most = next == 0 ? 138 : length == next ? 6 : 7;
		least = next == 0 || length == next ? 3 : 4;
	}
}

void
ferry_tree_zlib(
    const struct ferry_tree_counts *counts, struct ferry_deflate_header *h)
{
	uint32_t steps[FERRY_DEFLATE_ORDER];
	struct ferry_tree_bits bits;
	uint64_t dynamic, fixed;

	h->literals =
	    (uint16_t)(ferry_tree_zlib_lengths(counts->literals, SYMBOLS,
			   FERRY_DEFLATE_CODE_MAX, h->literal_lengths) +
		       1);
	h->distances =
	    (uint16_t)(ferry_tree_zlib_lengths(counts->distances,
			   FERRY_DEFLATE_DISTANCES, FERRY_DEFLATE_CODE_MAX,
			   h->distance_lengths) +
		       1);
	add_steps(h, h->literal_lengths, h->literals);
	add_steps(h, h->distance_lengths, h->distances);
	ferry_tree_order_counts(h, steps);
	(void)ferry_tree_zlib_lengths(
	    steps, FERRY_DEFLATE_ORDER, FERRY_DEFLATE_ORDER_MAX, h->order);
	ferry_tree_order_end(h);
	bits = ferry_tree_bits(counts, h, FERRY_TREE_WITH_EXTRA);
	dynamic = (bits.dynamic + 3 + 7) >> 3;
	fixed = (bits.fixed + 3 + 7) >> 3;
	h->type = FERRY_DEFLATE_DYNAMIC;
	if (fixed <= dynamic) {
		h->type = FERRY_DEFLATE_FIXED;
		dynamic = fixed;
	}
	if (counts->bytes + 4 <= dynamic && counts->bytes <= UINT16_MAX)
		h->type = FERRY_DEFLATE_STORED;
}
