#ifndef FERRY_SYNC_BOX_BOX_H
#define FERRY_SYNC_BOX_BOX_H

/*
 * A command of the user's whose clients get everything from a ferryd of its
 * own, and what they asked that for.
 *
 *	network of its own (where the machine lets us make one)
 *	┌───────────────────────────┐
 *	│ command ──► 127.0.0.1:N ──┼──► ferryd ──► store
 *	└───────────────────────────┘        └─(socket)─► a puller, if any
 *
 * The command runs in a home of its own, without caches (clients.h), in the
 * folder that we are in, with our input and output.
 */

#include <stdbool.h>

#include "sync/box/asked.h"

struct ferry_error;

struct ferry_box {
	const char *store; /* what ferryd serves */
	const char
	    *socket; /* of a puller, absolute; NULL: what is held is all */
	const char *token; /* that clients show, or NULL */
	const char *const *registries; /* as of clients.h */
	size_t registries_n;
	char *const *argv; /* up to a NULL */
};
struct ferry_box_end {
	int status; /* of the command; 128 and a signal's number */
	bool closed; /* it could reach nothing else */
	struct ferry_asked asked; /* the caller frees */
};
/* Before the store is opened: this forks.  Errors: FERRY_ESYSTEM, what ferryd
 * says if it does not start or ends too early. */
int ferry_box_run(const struct ferry_box *box, struct ferry_box_end *out,
    struct ferry_error *err);

#endif
