#ifndef FERRY_SYNC_PERMISSIONS_FACTS_THINGS_H
#define FERRY_SYNC_PERMISSIONS_FACTS_THINGS_H

/* What facts tell of: everything that has a number and a name. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/access/snapshot.h"

enum facts_kind {
	FACTS_USER,
	FACTS_OWNER,
	FACTS_TEAM,
	FACTS_REPO,
	FACTS_PACKAGE
};
struct facts_thing {
	enum facts_kind kind;
	uint64_t id, owner;
	uint64_t other; /* a team's parent, a package's repository; 0: none */
	const char *type; /* of a package; static */
	char *name; /* login, slug, or name of a repository or package */
	enum ferry_visibility visibility;
	enum ferry_role base; /* of an owner */
	bool organization, granular, suspended;
	bool linked; /* a repository that a package's link told of */
	bool renamed; /* a user of whom several logins were told */
	bool out; /* it contradicts another */
	size_t order; /* in which it was told */
};
/* Zeroed: none.  Invariant: v is sorted by kind and number after _tidy, until
 * something is added. */
struct facts_things {
	struct facts_thing *v;
	size_t n, cap;
	size_t tidy_at; /* when repetitions are dropped next */
	size_t told; /* so far, repetitions included */
};

/* Adds a copy of t; name, which t has not, is copied, too. */
int ferry_facts_things_add(struct facts_things *things,
    const struct facts_thing *t, const char *name, struct ferry_error *err);
/* Sort, and make one of what is the same. */
void ferry_facts_things_tidy(struct facts_things *things);
/* The first one with that number, or NULL; for after _tidy. */
const struct facts_thing *ferry_facts_things_find(
    const struct facts_things *things, enum facts_kind kind, uint64_t id);
void ferry_facts_things_free(struct facts_things *things);

/* In the order of _tidy, and in the order of names; names of teams and
 * repositories are within their owner's. */
int
ferry_facts_by_number(const struct facts_thing *x, const struct facts_thing *y);
int
ferry_facts_by_name(const struct facts_thing *x, const struct facts_thing *y);
bool ferry_facts_same_number(
    const struct facts_thing *x, const struct facts_thing *y);

#endif
