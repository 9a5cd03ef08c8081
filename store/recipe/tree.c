#include "store/recipe/tree.h"

#include <assert.h>
#include <string.h>

#include "store/recipe/tree_internal.h"

void
ferry_tree_counts_begin(struct ferry_tree_counts *counts)
{

	memset(counts, 0, sizeof(*counts));
	counts->literals[FERRY_DEFLATE_END] = 1;
}

void
ferry_tree_lengths(enum ferry_trees trees, const uint32_t *counts, unsigned n,
    unsigned max, uint8_t *lengths)
{

	assert(n <= FERRY_DEFLATE_LITERALS_MAX);
	switch (trees) {
	case FERRY_TREES_ZLIB:
		(void)ferry_tree_zlib_lengths(counts, n, max, lengths);
		break;
	case FERRY_TREES_GO:
		ferry_tree_go_lengths(counts, n, max, lengths);
		break;
	}
}

void
ferry_tree_predict(enum ferry_trees trees,
    const struct ferry_tree_counts *counts, struct ferry_deflate_header *header)
{

	memset(header, 0, sizeof(*header));
	switch (trees) {
	case FERRY_TREES_ZLIB:
		ferry_tree_zlib(counts, header);
		break;
	case FERRY_TREES_GO:
		ferry_tree_go(counts, header);
		break;
	}
}
