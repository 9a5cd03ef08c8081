#ifndef FERRY_SYNC_CARRY_BEHIND_H
#define FERRY_SYNC_CARRY_BEHIND_H

/*
 * Upstreams that were handed to an origin some of whose records, skipped before,
 * are still to be applied from the bundles that brought them.  Local records:
 *
 *	behind ORIGIN UPSTREAM	{"seq"}: up to which they have been
 *
 * Writing is part of the next ferry_store_commit().
 */

#include <stdint.h>

#include "store/bundle/head.h"

struct ferry_error;
struct ferry_store;

/* Note it, from the origin's first record on, if anything of it was imported. */
int ferry_behind_put(struct ferry_store *st, const char *origin,
    const char *upstream, struct ferry_error *err);
/* 1 and *seq, 0 if it is not behind, -1. */
int ferry_behind_get(struct ferry_store *st, const char *origin,
    const char *upstream, uint64_t *seq, struct ferry_error *err);
/* The origin's history from the record behind last on is another one: nothing
 * of that was applied. */
int ferry_behind_anew(struct ferry_store *st, const char *origin, uint64_t last,
    struct ferry_error *err);
/* Whether the records of head go on where some upstream stands: 1, 0, -1. */
int ferry_behind_wants(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err);
/* They were applied, of upstreams that are behind; the origin stands at seq. */
int ferry_behind_reach(struct ferry_store *st, const struct ferry_head *head,
    uint64_t seq, struct ferry_error *err);

#endif
