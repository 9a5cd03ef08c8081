#ifndef FERRY_SYNC_ISSUE_DESK_H
#define FERRY_SYNC_ISSUE_DESK_H

/*
 * Where questions to the issuer are answered: who asks, whether that is true, what
 * they may have.  Passwords are looked at elsewhere (worker.h), between _begin and
 * _end.
 *
 * Threads: one.
 */

#include <stdbool.h>

#include "store/issue/message.h"

struct ferry_accounts;
struct ferry_conf;
struct ferry_desk;
struct ferry_error;

/* socket: what the configuration says, borrowed from it, or NULL.
 * Errors: FERRY_ECONFIG, FERRY_ESYSTEM. */
int ferry_desk_new(struct ferry_desk **out, struct ferry_conf *conf,
    const char *store, const char **socket, struct ferry_error *err);
void ferry_desk_free(struct ferry_desk *desk); /* NULL is fine */
/* Whose passwords it knows, for the log. */
const char *ferry_desk_accounts(const struct ferry_desk *desk);

/* By whom passwords are looked at, and for how long that may take. */
struct ferry_accounts *ferry_desk_asks(const struct ferry_desk *desk);

/*
 * Fill *said, which is empty.  Returns: whether it is answered; if not, the
 * password is to be looked at, and _end told: 1 it is right, 0, or -1 and why
 * that is not known.
 */
bool ferry_desk_begin(struct ferry_desk *desk,
    const struct ferry_issue_ask *ask, struct ferry_issue_said *said);
void ferry_desk_end(struct ferry_desk *desk, const struct ferry_issue_ask *ask,
    int right, const struct ferry_error *why, struct ferry_issue_said *said);

#endif
