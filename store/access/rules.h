#ifndef FERRY_ACCESS_RULES_H
#define FERRY_ACCESS_RULES_H

/*
 * The decision table, rows D1 to D16, and S1 and S2, by which a site adds to it
 * (people.h): from the client and what a snapshot says to yes or no.  No store, no network, no clock: values in, a decision out.
 *
 * Source: store/access/PROTOCOL.md, sections 2.1, 2.2 and 2.4.
 */

#include "store/access/claim.h"
#include "store/access/snapshot.h"

struct ferry_people;

/* What is asked for. */
enum ferry_need {
	FERRY_NEED_READ,
	FERRY_NEED_PUBLISH,
	FERRY_NEED_DELETE,
	FERRY_NEED_RESTORE
};

enum ferry_ruling {
	FERRY_RULING_ALLOW,
	FERRY_RULING_LOGIN, /* no credential, and one is needed */
	FERRY_RULING_BAD, /* the credential is no good */
	FERRY_RULING_SCOPE, /* the token may not be used for this */
	FERRY_RULING_ROLE, /* the client does not have the role */
	FERRY_RULING_ABSENT /* it would be allowed, but there is no such thing */
};

struct ferry_ruling_result {
	enum ferry_ruling ruling;
	const char *row; /* "D1" … "D16", "S1", "S2"; a literal */
	const char *reason; /* for people; a literal */
	enum ferry_role role; /* as far as it was worked out */
};

struct ferry_ask {
	const char *type; /* npm, container … */
	const char *name; /* of the package */
	enum ferry_need need;
	/* Whether a login is needed even for what is public. */
	bool public_needs_login;
	/* The snapshot is too old to be believed for what is not public. */
	bool stale;
	const struct ferry_people *people; /* of this site; NULL: nobody */
};

/*
 * s is NULL where nothing is known of the upstream: then nothing is allowed.
 * on_record, if not NULL, is told every record that counted, for `explain`.
 */
typedef void ferry_on_record(void *ctx, const char *text);
void ferry_rules(const struct ferry_snapshot *s,
    const struct ferry_claim *claim, const struct ferry_ask *ask,
    struct ferry_ruling_result *out, ferry_on_record *on_record, void *ctx);

/*
 * What whoever claims may do in a repository: section 2.3.  Workflows read
 * their own; everybody reads what is public.
 */
enum ferry_role ferry_rules_repository(const struct ferry_snapshot *s,
    const struct ferry_people *people, const struct ferry_claim *claim,
    const struct ferry_snapshot_repo *repo);

#endif
