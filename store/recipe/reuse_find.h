#ifndef FERRY_STORE_RECIPE_REUSE_FIND_H
#define FERRY_STORE_RECIPE_REUSE_FIND_H

/*
 * What a maker says of a stream that has something of the base's: where its tokens
 * are the base's.  Not part of the encoding.
 */

#include "store/recipe/copies.h"
#include "store/recipe/heed.h"
#include "store/recipe/reuse.h"

struct ferry_finder;

/*
 * Lifetime: borrows streams until _free.
 * steps: of reading tokens that may be spent, about.
 * Memory: at most 5 MiB.  Errors: FERRY_ENOMEM.
 */
int ferry_finder_new(struct ferry_finder **out,
    const struct ferry_reuse_stream *streams, size_t n, uint64_t steps,
    struct ferry_error *err);
/* As ferry_predictor_heed(). */
void ferry_finder_heed(struct ferry_finder *f, const struct ferry_heed *heed);
void ferry_finder_free(struct ferry_finder *f); /* NULL is fine */

/* The base's stream that is the same as a whole, of content raw; SIZE_MAX: none
 * was found. */
size_t ferry_finder_whole(const struct ferry_finder *f,
    struct ferry_bytes deflated, struct ferry_bytes raw);
/* The next stream of the blob is expected to have something of this one. */
size_t ferry_finder_next(const struct ferry_finder *f);
void ferry_finder_set_next(struct ferry_finder *f, size_t next);

/* Begin with a stream, which is borrowed until the next _begin; copies is where
 * to they are added.  Errors: FERRY_ENOMEM, FERRY_ECANCELLED. */
int ferry_finder_begin(struct ferry_finder *f, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_copies *copies,
    struct ferry_error *err);
/*
 * From byte at of the content on, where a token begins: how many tokens the base
 * has, too, once more those behind them if that is not 0.  0: none; *again is
 * where it is of use to ask next.
 * Returns: 0, -1 (FERRY_ENOMEM).
 */
int ferry_finder_look(struct ferry_finder *f, size_t at, size_t *n,
    size_t *again, struct ferry_error *err);

#endif
