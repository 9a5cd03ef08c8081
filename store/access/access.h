#ifndef FERRY_ACCESS_H
#define FERRY_ACCESS_H

/*
 * The one place that says who may do what.
 *
 * ferry_access_decide() is the only maker of a struct ferry_permit, and
 * whatever hands out content takes one: code that did not ask cannot compile.
 *
 * The rules are in rules.h, what they are applied to in snapshot.h; here is
 * what a server adds: who shows which credential, what an operator has
 * configured, and what a refusal looks like.  A store that holds no permissions
 * and only plain public registries lets everybody read everything.
 *
 * A session (OCI's GET /v2/) always needs a token, because that is where
 * clients learn that there are any; if only content asked for them, they would
 * never send one.
 *
 * Threads: all functions from any thread, except _open and _close.  Who asks
 * while something changes is answered by the state before or after it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/access/policy.h"
#include "store/access/rules.h"

struct ferry_access;
struct ferry_access_state;
struct ferry_error;
struct ferry_store;
struct ferry_token;

/* st is a reader's, borrowed until _close.  Errors: of the store. */
int ferry_access_open(
    struct ferry_access **out, struct ferry_store *st, struct ferry_error *err);
void ferry_access_close(struct ferry_access *access); /* NULL is fine */
void ferry_access_configure(
    struct ferry_access *access, const struct ferry_access_policy *policy);
/* After the store caught up, a few times a second: take what changed. */
int ferry_access_follow(struct ferry_access *access, struct ferry_error *err);
/* Whether anything is not for everybody; the second: with another policy. */
bool ferry_access_restricts(struct ferry_access *access);
bool ferry_access_would_restrict(
    struct ferry_access *access, const struct ferry_access_policy *policy);

/*
 * Who asks.  Borrows session until _clear.
 *
 * claim.kind is FERRY_CLAIM_NONE without a credential, FERRY_CLAIM_BAD with
 * one that is no good, FERRY_CLAIM_SUSPENDED with one whose
 * account is suspended.
 */
struct ferry_identity {
	struct ferry_claim claim;
	char name[256]; /* login or repository, for logs; "" */
	char subject[65]; /* digest of the user's token, in hexadecimal; "" */
	const struct ferry_token *session; /* what narrows it, or NULL */
	struct ferry_access_state *state; /* private */
};
/*
 * From a header Authorization, or NULL: Bearer, Basic (the password is the
 * token; as GitHub's registries, the user's name is not looked at), or
 * "token".  Basic without user and password is nobody.  In a store that
 * restricts nothing a bad credential counts as none.
 */
void ferry_access_identify(struct ferry_access *access,
    const char *authorization, struct ferry_identity *out);
/* As what ferry_identity.subject said earlier: a session's. */
void ferry_access_identify_again(struct ferry_access *access,
    const char *subject, struct ferry_identity *out);
/* With a user's token as it is. */
void ferry_access_identify_token(struct ferry_access *access,
    struct ferry_bytes text, struct ferry_identity *out);
void ferry_identity_clear(struct ferry_identity *identity);
/* A number that is another one whenever what decides about identity may have
 * changed: permissions, policy.  For whoever keeps what was decided. */
uint64_t ferry_access_serial(const struct ferry_identity *identity);

enum ferry_action {
	FERRY_ACTION_READ, /* a package, or a part of it */
	/* Several: each is decided by ferry_access_sees().  Refused to nobody
	 * in particular where none of that format could be for it, and to a
	 * session that was made for certain packages. */
	FERRY_ACTION_LIST,
	FERRY_ACTION_SERVICE, /* nothing of any package: ping, keys, pages */
	/* Figures of the server, which tell what others do and what there is:
	 * for tokens with the scope, unless everything is for everybody. */
	FERRY_ACTION_METRICS,
	FERRY_ACTION_IDENTITY, /* what needs to know who the client is: whoami */
	FERRY_ACTION_SESSION, /* what needs a good token, whoever's it is */
	FERRY_ACTION_TOKEN, /* to be given a session's token */
	/* Tokens of one's own, made, listed or revoked by the issuer, who finds
	 * out whether it is true what is shown: nothing is decided before. */
	FERRY_ACTION_SIGN,
	FERRY_ACTION_WRITE, /* whatever would change something */
};

/* What is asked for.  Strings are borrowed; NULL where there is none. */
struct ferry_access_request {
	const struct ferry_identity *identity;
	enum ferry_action action;
	const char *format;
	const char *owner; /* the upstream; NULL: no such package */
	const char *package;
	/* What the client calls the package, which is what the scopes of its
	 * session say. */
	const char *called;
	bool login; /* needed even for what is public */
	bool hides; /* whoever may not read hears of nothing */
};

enum ferry_verdict {
	FERRY_ALLOWED,
	FERRY_NEED_CREDENTIAL, /* 401: ask again with one */
	FERRY_BAD_TOKEN, /* 401: ask again with another token */
	FERRY_OUT_OF_SCOPE, /* 401: ask for a token for this, and again */
	FERRY_FORBIDDEN, /* 403 */
	FERRY_HIDDEN, /* 404, as if it were not there */
	FERRY_READ_ONLY, /* 405: ferry is never written to this way */
};

/*
 * Proof that a request was allowed.  Borrowed from the identity, until it is
 * cleared; NULL unless allowed.
 */
struct ferry_permit;

struct ferry_access_decision {
	enum ferry_verdict verdict;
	const char *reason; /* for people; a literal */
	const char *row; /* of the decision table, for logs; a literal or "" */
	uint64_t generation; /* of the snapshot that decided, for logs; or 0 */
	bool varies; /* who the client is can make a difference to this store */
	bool for_all; /* allowed, and would be to everybody */
	const struct ferry_permit *permit;
};

/* Decide; whatever cannot be found out is denied, with its reason. */
void ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision);

/*
 * Whether the holder of permit may also read another package; for lists and
 * searches, whose every line is decided by itself.
 */
bool ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package);

/* Whether the holder, if it is anonymous, may know that there are
 * packages of that format and owner. */
bool ferry_access_knows(
    const struct ferry_permit *permit, const char *format, const char *owner);

/* What the holder may do with it: FERRY_NO_ROLE where it is not even seen. */
enum ferry_role ferry_access_role(const struct ferry_permit *permit,
    const char *format, const char *owner, const char *package);

/*
 * For finding packages and describing them: the snapshots that decisions about
 * identity are made of, borrowed until it is cleared, and what the holder of
 * permit may do in a repository of one of them.
 */
struct ferry_snapshots;
const struct ferry_snapshots *
ferry_access_snapshots(const struct ferry_identity *identity);
enum ferry_role ferry_access_repository(const struct ferry_permit *permit,
    const struct ferry_snapshot *s, const struct ferry_snapshot_repo *repo);

#endif
