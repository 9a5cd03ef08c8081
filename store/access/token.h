#ifndef FERRY_TOKEN_H
#define FERRY_TOKEN_H

/*
 * Short-lived tokens: what a client is given for the few minutes of one
 * download, and shows with each request of it.
 *
 * A token is text that only the holder of the key can make: who it was given
 * to, until when, and what for (scopes).  Nothing of it is stored.  Scopes
 * narrow: they never allow what the subject may not do by itself, which is
 * decided at each request.
 *
 * The key is made at the start of a server and dies with it.  Clients whose
 * token is not known any more ask for another, so a restart costs them one
 * request.  Several servers behind one name need a balancer that keeps a
 * client on one of them until they get a common key; deriving it from what
 * they share now (the store's identity, which bundles carry in the open) would
 * let anybody make tokens.
 *
 * Threads: all functions from any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_TOKEN_LIFE 300 /* seconds */
#define FERRY_TOKEN_SUBJECT 256
#define FERRY_TOKEN_SCOPES 4096

struct ferry_token_key {
	uint8_t v[32];
};

struct ferry_token {
	int64_t issued_at;
	int64_t expires_at;
	char subject[FERRY_TOKEN_SUBJECT]; /* "": anonymous */
	char scopes[FERRY_TOKEN_SCOPES]; /* "repository:NAME:pull …" */
};

/* A random key.  Errors: FERRY_ESYSTEM. */
int ferry_token_key_new(struct ferry_token_key *out, struct ferry_error *err);

/* A token without scopes that lives from now on. */
void
ferry_token_init(struct ferry_token *token, const char *subject, int64_t now);

/*
 * Add what is granted of the blank-separated scopes that were asked for: to
 * pull from repositories, and to read the catalog.  The rest is ignored,
 * also what does not fit.
 * Source: Docker Registry token scope documentation, "resource scope grammar".
 */
void ferry_token_grant(struct ferry_token *token, struct ferry_bytes scopes);
/* Whether the token was granted this, such as "repository", "a/b", "pull". */
bool ferry_token_covers(const struct ferry_token *token, const char *type,
    const char *name, const char *action);

/* Append the token's text, which fits an Authorization header. */
int ferry_token_sign(const struct ferry_token *token,
    const struct ferry_token_key *key, struct ferry_buf *out,
    struct ferry_error *err);
/*
 * Read a token's text.
 * Returns: 1 and *out; 0 if it was not signed with key, or is past its end.
 */
int ferry_token_read(struct ferry_token *out, const struct ferry_token_key *key,
    struct ferry_bytes text, int64_t now);

#endif
