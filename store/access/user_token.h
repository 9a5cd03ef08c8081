#ifndef FERRY_ACCESS_USER_TOKEN_H
#define FERRY_ACCESS_USER_TOKEN_H

/*
 * Tokens that people and workflows hold: issued here, shown once, kept as
 * digests.
 *
 *	STORE/tokens/<sha256>.json	one token, by the digest of its text
 *
 * Files of their own, not records of the index: a token must be revoked while
 * a sync or import holds the store's lock.  They never leave the store.  The
 * time of last use is the file's time of modification.
 *
 * The text is ferry_u_ (a user's), ferry_w_ (a workflow's) or ferry_s_ (a
 * service's), 32 random
 * characters and 6 that are their CRC-32: scanners for secrets find it, and
 * a mistyped one is known without a look.
 *
 * Threads: all functions from any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/access/rules.h"
#include "store/base/digest.h"

struct ferry_error;

#define FERRY_USER_TOKEN_TEXT 47 /* with its NUL */
#define FERRY_USER_TOKEN_ID 13 /* how people name it: 12 digits of the digest */
#define FERRY_USER_TOKEN_NAME 256
#define FERRY_USER_TOKEN_NOTE 201

struct ferry_user_token {
	char id[FERRY_USER_TOKEN_ID];
	bool workflow;
	/* Of a program and nobody's account: realm is "", number 0. */
	bool service;
	char realm[FERRY_USER_TOKEN_NAME]; /* whose numbers: see snapshot.h */
	/* The user's number and login, or the repository's and full name; a
	 * service's name. */
	uint64_t number;
	char name[FERRY_USER_TOKEN_NAME];
	unsigned scopes; /* of a user's or service's: FERRY_SCOPE_* */
	enum ferry_role job; /* of a workflow's: none, read or write */
	int64_t created_at;
	int64_t expires_at; /* 0: never */
	int64_t revoked_at; /* 0: not */
	int64_t used_at; /* 0: never; read only */
	char note[FERRY_USER_TOKEN_NOTE];
};

/* Whether text has the form and the checksum of a token. */
bool ferry_user_token_looks_right(struct ferry_bytes text);

/*
 * Make a token in the folder dirfd; text is what its holder gets, id is set.
 * Errors: FERRY_ESYSTEM.
 */
int ferry_user_token_create(int dirfd, struct ferry_user_token *token,
    char text[FERRY_USER_TOKEN_TEXT], struct ferry_error *err);
/* Returns: 1 and *out (also if it expired or was revoked); 0; -1. */
int ferry_user_token_find(int dirfd, struct ferry_bytes text,
    struct ferry_user_token *out, struct ferry_error *err);
/* Whether it may be used at the time now. */
bool ferry_user_token_good(const struct ferry_user_token *token, int64_t now);
/* The same by the SHA-256 of its text. */
int ferry_user_token_get(int dirfd, const struct ferry_digest *digest,
    struct ferry_user_token *out, struct ferry_error *err);
/* Note that it was used; does nothing where the folder cannot be written. */
void ferry_user_token_used(int dirfd, const struct ferry_digest *digest);

/* All of them, oldest first; the caller frees *out. */
int ferry_user_token_list(int dirfd, struct ferry_user_token **out, size_t *n,
    struct ferry_error *err);
/*
 * By id, or a beginning of it that only one has.  Stays in the list.
 * Errors: FERRY_ENOTFOUND, FERRY_EUSAGE (several).
 */
int ferry_user_token_revoke(int dirfd, const char *id, int64_t now,
    struct ferry_user_token *out, struct ferry_error *err);

/* Remove its file; that there is none is no failure. */
int ferry_user_token_remove(
    int dirfd, const struct ferry_user_token *token, struct ferry_error *err);
/*
 * The folder of tokens below the store at path.  make: if there is none, with the
 * store's owner.  Returns: the descriptor; -1 with err untouched if there is none
 * and it is not to be made, else with err set.
 */
int
ferry_user_token_folder(const char *store, bool make, struct ferry_error *err);

/* What the holder may claim. */
void ferry_user_token_claim(
    const struct ferry_user_token *token, struct ferry_claim *out);

/* "read:packages,write:packages" and back.  Errors: FERRY_EUSAGE. */
#define FERRY_SCOPES_TEXT 80
const char *ferry_scopes_text(unsigned scopes, char buf[FERRY_SCOPES_TEXT]);
int
ferry_scopes_parse(unsigned *out, const char *text, struct ferry_error *err);

#endif
