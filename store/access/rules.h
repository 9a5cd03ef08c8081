#ifndef FERRY_ACCESS_RULES_H
#define FERRY_ACCESS_RULES_H

/*
 * The decision table, rows D1 to D16: from the client and what a snapshot says
 * to yes or no.  No store, no network, no clock: values in, a decision out.
 *
 * Source: store/access/PROTOCOL.md, sections 2.1, 2.2 and 2.4.
 */

#include "store/access/snapshot.h"

/* What is asked for. */
enum ferry_need {
	FERRY_NEED_READ,
	FERRY_NEED_PUBLISH,
	FERRY_NEED_DELETE,
	FERRY_NEED_RESTORE
};

/* What a token may be used for, as GitHub calls it.  A set. */
#define FERRY_SCOPE_READ 1U /* read:packages */
#define FERRY_SCOPE_WRITE 2U /* write:packages, contains read */
#define FERRY_SCOPE_DELETE 4U /* delete:packages */
#define FERRY_SCOPE_REPO 8U /* opens nothing by itself */
#define FERRY_SCOPE_ORG 32U /* read:org: the same; `gh` wants to see it */
#define FERRY_SCOPE_METRICS 16U /* read:metrics, which GitHub has not */

enum ferry_claim_kind {
	FERRY_CLAIM_NONE, /* no credential */
	FERRY_CLAIM_BAD, /* invalid, expired or revoked */
	FERRY_CLAIM_SUSPENDED, /* a good one, of an account that is suspended */
	FERRY_CLAIM_FINE, /* a fine-grained token: opens no registry */
	FERRY_CLAIM_USER,
	FERRY_CLAIM_WORKFLOW
};

/* Who asks, after the credential was looked up. */
struct ferry_claim {
	enum ferry_claim_kind kind;
	char
	    realm[256]; /* whose number it is: see struct ferry_snapshot_meta */
	uint64_t user; /* of a user's token */
	unsigned scopes;
	uint64_t repo; /* of a workflow's */
	enum ferry_role job; /* its permission for packages */
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
	const char *row; /* "D1" … "D16"; a literal */
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
    const struct ferry_claim *claim, const struct ferry_snapshot_repo *repo);

#endif
