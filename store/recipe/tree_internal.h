#ifndef FERRY_STORE_RECIPE_TREE_INTERNAL_H
#define FERRY_STORE_RECIPE_TREE_INTERNAL_H

/* What the kinds of trees share; nobody else includes it. */

#include "store/recipe/tree.h"

/*
 * Bits of a block's tokens, without its first three; dynamic with its header.
 * The extra bits of lengths and distances count, or not.
 */
struct ferry_tree_bits {
	uint64_t dynamic, fixed;
};
enum ferry_tree_extra { FERRY_TREE_WITH_EXTRA, FERRY_TREE_WITHOUT_EXTRA };
struct ferry_tree_bits ferry_tree_bits(const struct ferry_tree_counts *counts,
    const struct ferry_deflate_header *h, enum ferry_tree_extra extra);

/* Add a step.  When all are there: how often each symbol occurs in them; and,
 * when their code is made, how much of it travels. */
void ferry_tree_step(
    struct ferry_deflate_header *h, unsigned symbol, unsigned extra);
void ferry_tree_order_counts(
    const struct ferry_deflate_header *h, uint32_t counts[FERRY_DEFLATE_ORDER]);
void ferry_tree_order_end(struct ferry_deflate_header *h);

/* Lengths of codes by zlib's way; the header of a block.  Returns: the highest
 * symbol that has a code. */
unsigned ferry_tree_zlib_lengths(
    const uint32_t *counts, unsigned n, unsigned max, uint8_t *lengths);
void ferry_tree_zlib(const struct ferry_tree_counts *counts,
    struct ferry_deflate_header *header);

/* The same by Go's way. */
void ferry_tree_go_lengths(
    const uint32_t *counts, unsigned n, unsigned max, uint8_t *lengths);
void ferry_tree_go(const struct ferry_tree_counts *counts,
    struct ferry_deflate_header *header);

#endif
