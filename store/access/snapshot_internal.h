#ifndef FERRY_ACCESS_SNAPSHOT_INTERNAL_H
#define FERRY_ACCESS_SNAPSHOT_INTERNAL_H

/* What a snapshot is made of: sorted arrays, for snapshot.c, snapshot_read.c
 * and snapshot_sort.c. */

#include "store/access/snapshot.h"

/* One thing is something to another; sorted by all but role. */
enum ferry_link_kind {
	LINK_REPO_USER = FERRY_GRANT_REPO_USER,
	LINK_REPO_TEAM = FERRY_GRANT_REPO_TEAM,
	LINK_OWNER_USER = FERRY_GRANT_OWNER_USER,
	LINK_OWNER_TEAM = FERRY_GRANT_OWNER_TEAM,
	LINK_PACKAGE_USER = FERRY_GRANT_PACKAGE_USER,
	LINK_PACKAGE_TEAM = FERRY_GRANT_PACKAGE_TEAM,
	LINK_PACKAGE_REPO = FERRY_GRANT_PACKAGE_REPO,
	LINK_MEMBER, /* owner, user; value: enum ferry_membership */
	LINK_ENTERPRISE, /* enterprise, user */
	LINK_TEAM_OF /* user, team */
};
struct ferry_link {
	enum ferry_link_kind kind;
	unsigned value;
	uint64_t a, b;
};

struct ferry_name_grant {
	const char *type, *pattern;
	uint64_t user;
	enum ferry_role role;
};

struct ferry_snapshot_chunk {
	struct ferry_snapshot_chunk *next;
	size_t used, size;
	char text[];
};

/* An array that grows, of one kind of record. */
#define FERRY_LIST(type)                                                       \
	struct {                                                               \
		type *v;                                                       \
		size_t n, cap;                                                 \
	}

struct ferry_snapshot {
	struct ferry_snapshot_meta meta;
	bool has_meta;
	FERRY_LIST(struct ferry_snapshot_user) users;
	FERRY_LIST(struct ferry_snapshot_owner) owners;
	FERRY_LIST(struct ferry_snapshot_team) teams;
	FERRY_LIST(struct ferry_snapshot_repo) repos;
	FERRY_LIST(struct ferry_snapshot_package) packages;
	FERRY_LIST(struct ferry_link) links;
	FERRY_LIST(struct ferry_name_grant) names;
	struct ferry_snapshot_chunk *chunks;
};

/* It was found true once more, before anybody else sees it. */
void ferry_snapshot_retake(
    struct ferry_snapshot *s, int64_t taken_at, uint64_t generation);

/*
 * Sort what was read.
 * Errors: FERRY_EFORMAT: two records have one number or one name.
 */
int ferry_snapshot_sort(struct ferry_snapshot *s, struct ferry_error *err);

/* The orders of the arrays. */
int ferry_snapshot_cmp_id(const void *a, const void *b); /* users to repos */
int ferry_snapshot_cmp_package(const void *a, const void *b);
int ferry_snapshot_cmp_link(const void *a, const void *b);

#endif
