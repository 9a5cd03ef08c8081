#ifndef FERRY_ACCESS_H
#define FERRY_ACCESS_H

/*
 * The one place that says who may do what.
 *
 * ferry_access_decide() is the only maker of a struct ferry_permit, and
 * whatever hands out content takes one: code that did not ask cannot compile.
 *
 * The rules come with users and their tokens (github-packages.md, section 2).
 * Until then everybody may read everything, and nobody may do anything else.
 * Two things hold already.  Who shows a token uses it: one that is no good, or
 * is not for the package, is refused where no token would have done, so that
 * a client with a stale one hears of it.  And a session (OCI's GET /v2/) always
 * needs a token, because that is where clients learn that there are any; if
 * only content asked for them, they would never send one.
 */

#include <stdbool.h>

struct ferry_token;

/* Who asks. */
enum ferry_identity_kind {
	FERRY_ANONYMOUS, /* no credential */
	FERRY_CREDENTIAL, /* one that was not checked: no users exist yet */
	FERRY_BEARER, /* a token of token.h, which is good */
	FERRY_BAD_BEARER, /* what should be one, and is not, or not any more */
};
struct ferry_identity {
	enum ferry_identity_kind kind;
	const struct ferry_token *token; /* of FERRY_BEARER, borrowed */
};

enum ferry_action {
	FERRY_ACTION_READ, /* a package, or a part of it */
	FERRY_ACTION_SERVICE, /* nothing of any package: ping, keys, pages */
	FERRY_ACTION_IDENTITY, /* what needs to know who asks: whoami */
	FERRY_ACTION_SESSION, /* what needs a good token, whoever's it is */
	FERRY_ACTION_WRITE, /* whatever would change something */
};

/* What is asked for.  Strings are borrowed; NULL where there is none. */
struct ferry_access_request {
	const struct ferry_identity *identity;
	enum ferry_action action;
	const char *format;
	const char *owner; /* NULL: no such package */
	const char *package;
	/* What the client calls the package, which is what the scopes of its
	 * token say. */
	const char *called;
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
 * Proof that a request was allowed.  Borrowed from ferry_access_decide(), for
 * as long as the identity of the request lives; NULL unless allowed.
 */
struct ferry_permit;

struct ferry_access_decision {
	enum ferry_verdict verdict;
	const char *reason; /* for people; a literal */
	const struct ferry_permit *permit;
};

/* Threads: any number at once. */
void ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision);

/*
 * Whether the holder of permit may also read another package; for lists and
 * searches, whose every line is decided by itself.
 */
bool ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package);

#endif
