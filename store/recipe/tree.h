#ifndef FERRY_STORE_RECIPE_TREE_H
#define FERRY_STORE_RECIPE_TREE_H

/*
 * The headers that compressors give their blocks: which type, which codes,
 * and how the codes' lengths are written.
 *
 * What a kind of tree gives for the same frequencies never changes: recipes
 * that lie on media depend on it.
 *
 * Observed: tests/unit/test_recipe.c, streams of the compressors themselves.
 */

#include "store/recipe/deflate.h"

enum ferry_trees {
	FERRY_TREES_ZLIB, /* and what descends from it */
	FERRY_TREES_GO
};

/*
 * How often each symbol occurs in a block; the end counts once.  bytes is what
 * the block's tokens stand for.
 */
struct ferry_tree_counts {
	uint32_t literals[FERRY_DEFLATE_LITERALS_MAX];
	uint32_t distances[FERRY_DEFLATE_DISTANCES];
	uint64_t bytes;
};

/* None but the end; count a token, whose literal's byte is at raw. */
void ferry_tree_counts_begin(struct ferry_tree_counts *counts);
static inline void
ferry_tree_count(struct ferry_tree_counts *counts, struct ferry_token token,
    const uint8_t *raw)
{

	if (token.length == 0) {
		counts->literals[*raw]++;
		counts->bytes++;
		return;
	}
	counts->literals[FERRY_DEFLATE_END + 1 +
			 ferry_deflate_length_symbol(token.length)]++;
	counts->distances[ferry_deflate_distance_symbol(token.distance)]++;
	counts->bytes += token.length;
}

/*
 * What the compressor writes before this block.  The codes are always those of
 * a dynamic block; type says what it would have chosen.
 */
void ferry_tree_predict(enum ferry_trees trees,
    const struct ferry_tree_counts *counts,
    struct ferry_deflate_header *header);

/* For tests: lengths of codes for n <= 286 symbols, at most max bits. */
void ferry_tree_lengths(enum ferry_trees trees, const uint32_t *counts,
    unsigned n, unsigned max, uint8_t *lengths);

#endif
