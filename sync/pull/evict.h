#ifndef FERRY_SYNC_PULL_EVICT_H
#define FERRY_SYNC_PULL_EVICT_H

/*
 * Dropping versions that are here because a client asked, the ones first that
 * were used least lately (store/catalog/cached.h).  Never dropped is
 *
 *	what was used lately (keep_s), as somebody may be at it;
 *	what an export carried, a recording wants, or `protect` binds to its
 *	upstream: those are no longer counted;
 *	what another version of its package needs (the parts of an image),
 *	before that goes;
 *	anything while an import waits for volumes: it counts on what is here.
 */

#include <stdint.h>

struct ferry_error;
struct ferry_pull_use;
struct ferry_run;
struct ferry_store;

struct ferry_evict_limits {
	uint64_t bytes;
	uint64_t keep_s;
};
struct ferry_evicted {
	uint64_t versions, bytes;
	uint64_t freed; /* bytes on disk */
	uint64_t left; /* bytes that are counted now */
	int64_t last_used; /* of the last that was dropped */
};
/* Drop what is too much, and commit; a bounded part of it in one call. */
int ferry_evict(struct ferry_run *run, const struct ferry_evict_limits *limits,
    struct ferry_evicted *out, struct ferry_error *err);

/* Note a use, part of the next commit.  What it names may not be here. */
struct ferry_evict_use {
	struct ferry_store *st;
	int64_t at;
	int64_t coarse_s; /* less than so much later is the same time */
};
int ferry_evict_note_use(const struct ferry_evict_use *of,
    const struct ferry_pull_use *use, struct ferry_error *err);

#endif
