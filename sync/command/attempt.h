#ifndef FERRY_SYNC_COMMAND_ATTEMPT_H
#define FERRY_SYNC_COMMAND_ATTEMPT_H

/*
 * That a sync, export or import was tried, however it ended: local record
 * `try NAME`.  Its beginning is written first, so that one that was killed is
 * seen as well.
 */

#include <stdint.h>

struct ferry_context;
struct ferry_error;
struct ferry_store;

struct ferry_attempt {
	const char *name; /* of the command; NULL: nothing is noted */
	int64_t began;
	char text[300]; /* of what ended it, if that is no error; or "" */
};

/* Note in st, a writer without anything pending, that name begins.
 * Errors: of the index. */
int ferry_attempt_begin(struct ferry_attempt *attempt, const char *name,
    struct ferry_store *st, struct ferry_error *err);
/*
 * Note that it succeeded: in st, which has committed all that it did.
 * Errors: of the index.
 */
int ferry_attempt_succeed(struct ferry_attempt *attempt, struct ferry_store *st,
    int status, struct ferry_error *err);
/*
 * Note, once its store is closed, that it ended with an exit status; why is
 * what main will print.  What the store cannot take now stays unfinished.
 * Does nothing after _succeed, or without _begin.
 */
void ferry_attempt_fail(struct ferry_attempt *attempt,
    struct ferry_context *ctx, int status, const struct ferry_error *why);

#endif
