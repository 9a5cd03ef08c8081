#ifndef FERRY_STORE_RECIPE_REUSE_RUNS_H
#define FERRY_STORE_RECIPE_REUSE_RUNS_H

/* Where content is that of a base. */

#include "store/recipe/reuse.h"

/*
 * Bytes [from, to) of the content are those of the base's stream from byte base
 * of its content on.  more: perhaps those behind them, too.
 */
struct ferry_reuse_run {
	size_t from, to;
	size_t stream;
	size_t base;
	bool more;
};

/*
 * Places of the base's image by the bytes there: every stride bytes one.
 * Invariant: a slot holds bits of the hash above place / stride + 1, 0 for none;
 * next, by place / stride, the same of the next place of that slot.
 */
struct ferry_reuse_places {
	uint32_t *slots, *next; /* NULL: not made yet */
	size_t mask, stride;
};

/* Errors: FERRY_ENOMEM. */
int ferry_reuse_places_make(struct ferry_reuse_places *places,
    struct ferry_bytes image, struct ferry_error *err);
void ferry_reuse_places_free(struct ferry_reuse_places *places);
/*
 * The next run of raw behind the one that run is (none if it is empty) that is
 * long enough to be of use.  Of several the one that the base has next.
 * Returns: whether there is one.
 */
bool ferry_reuse_run_find(const struct ferry_reuse_places *places,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    size_t n, struct ferry_bytes raw, struct ferry_reuse_run *run);
/* Make it longer.  Returns: whether it is. */
bool ferry_reuse_run_extend(struct ferry_reuse_run *run,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    struct ferry_bytes raw);

/* Shorter runs, in bytes, are of no use. */
#define FERRY_REUSE_LEAST 64

#endif
