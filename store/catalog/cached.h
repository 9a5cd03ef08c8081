#ifndef FERRY_CATALOG_CACHED_H
#define FERRY_CATALOG_CACHED_H

/*
 * Versions that are here because a client asked for them, and for no other
 * reason: what may be dropped when they take too much (sync/pull/README.md).
 * Local records:
 *
 *	cached FORMAT NAME OWNER VERSION	{"at","size"}: last used, and the
 *						bytes of its files
 *	idle AT FORMAT NAME OWNER VERSION	{}: the same by last use; AT has
 *						12 digits
 *	cache				{"bytes","versions"}: all of them together
 *	dropping			{"blobs":[HEX…]}: of versions that were
 *					dropped, until they are looked at
 *
 * Invariants, at each commit: 1. each "cached" has its "idle" and no other is
 * there; 2. "cache" is their sum.
 *
 * Bytes that several versions share count for each: the sum is never less than
 * what they take.  A key is a version's (version FORMAT NAME OWNER VERSION).
 * Writing is part of the next ferry_store_commit().
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_key;
struct ferry_store;

struct ferry_cached {
	int64_t at; /* last used */
	uint64_t size;
};
/* Returns: 1 and *out, 0 (it is not one of them), -1. */
int ferry_cached_get(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_cached *out, struct ferry_error *err);
/* It is one of them, as *cached says. */
int ferry_cached_put(struct ferry_store *st, const struct ferry_key *key,
    const struct ferry_cached *cached, struct ferry_error *err);
/* It was used at that time, if it is one of them; what is less than coarse_s
 * later than was known is the same time. */
int ferry_cached_use(struct ferry_store *st, const struct ferry_key *key,
    int64_t at, int64_t coarse_s, struct ferry_error *err);
/* It is none of them any more: something else wants it, or it went. */
int ferry_cached_forget(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);

/* The record "cache": zeros without one. */
struct ferry_cached_totals {
	uint64_t bytes, versions;
};
int ferry_cached_totals(struct ferry_store *st, struct ferry_cached_totals *out,
    struct ferry_error *err);

/*
 * The ones that were used least lately, committed: call on_idle with each until
 * that returns other than 0, which is returned.
 */
typedef int ferry_cached_fn(
    void *ctx, const struct ferry_key *key, struct ferry_error *err);
int ferry_cached_each(struct ferry_store *st, ferry_cached_fn *on_idle,
    void *ctx, struct ferry_error *err);

/*
 * Drop one: its record goes, and what refers to another by it; its blobs are
 * noted.  After the commit, _sweep removes those that nothing names, and is to
 * be committed, too; what a crash left is removed by the next one.
 */
int ferry_cached_drop(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);
int ferry_cached_sweep(
    struct ferry_store *st, uint64_t *freed, struct ferry_error *err);

#endif
