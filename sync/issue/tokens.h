#ifndef FERRY_SYNC_ISSUE_TOKENS_H
#define FERRY_SYNC_ISSUE_TOKENS_H

/*
 * What the issuer does with tokens: those of this site's people, each of whom
 * sees, makes and revokes their own.
 *
 * Threads: one at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "store/issue/message.h"

struct ferry_error;
struct ferry_user_token;

struct ferry_issue_limits {
	uint64_t life_s; /* of a token, at most; 0: for ever */
	size_t tokens; /* good ones of one person, at most */
};

/* Whose token ask shows: 1 and *out; 0 if it is none that is good; -1. */
int ferry_issue_holder(int dirfd, const struct ferry_issue_ask *ask,
    struct ferry_user_token *out, struct ferry_error *err);

/*
 * Each for the person of who's realm and number, of whom it was made sure; fills
 * said.  Errors: of the folder.
 */
int ferry_issue_create(int dirfd, const struct ferry_user_token *who,
    const struct ferry_issue_ask *ask, const struct ferry_issue_limits *limits,
    struct ferry_issue_said *said, struct ferry_error *err);
int ferry_issue_list(int dirfd, const struct ferry_user_token *who,
    struct ferry_issue_said *said, struct ferry_error *err);
/* which, of ask: "" is who itself, which then is a token's holder. */
int ferry_issue_revoke(int dirfd, const struct ferry_user_token *who,
    const struct ferry_issue_ask *ask, struct ferry_issue_said *said,
    struct ferry_error *err);

#endif
