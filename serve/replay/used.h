#ifndef FERRY_SERVE_REPLAY_USED_H
#define FERRY_SERVE_REPLAY_USED_H

/*
 * What clients use of upstreams that are pulled through, for the puller, which
 * drops what nobody uses; and how much of it was here.  What was told lately is
 * not told again, and where more is used than can be told, the rest is not:
 * memory is bounded.
 *
 * Threads: _add, _counts from any; _take from one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/pull/message.h"

struct ferry_error;
struct ferry_used;

/* Nothing was used.  Errors: FERRY_ENOMEM. */
int ferry_used_new(struct ferry_used **out, struct ferry_error *err);
void ferry_used_free(struct ferry_used *used); /* NULL is fine */

/* A client was answered.  use: what it got, whose "what" is "" if that is
 * nothing to keep; saved: bytes of a file that was here.  Returns: whether there
 * is much to tell. */
enum ferry_was { FERRY_WAS_HERE, FERRY_WAS_ASKED_FOR };
bool ferry_used_add(struct ferry_used *used, const struct ferry_pull_use *use,
    enum ferry_was was, uint64_t saved);

/*
 * Append a packet of what there is to tell: 1; 0 there is nothing; -1.
 * What was appended is forgotten.
 */
int ferry_used_take(
    struct ferry_used *used, struct ferry_buf *packet, struct ferry_error *err);

/* Since the start, of at most max upstreams.  Returns: of how many. */
#define FERRY_USED_UPSTREAMS 64
size_t ferry_used_counts(
    struct ferry_used *used, struct ferry_pull_count *out, size_t max);

#endif
