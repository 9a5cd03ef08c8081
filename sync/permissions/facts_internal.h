#ifndef FERRY_SYNC_PERMISSIONS_FACTS_INTERNAL_H
#define FERRY_SYNC_PERMISSIONS_FACTS_INTERNAL_H

/* What facts.c (owners and the whole), facts_items.c (items of lists) and
 * facts_agree.c (what contradicts what) share. */

#include "store/access/snapshot.h"
#include "store/access/snapshot_write.h"
#include "sync/permissions/facts.h"

/* Somebody in a team's list, which has those of the teams below as well. */
struct facts_pair {
	uint64_t team, user;
	bool below; /* is in a team below this one */
};

/*
 * What has a number and a name.  Invariant: once facts_agree() returned 0,
 * those that are not out have a number of their own and a name of their own
 * among their kind.
 */
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
	const char *type; /* of a package; a literal */
	char *name; /* login, slug, or name of a repository or package */
	enum ferry_visibility visibility;
	enum ferry_role base; /* of an owner */
	bool organization, granular, suspended;
	bool linked; /* a repository that a package's link told of */
	bool renamed; /* a user of whom several logins were told */
	bool out; /* it contradicts another */
	size_t order; /* in which it was told */
};

struct ferry_facts {
	struct ferry_snapshot_writer writer;
	bool granular_npm;
	uint64_t enterprise;
	struct facts_thing *things;
	size_t things_n, things_cap;
	size_t things_tidy_at; /* when repetitions are dropped next */
	size_t told; /* things so far */
	struct facts_pair *pairs;
	size_t pairs_n, pairs_cap;
};

/* facts_agree.c */
/* Takes a copy of t; name, which t has not, is copied, too. */
int facts_thing(struct ferry_facts *f, const struct facts_thing *t,
    const char *name, struct ferry_error *err);
/*
 * Merge what is told of one thing, and mark what contradicts another as out,
 * with a note for each.  Things are sorted by kind and number then.
 */
int facts_agree(struct ferry_facts *f, ferry_on_contradiction *on_contradiction,
    void *ctx, struct ferry_error *err);
/* The one with that number, unless it is out; for after facts_agree(). */
const struct facts_thing *
facts_find(const struct ferry_facts *f, enum facts_kind kind, uint64_t id);
void facts_things_free(struct ferry_facts *f);

/* facts_items.c: members of items; errors name them. */
int facts_number(const json_t *o, const char *member, uint64_t *out,
    struct ferry_error *err);
int facts_name(const json_t *o, const char *member, const char **out,
    struct ferry_error *err);
/* A new record; its members are set in the order that the README has. */
json_t *facts_line(const char *kind);
void facts_set_number(json_t *record, const char *member, uint64_t value);
void facts_set_text(json_t *record, const char *member, const char *value);

#endif
