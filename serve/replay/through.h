#ifndef FERRY_SERVE_REPLAY_THROUGH_H
#define FERRY_SERVE_REPLAY_THROUGH_H

/*
 * Which upstreams are pulled through, as the store says.  From any thread, but
 * _new, _free and _follow.
 */

#include <stddef.h>

#include "store/pull/message.h"

struct ferry_error;
struct ferry_store;
struct ferry_through;

/* None yet.  Errors: FERRY_ENOMEM. */
int ferry_through_new(struct ferry_through **out, struct ferry_error *err);
void ferry_through_free(struct ferry_through *through); /* NULL is fine */

/* Look again.  What cannot be read now is as it was. */
void
ferry_through_follow(struct ferry_through *through, struct ferry_store *st);
/* As ferry_asker_upstreams(). */
size_t ferry_through_of(struct ferry_through *through, const char *format,
    char names[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME]);

#endif
