#ifndef FERRY_CACHE_H
#define FERRY_CACHE_H

/*
 * Ready answers, by what they answer: documents in their encodings, files'
 * descriptors, resolutions of names.
 *
 * An entry belongs to a group, the package it was made from, and is dropped
 * with it when the package changes.  It is made when first asked for; threads
 * that ask meanwhile wait for it instead of making it again.
 *
 * Bounded by bytes and by open files; the least recently used goes first.
 * What is larger than the whole cache is handed out and not kept.
 *
 * Life of an entry: making (in the table, without a body) → ready → dropped
 * (out of the table).  One that is dropped while it is being made still
 * serves those who wait for it, and nobody after them: they asked before the
 * change was seen.
 *
 * Threads: all functions from any thread.  on_make is called without locks.
 */

#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_body;
struct ferry_cache;
struct ferry_error;

/*
 * Make the body of an entry.  Returns: 1 and *out (owned); 0 if there is none,
 * which is not remembered; -1.
 */
typedef int
ferry_cache_make(void *ctx, struct ferry_body **out, struct ferry_error *err);

/* A cache of at most so many bytes and open files.  Errors: FERRY_ENOMEM. */
int ferry_cache_new(struct ferry_cache **out, uint64_t bytes, unsigned files,
    struct ferry_error *err);
/* No entry may be in the making.  NULL is fine. */
void ferry_cache_free(struct ferry_cache *cache);

/*
 * The entry name of group, made by on_make(ctx) if it is not there.
 * Returns: 1 and *out (the caller unrefs), 0, -1.
 */
int ferry_cache_get(struct ferry_cache *cache, struct ferry_bytes group,
    struct ferry_bytes name, ferry_cache_make *on_make, void *ctx,
    struct ferry_body **out, struct ferry_error *err);

/* Forget a group, or all of them; what is handed out stays its holders'. */
void ferry_cache_drop(struct ferry_cache *cache, struct ferry_bytes group);
void ferry_cache_drop_all(struct ferry_cache *cache);
/* From now on at most so many bytes. */
void ferry_cache_resize(struct ferry_cache *cache, uint64_t bytes);

struct ferry_cache_stats {
	uint64_t hits, misses, evictions;
	uint64_t entries, bytes, files, limit;
};
/* Counts since the start, and what is there now. */
void
ferry_cache_stats(struct ferry_cache *cache, struct ferry_cache_stats *out);

#endif
