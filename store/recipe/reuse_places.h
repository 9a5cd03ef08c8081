#ifndef FERRY_STORE_RECIPE_REUSE_PLACES_H
#define FERRY_STORE_RECIPE_REUSE_PLACES_H

/*
 * Places in the base's streams by the tokens there: where a stream has the same
 * ones it can copy them, also if other literals stand between matches.
 */

#include "store/recipe/heed.h"
#include "store/recipe/reuse.h"

#define FERRY_REUSE_ROW 16 /* tokens by which a place is known */

/*
 * The last tokens of a stream.  Invariants: n of them end at byte end of the
 * content and have size bytes; those before next in v are the newer ones; sum is
 * of them all.
 */
struct ferry_reuse_row {
	uint64_t end, size, sum;
	unsigned n, next, matches;
	struct {
		uint32_t mixed;
		uint16_t span;
	} v[FERRY_REUSE_ROW];
	uint32_t hash;
};
/* The next token, at byte at of the content; one that does not follow those before
 * begins a row.  Returns: whether the row is full and like few others; then hash
 * is of it, and it begins at end - size. */
bool ferry_reuse_row_add(
    struct ferry_reuse_row *row, uint64_t at, struct ferry_token t);

/* The place of a row among all contents, and the next of the slot + 1, or 0. */
struct ferry_reuse_place {
	uint32_t at, hash, next;
};
/*
 * Some of all rows: those whose hash has zeros in mask.  Invariants: v ascends by
 * at; slots hold the first place + 1 of those whose hash is alike in its upper
 * bits, or 0.
 */
struct ferry_reuse_places {
	struct ferry_reuse_place *v;
	size_t n, cap;
	uint32_t *slots; /* NULL: not made yet */
	uint32_t mask;
};
/*
 * Read all streams, or as many as steps are enough for.
 * Memory: at most 4 MiB.  Errors: FERRY_ENOMEM, FERRY_ECANCELLED.
 */
int ferry_reuse_places_make(struct ferry_reuse_places *places,
    const struct ferry_reuse_stream *streams, size_t n, uint64_t steps,
    const struct ferry_heed *heed, struct ferry_error *err);
void ferry_reuse_places_free(struct ferry_reuse_places *places);
/* Of the row's places the one that is nearest to near.  Returns:
 * whether there is one; then *at is it. */
bool ferry_reuse_places_find(const struct ferry_reuse_places *places,
    uint32_t hash, uint64_t near, uint64_t *at);

#endif
