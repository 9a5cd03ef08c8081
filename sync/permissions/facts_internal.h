#ifndef FERRY_SYNC_PERMISSIONS_FACTS_INTERNAL_H
#define FERRY_SYNC_PERMISSIONS_FACTS_INTERNAL_H

/* What facts.c (owners and the whole), facts_items.c (items of lists) and
 * facts_agree.c (what contradicts what) share. */

#include "store/access/snapshot_write.h"
#include "sync/permissions/facts.h"
#include "sync/permissions/facts_things.h"

/* Somebody in a team's list, which has those of the teams below as well. */
struct facts_pair {
	uint64_t team, user;
	bool below; /* is in a team below this one */
};

/* Invariant: once ferry_facts_agree() returned 0, things that are not out have
 * a number of their own and a name of their own among their kind. */
struct ferry_facts {
	struct ferry_snapshot_writer writer;
	bool cloud;
	uint64_t enterprise;
	struct facts_things things;
	struct facts_pair *pairs;
	size_t pairs_n, pairs_cap;
};

/*
 * Merge what is told of one thing, and mark what contradicts another as out,
 * with a note for each.
 */
int ferry_facts_agree(struct ferry_facts *f,
    ferry_on_contradiction *on_contradiction, void *ctx,
    struct ferry_error *err);
/* The one with that number, unless it is out; for afterwards. */
const struct facts_thing *ferry_facts_find(
    const struct ferry_facts *f, enum facts_kind kind, uint64_t id);

#endif
