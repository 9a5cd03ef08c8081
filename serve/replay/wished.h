#ifndef FERRY_REPLAY_WISHED_H
#define FERRY_REPLAY_WISHED_H

/*
 * What clients asked for since the server started and what is not here, in
 * bounded memory, for the page: the log of what is asked for has all of it
 * (asked.h), and 'ferry wishes' sums that up.
 *
 * Of FERRY_WISHED_MAX that are remembered the rarest gives way.
 * Threads: all functions from any thread but _new and _free.
 */

#include <time.h>

#define FERRY_WISHED_MAX 1024
#define FERRY_WISHED_TEXT 768 /* of a wish, whose parts are cut */

struct ferry_error;
struct ferry_out;
struct ferry_pull_want;
struct ferry_wished;

/* Memory: 800 kB, all of it at once. */
int ferry_wished_new(struct ferry_wished **out, struct ferry_error *err);
void ferry_wished_free(struct ferry_wished *wished); /* NULL is fine */
/* It was not here, or it is. */
void ferry_wished_add(
    struct ferry_wished *wished, const struct ferry_pull_want *want);
void ferry_wished_fulfil(
    struct ferry_wished *wished, const struct ferry_pull_want *want);

/* A part of a page: the most wanted, up to max; nothing if nothing was asked for
 * in vain. */
void ferry_wished_page(
    struct ferry_wished *wished, struct ferry_out *out, size_t max);

#endif
