#ifndef FERRY_SERVE_REPLAY_ISSUING_H
#define FERRY_SERVE_REPLAY_ISSUING_H

/*
 * Asks the issuer (sync/issue/README.md) for tokens: a password is looked at there
 * and nowhere else.  As of asker.h: a thread has the connection, and no request
 * waits in a thread of the server.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>

#include "store/issue/message.h"

struct ferry_call;
struct ferry_error;
struct ferry_issuing;
struct ferry_response;

/* socket: a path, copied. */
int ferry_issuing_new(
    struct ferry_issuing **out, const char *socket, struct ferry_error *err);
/* All requests have ended.  NULL is fine. */
void ferry_issuing_free(struct ferry_issuing *issuing);

enum ferry_issued {
	FERRY_ISSUED, /* as said */
	FERRY_ISSUED_NOBODY, /* no issuer runs */
	FERRY_ISSUED_NO /* res says why: a status, and a text for people */
};
/*
 * What the answer() of a format does with a question: the first time it leaves
 * res->later behind, and when the request is given again it takes what was said.
 * Passwords in the clear, addresses that guess, a busy or broken issuer are
 * refused here, with `refuse`, in the client's own form; guesses are counted, and
 * each end is in the audit log.  ask is cleared.
 * Returns: 1 and *how (and *said, borrowed from the request, with FERRY_ISSUED);
 *     0 if there is no answer yet; -1.
 */
typedef void ferry_issuing_refuse(const struct ferry_call *call,
    unsigned status, const char *text, struct ferry_response *res);
int ferry_issuing_ask(const struct ferry_call *call,
    struct ferry_issue_ask *ask, ferry_issuing_refuse *refuse,
    struct ferry_response *res, enum ferry_issued *how,
    const struct ferry_issue_said **said, struct ferry_error *err);
/* Refuse as what the issuer says is wrong, where nobody could be asked. */
void ferry_issuing_wrong(const struct ferry_call *call,
    ferry_issuing_refuse *refuse, struct ferry_response *res);

#endif
