#ifndef FERRY_SYNC_PERMISSIONS_COMPILE_H
#define FERRY_SYNC_PERMISSIONS_COMPILE_H

/*
 * From what an API said and what the operator's file says to the permission
 * snapshot that a store keeps.
 */

#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_operator;
struct ferry_store;

struct ferry_compile {
	struct ferry_store *st; /* a writer's */
	struct ferry_operator *op; /* or NULL */
	void *ctx;
	/* A name in the operator's file that is not known; what it stands in is
	 * left out. */
	void (*on_mistake)(void *ctx, const struct ferry_error *mistake);
};

/*
 * Each stores a snapshot as part of the next commit; its generation is newer
 * than that of the one here and not less than the time.
 * Returns: 1; 0 if nothing changed; -1.
 */
/* Of a GitHub upstream.  facts is what its API said (ferry_facts_text()), or
 * a snapshot, whose facts these are; taken_at is when. */
int ferry_compile_github(const struct ferry_compile *c, const char *upstream,
    struct ferry_bytes facts, int64_t taken_at, struct ferry_error *err);
/* The same over the snapshot that is here.  Errors: FERRY_ENOTFOUND (none). */
int ferry_compile_again(const struct ferry_compile *c, const char *upstream,
    struct ferry_error *err);
/*
 * Of a plain registry.  Without any user that the operator's file knows, its
 * visibility (in its record `upstream`) says all, and nothing is stored
 * unless there was a snapshot before.
 */
int ferry_compile_plain(const struct ferry_compile *c, const char *upstream,
    const char *visibility, struct ferry_error *err);

/*
 * The people of this site, and what it grants (store/access/people.h): all that
 * the operator's file says of them, and nothing without one.
 */
int ferry_compile_site(const struct ferry_compile *c, struct ferry_error *err);

#endif
