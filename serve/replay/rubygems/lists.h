#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_LISTS_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_LISTS_H

/*
 * Lists over all gems, ready: /versions, /names and the Marshal indexes.
 *
 * A list has only what its readers may read.  It is made once for a set of gems,
 * whoever asks: an audience, which is everybody or the holder of one token, is
 * told its set when permissions or gems have changed, and not by each request.
 *
 * /versions is carried on: what changed is appended to what clients have of it,
 * so that they ask for that part only, until that is worth half of it.
 *
 * Bounded by bytes; the least recently used goes first.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "serve/replay/rubygems/path.h"

struct ferry_body;
struct ferry_call;
struct ferry_error;
struct ferry_gem_index;
struct ferry_gem_lists;
struct ferry_permit;

/* Of the gems in index, which is borrowed. */
int ferry_gem_lists_new(struct ferry_gem_lists **out,
    struct ferry_gem_index *index, struct ferry_error *err);
void ferry_gem_lists_free(struct ferry_gem_lists *lists); /* NULL is fine */

/* Marshal indexes are packed; of the others it is asked. */
enum ferry_gem_form { FERRY_GEM_PLAIN, FERRY_GEM_PACKED };
struct ferry_gem_list {
	struct ferry_body *body; /* the caller unrefs */
	time_t made_at;
	bool empty; /* there is nothing for this audience */
};
/* The list of kind, of the owner that call names.  Returns: 0, -1. */
int ferry_gem_lists_get(struct ferry_gem_lists *lists,
    const struct ferry_call *call, const struct ferry_permit *permit,
    enum ferry_gem_form form, struct ferry_gem_list *out,
    struct ferry_error *err);

#endif
