#ifndef FERRY_SYNC_PULL_REFUSED_H
#define FERRY_SYNC_PULL_REFUSED_H

/*
 * What the puller would not get lately, for `ferry status`: a list in memory,
 * NULL while it is empty, and the local record "last refused":
 * {"refused":[{"item","text","at"}…]}, oldest first.
 */

#include <jansson.h>

struct ferry_error;
struct ferry_store;

#define FERRY_REFUSED_MAX 50

/* Note one.  Without memory it is not. */
void ferry_refused_note(json_t **list, const char *item, const char *text);
/* Put what is new into the store, each thing once, and empty the list.  Part of
 * the next commit. */
int ferry_refused_keep(
    json_t **list, struct ferry_store *st, struct ferry_error *err);

#endif
