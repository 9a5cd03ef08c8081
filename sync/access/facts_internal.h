#ifndef FERRY_SYNC_ACCESS_FACTS_INTERNAL_H
#define FERRY_SYNC_ACCESS_FACTS_INTERNAL_H

/* What facts.c (owners and the whole) and facts_items.c (items of lists)
 * share. */

#include "store/access/snapshot.h"
#include "store/access/snapshot_write.h"
#include "sync/access/facts.h"

/* Somebody in a team's list, which has those of the teams below as well. */
struct facts_pair {
	uint64_t team, user;
	bool below; /* is in a team below this one */
};
struct facts_team {
	uint64_t id, parent;
};
struct facts_owner {
	struct ferry_facts_owner account;
	enum ferry_role base;
};

struct ferry_facts {
	struct ferry_snapshot_writer writer;
	bool granular_npm;
	uint64_t enterprise;
	struct facts_owner *owners;
	size_t owners_n, owners_cap;
	struct facts_team *teams;
	size_t teams_n, teams_cap;
	struct facts_pair *pairs;
	size_t pairs_n, pairs_cap;
	json_t *repos; /* by number: a record; lists win over links */
};

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
