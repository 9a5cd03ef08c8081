#ifndef FERRY_STORE_RECIPE_REUSE_INTERNAL_H
#define FERRY_STORE_RECIPE_REUSE_INTERNAL_H

/* What finding and reading share; nobody else includes it. */

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
 * Invariant: a slot holds bits of the hash above place / stride + 1, 0 for none.
 */
struct ferry_reuse_places {
	uint32_t *slots; /* NULL: not made yet */
	size_t mask, stride;
};

/* Errors: FERRY_ENOMEM. */
int ferry_reuse_places_make(struct ferry_reuse_places *places,
    struct ferry_bytes image, struct ferry_error *err);
/*
 * The next run of raw behind the one that run is (none if it is empty) that is
 * long enough to be of use.
 * Returns: whether there is one.
 */
bool ferry_reuse_run_find(const struct ferry_reuse_places *places,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    size_t n, struct ferry_bytes raw, struct ferry_reuse_run *run);
/* Make it longer.  Returns: whether it is. */
bool ferry_reuse_run_extend(struct ferry_reuse_run *run,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    struct ferry_bytes raw);

/* From so many bytes behind the beginning of a run on, nothing before it can
 * matter. */
#define FERRY_REUSE_LEAD (FERRY_DEFLATE_WINDOW + 1024)
/* What a choice may depend on behind the token itself, generously. */
#define FERRY_REUSE_AHEAD 600

#endif
