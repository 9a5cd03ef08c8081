#ifndef FERRY_SYNC_ISSUE_DESK_H
#define FERRY_SYNC_ISSUE_DESK_H

/*
 * Where questions to the issuer are answered, one by one: who asks, whether that
 * is true, what they may have.
 *
 * Threads: ferry_desk_answer() from any thread.
 */

#include "store/issue/message.h"

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

/* Fill *said, which is empty; takes as long as a directory may. */
void ferry_desk_answer(struct ferry_desk *desk,
    const struct ferry_issue_ask *ask, struct ferry_issue_said *said);

#endif
