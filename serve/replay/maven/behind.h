#ifndef FERRY_SERVE_REPLAY_MAVEN_BEHIND_H
#define FERRY_SERVE_REPLAY_MAVEN_BEHIND_H

/*
 * Which upstreams clients may mean by a package's name alone: the one that the
 * name is of, and behind it those that its configuration says are asked for what
 * it lacks (option fallback), as a build asks its repositories one after the
 * other.  No other upstream adds to a name.
 */

#include <stdbool.h>

#include "serve/replay/view.h"

struct ferry_body;
struct ferry_error;

/*
 * The upstreams that have the package of call->resource, the one that its name
 * is of first.  Returns: 1 and *out (the caller unrefs), 0 none has it, -1.
 */
int ferry_maven_behind(const struct ferry_call *call, enum ferry_lookup lookup,
    struct ferry_body **out, struct ferry_error *err);
/* Set owner of call to the next of them; *at is 0 at first.  Whether there was
 * one. */
bool ferry_maven_behind_next(
    const struct ferry_body *behind, size_t *at, struct ferry_call *call);

#endif
