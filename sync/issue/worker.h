#ifndef FERRY_SYNC_ISSUE_WORKER_H
#define FERRY_SYNC_ISSUE_WORKER_H

/*
 * A process that looks at passwords, one at a time.  A directory that hangs, in
 * whatever call of whatever library, hangs it alone: it is killed, and another one
 * made.
 *
 * Threads: one, and the process has no other when a worker is made.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/base/error.h"

struct ferry_accounts;

struct ferry_worker {
	pid_t pid; /* 0: none */
	int fd; /* readable when it has answered or ended */
	uint64_t until_ms; /* of what it was asked; 0: nothing */
};

/* Errors: FERRY_ESYSTEM. */
int ferry_worker_start(struct ferry_worker *w, struct ferry_accounts *accounts,
    struct ferry_error *err);
/* Kill it, if it is there. */
void ferry_worker_stop(struct ferry_worker *w);
/* Ask it; both texts are as long as a message's.  Returns: 0, -1. */
int ferry_worker_ask(struct ferry_worker *w, const char *login,
    const char *password, uint64_t timeout_ms, struct ferry_error *err);
/* What it says: 1, 0, -1 with err as of ferry_accounts_ask(), or because it is
 * no more: then start another. */
int
ferry_worker_take(struct ferry_worker *w, bool *ended, struct ferry_error *err);

#endif
