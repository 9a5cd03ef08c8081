#ifndef FERRY_SERVE_REPLAY_BASES_H
#define FERRY_SERVE_REPLAY_BASES_H

/*
 * For which base URLs documents are kept compressed: a few, because clients
 * can name any host.
 *
 * A base has its place while it is asked for; one that was not for ten minutes
 * gives it to another.  Those without a place get documents uncompressed,
 * which cost nothing to keep.
 *
 * Threads: all functions from any thread.
 */

#include <stdbool.h>

struct ferry_bases;
struct ferry_error;

/* Without any.  Errors: FERRY_ENOMEM. */
int ferry_bases_new(struct ferry_bases **out, struct ferry_error *err);
void ferry_bases_free(struct ferry_bases *bases); /* NULL is fine */

/* Whether base has a place, from now on if there is one. */
bool ferry_bases_has(struct ferry_bases *bases, const char *base);

#endif
