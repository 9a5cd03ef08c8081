#ifndef FERRY_SYNC_PERMISSIONS_FACTS_H
#define FERRY_SYNC_PERMISSIONS_FACTS_H

/*
 * What GitHub's REST API says of people, teams, repositories and packages,
 * item by item, becomes the records of a permission snapshot.
 *
 * Knows no network: items of answers (github_page.h) go in, in any order, and
 * a text comes out.
 *
 * What was not added counts as "no".  So does what contradicts something else
 * that was added: see ferry_facts_text().
 *
 * Source: store/access/PROTOCOL.md, sections 1.2, 2.3, 3.1, 3.2.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_facts;

#define FERRY_FACTS_LOGIN 256

/* cloud: of github.com or GHE.com, where more formats' packages have
 * permissions of their own, not their repository's (enum ferry_granular). */
int
ferry_facts_new(struct ferry_facts **out, bool cloud, struct ferry_error *err);
void ferry_facts_free(struct ferry_facts *f);

/* An account, as GET /users/LOGIN has it. */
struct ferry_facts_owner {
	uint64_t id;
	bool organization;
	char login[FERRY_FACTS_LOGIN];
};
int ferry_facts_owner_read(struct ferry_facts_owner *out, const json_t *account,
    struct ferry_error *err);
/* It owns packages.  organization is GET /orgs/LOGIN, or NULL; *base_known
 * says whether that told the base permission, which else is none. */
int ferry_facts_owner(struct ferry_facts *f,
    const struct ferry_facts_owner *owner, const json_t *organization,
    bool *base_known, struct ferry_error *err);

/* An item of a list, and what the list is about. */
enum ferry_fact {
	FERRY_FACT_OWNERS, /* of the organization owner */
	FERRY_FACT_MEMBERS,
	FERRY_FACT_OUTSIDE,
	FERRY_FACT_TEAMS,
	FERRY_FACT_TEAM_MEMBERS, /* of team, and of those below it */
	FERRY_FACT_REPOS,
	FERRY_FACT_COLLABORATORS, /* of repo, direct ones */
	FERRY_FACT_REPO_TEAMS,
	FERRY_FACT_ROLE_USERS, /* of an organization-wide role */
	FERRY_FACT_ROLE_TEAMS,
	FERRY_FACT_PACKAGES, /* of type */
	FERRY_FACT_ENTERPRISE, /* users of the enterprise */
	FERRY_FACTS
};
struct ferry_fact_about {
	const struct ferry_facts_owner *owner;
	uint64_t id; /* of the team or repository */
	const char *role; /* organization-wide: read, write … */
	const char *type; /* of packages: one of a format that ferry has */
};
/* Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM. */
int ferry_facts_add(struct ferry_facts *f, enum ferry_fact what,
    const struct ferry_fact_about *about, const json_t *item,
    struct ferry_error *err);
/* Something that could not be read, for people. */
int ferry_facts_note(
    struct ferry_facts *f, const char *text, struct ferry_error *err);
/* The number of the enterprise that the organizations are in; 0: none. */
void ferry_facts_enterprise(struct ferry_facts *f, uint64_t id);

/*
 * How clients call a package: "@octo/ui", "octo/tool".  Those of a format's
 * older type are under their repository.
 * Errors: FERRY_EFORMAT: no client could ask for it.
 */
int ferry_facts_package_name(struct ferry_buf *out,
    const struct ferry_fact_about *about, const json_t *item,
    struct ferry_error *err);

/*
 * Append the text, without "meta"; to be called once.
 *
 * No number and no name is in it twice.  What is told of a user in several
 * ways becomes one record: suspended if anything says so, with the login that
 * was told last.  Owners, teams, repositories and packages with one number or
 * one name that are not the same are left out, all of them; so is an owner
 * with the number of a user who is another account, and users with one login.
 * on_contradiction (or NULL) hears of each, and a note is added to the text.
 */
typedef void ferry_on_contradiction(void *ctx, const char *text);
int ferry_facts_text(struct ferry_facts *f, struct ferry_buf *out,
    ferry_on_contradiction *on_contradiction, void *ctx,
    struct ferry_error *err);

#endif
