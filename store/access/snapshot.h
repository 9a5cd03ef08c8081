#ifndef FERRY_ACCESS_SNAPSHOT_H
#define FERRY_ACCESS_SNAPSHOT_H

/*
 * Who may do what at one upstream, at one time: a text, and what it compiles
 * to.
 *
 * The text is JSON Lines, one record each, in any order; store/access/README.md
 * has every kind.  It is a blob that the catalog record `access UPSTREAM`
 * names, so that it crosses in bundles, only when it changed, and is replaced
 * as a whole.
 *
 * Numbers are those of the upstream and survive renames; names and logins are
 * compared without case.
 *
 * Threads: a struct ferry_snapshot is never changed once it was read.
 *
 * Source: store/access/PROTOCOL.md, sections 1.2 to 1.4, 2.3, 2.6.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_SNAPSHOT_MAX (512U << 20) /* bytes of the text */
#define FERRY_SNAPSHOT_LINE (64U << 10)

/* What somebody may do with a package; each contains those before it. */
enum ferry_role { FERRY_NO_ROLE, FERRY_READ, FERRY_WRITE, FERRY_ADMIN };
enum ferry_visibility { FERRY_PRIVATE, FERRY_INTERNAL, FERRY_PUBLIC };
enum ferry_membership {
	FERRY_NO_MEMBER,
	FERRY_OUTSIDE,
	FERRY_MEMBER,
	FERRY_OWNS
};
/* What is not known counts as no. */
enum ferry_inherits {
	FERRY_INHERITS_UNKNOWN,
	FERRY_INHERITS_NO,
	FERRY_INHERITS
};

/* Strings are the snapshot's. */
struct ferry_snapshot_user {
	uint64_t id;
	const char *login;
	bool suspended;
};
struct ferry_snapshot_owner {
	uint64_t id;
	const char *login;
	bool organization;
	uint64_t enterprise; /* 0: none */
	enum ferry_role base; /* what members may do in every repository */
};
struct ferry_snapshot_team {
	uint64_t id, owner, parent; /* parent 0: none */
	const char *slug;
};
struct ferry_snapshot_repo {
	uint64_t id, owner;
	const char *name;
	enum ferry_visibility visibility;
};
struct ferry_snapshot_package {
	uint64_t id, owner;
	const char *type; /* npm, container, maven … */
	const char *name; /* as clients write it: "@octo/ui", "octo/tool" */
	enum ferry_visibility visibility;
	uint64_t repo; /* 0: not linked */
	bool granular; /* else its permissions are the repository's */
	enum ferry_inherits inherits; /* of a granular one */
};

/* The realm of a site's own users (people.h), which no snapshot may have. */
#define FERRY_REALM_SITE "this site"

struct ferry_snapshot_meta {
	const char *upstream;
	/* Whose numbers users and teams have: an upstream's name, or "local"
	 * for those of the operator's file. */
	const char *realm;
	bool github; /* else a plain registry with one visibility */
	bool private_mode; /* nobody is anonymous */
	/* Nobody may read it, whatever this site grants: what is known of it
	 * cannot be read, or is not for this store to say. */
	bool closed;
	int64_t taken_at;
	uint64_t generation;
	/* Plain registries: of every package that no record names. */
	enum ferry_visibility visibility;
};

struct ferry_snapshot;

/* Errors: FERRY_EFORMAT with the line, or with both of two records of one
 * number or name; FERRY_ELIMIT, FERRY_ENOMEM. */
int ferry_snapshot_read(struct ferry_snapshot **out, struct ferry_bytes text,
    struct ferry_error *err);
void ferry_snapshot_free(struct ferry_snapshot *s);

/* Borrowed from s. */
const struct ferry_snapshot_meta *
ferry_snapshot_meta(const struct ferry_snapshot *s);

/* By number, or by name; NULL if there is none. */
const struct ferry_snapshot_user *
ferry_snapshot_user(const struct ferry_snapshot *s, uint64_t id);
const struct ferry_snapshot_user *
ferry_snapshot_login(const struct ferry_snapshot *s, const char *login);
const struct ferry_snapshot_owner *
ferry_snapshot_owner(const struct ferry_snapshot *s, uint64_t id);
const struct ferry_snapshot_team *
ferry_snapshot_team(const struct ferry_snapshot *s, uint64_t id);
const struct ferry_snapshot_repo *
ferry_snapshot_repo(const struct ferry_snapshot *s, uint64_t id);
/* full_name is "OWNER/NAME". */
const struct ferry_snapshot_repo *
ferry_snapshot_full_name(const struct ferry_snapshot *s, const char *full_name);
/* By login; called is "OWNER/SLUG". */
const struct ferry_snapshot_owner *
ferry_snapshot_owner_called(const struct ferry_snapshot *s, const char *login);
const struct ferry_snapshot_team *
ferry_snapshot_team_called(const struct ferry_snapshot *s, const char *called);
const struct ferry_snapshot_package *ferry_snapshot_package(
    const struct ferry_snapshot *s, const char *type, const char *name);

/* For lists: 0 to n - 1, in the order of numbers; packages by type and name. */
size_t ferry_snapshot_users(const struct ferry_snapshot *s);
const struct ferry_snapshot_user *
ferry_snapshot_user_at(const struct ferry_snapshot *s, size_t i);
size_t ferry_snapshot_packages(const struct ferry_snapshot *s);
const struct ferry_snapshot_package *
ferry_snapshot_package_at(const struct ferry_snapshot *s, size_t i);

/* What one thing is to another. */
enum ferry_membership ferry_snapshot_membership(
    const struct ferry_snapshot *s, uint64_t owner, uint64_t user);
bool ferry_snapshot_in_enterprise(
    const struct ferry_snapshot *s, uint64_t enterprise, uint64_t user);
enum ferry_grant_of {
	FERRY_GRANT_REPO_USER, /* a repository's, to a user */
	FERRY_GRANT_REPO_TEAM,
	FERRY_GRANT_OWNER_USER, /* every repository's of an owner */
	FERRY_GRANT_OWNER_TEAM,
	FERRY_GRANT_PACKAGE_USER,
	FERRY_GRANT_PACKAGE_TEAM,
	FERRY_GRANT_PACKAGE_REPO /* to workflows: "Actions access" */
};
enum ferry_role ferry_snapshot_grant(const struct ferry_snapshot *s,
    enum ferry_grant_of of, uint64_t what, uint64_t to);
/* Grants by name of a plain registry's packages; '*' ends a pattern, of which the
 * best one's is put into *pattern. */
enum ferry_role ferry_snapshot_name_grant(const struct ferry_snapshot *s,
    const char *type, const char *name, uint64_t user, const char **pattern);

/*
 * The teams that user is in, by itself or through a team below: what is
 * granted to a team is granted to those below it.  Teams without a record are
 * none, and lead to none above them.  *n of them are put into
 * teams, at most max; with more, the rest is left out.
 */
void ferry_snapshot_teams(const struct ferry_snapshot *s, uint64_t user,
    uint64_t *teams, size_t max, size_t *n);

/* Names of roles and visibilities are literals. */
const char *ferry_role_name(enum ferry_role role);
/* "triage", "maintain", "pull" and so on are what they contain.
 * Returns: 0, or -1 for a name that is none. */
int ferry_role_parse(enum ferry_role *out, const char *name);
const char *ferry_visibility_name(enum ferry_visibility visibility);
int ferry_visibility_parse(enum ferry_visibility *out, const char *name);

#endif
