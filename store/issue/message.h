#ifndef FERRY_STORE_ISSUE_MESSAGE_H
#define FERRY_STORE_ISSUE_MESSAGE_H

/*
 * What ferryd and the issuer of tokens say to each other (sync/issue/README.md):
 * packets over a Unix socket, a JSON object each.
 *
 * Passwords pass through here: whoever has had a message clears it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_ISSUE_ASK (16U << 10) /* bytes of a packet, at most */
#define FERRY_ISSUE_SAID (128U << 10)
#define FERRY_ISSUE_LOGIN 100 /* with its NUL, like those below */
#define FERRY_ISSUE_SECRET 512
#define FERRY_ISSUE_NOTE 201

enum ferry_issue_what {
	FERRY_ISSUE_CREATE, /* a token, for a password */
	FERRY_ISSUE_LIST, /* those of whoever asks */
	FERRY_ISSUE_REVOKE, /* one of them: which, or "" for the one shown */
	FERRY_ISSUE_WHATS
};

/* From ferryd.  Who asks shows a token, or login and password. */
struct ferry_issue_ask {
	uint64_t id; /* of ferryd's choice */
	enum ferry_issue_what what;
	char login[FERRY_ISSUE_LOGIN];
	char password[FERRY_ISSUE_SECRET];
	char token[FERRY_ISSUE_SECRET];
	char which[65]; /* an id, or a beginning of it */
	char note[FERRY_ISSUE_NOTE];
	uint64_t life_s; /* 0: as long as the configuration allows */
};

enum ferry_issue_word {
	FERRY_ISSUE_DONE,
	FERRY_ISSUE_WRONG, /* login, password or token: a guess */
	FERRY_ISSUE_WAIT, /* too many guesses of that login: wait_s */
	FERRY_ISSUE_ABSENT, /* who asks has no such token */
	FERRY_ISSUE_REFUSED, /* by a rule: text says which */
	FERRY_ISSUE_FAILED, /* a directory, or the store: text says why */
	FERRY_ISSUE_BUSY,
	FERRY_ISSUE_WORDS
};
/* From the issuer. */
struct ferry_issue_said {
	uint64_t id;
	enum ferry_issue_word word;
	uint64_t wait_s;
	char login[FERRY_ISSUE_LOGIN]; /* whose it is */
	char token[FERRY_ISSUE_SECRET]; /* of CREATE: its text */
	/* Of CREATE one, of LIST all: {"id","note","scopes","created_at",
	 * "expires_at"}; owned, or NULL. */
	json_t *tokens;
	char text[400]; /* why not, for people */
};
/* Overwrite what is secret, and free what is owned. */
void ferry_issue_ask_clear(struct ferry_issue_ask *ask);
void ferry_issue_said_clear(struct ferry_issue_said *said);

/* Append a packet.  Errors: FERRY_ENOMEM, FERRY_ELIMIT, FERRY_EFORMAT (what is
 * not UTF-8). */
int ferry_issue_ask_write(const struct ferry_issue_ask *ask,
    struct ferry_buf *out, struct ferry_error *err);
int ferry_issue_said_write(const struct ferry_issue_said *said,
    struct ferry_buf *out, struct ferry_error *err);
/* Read one.  Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM. */
int ferry_issue_ask_read(struct ferry_issue_ask *out, struct ferry_bytes packet,
    struct ferry_error *err);
int ferry_issue_said_read(struct ferry_issue_said *out,
    struct ferry_bytes packet, struct ferry_error *err);

#endif
