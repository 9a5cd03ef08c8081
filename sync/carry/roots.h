#ifndef FERRY_SYNC_CARRY_ROOTS_H
#define FERRY_SYNC_CARRY_ROOTS_H

/*
 * The roots (store/bundle/root.h) of origins: at an origin its own, at a site
 * those that it trusts, from the first that somebody brought by hand.  Local
 * records:
 *
 *	root ORIGIN NUMBER	{"text":…,"limits":{…},"at":…}
 *
 * NUMBER has 6 digits, and none is left out.  limits, if there are any, are those
 * (limits.h) of its keys that came since.  rotate.h puts them.
 */

#include <jansson.h>

#include "store/bundle/root.h"

struct ferry_store;

/* Before its end it is time for the next root. */
#define FERRY_ROOTS_SOON_S (30 * 86400)

/* A root that is here; root borrows from text. */
struct ferry_roots_one {
	struct ferry_root root;
	struct ferry_buf text;
	json_t *limits; /* or NULL */
};

/* Returns: 1 and *out, to be cleared; 0; -1. */
#define FERRY_ROOTS_NEWEST 0U
int ferry_roots_get(struct ferry_store *st, const char *origin, uint64_t number,
    struct ferry_roots_one *out, struct ferry_error *err);
void ferry_roots_clear(struct ferry_roots_one *one);
/* Part of the next commit; limits may be NULL. */
int ferry_roots_put(struct ferry_store *st, const struct ferry_root *root,
    struct ferry_bytes text, const json_t *limits, struct ferry_error *err);
/* Forget all of origin's.  Part of the next commit. */
int ferry_roots_delete(
    struct ferry_store *st, const char *origin, struct ferry_error *err);
/* How many signatures the newest root asks of a bundle; 0 without one. */
int ferry_roots_threshold(struct ferry_store *st, const char *origin,
    uint64_t *out, struct ferry_error *err);
/* Whether there are roots of anybody: 1, 0, -1. */
int ferry_roots_any(struct ferry_store *st, struct ferry_error *err);
/* The newest root of each origin. */
typedef int ferry_on_root(
    void *ctx, const struct ferry_roots_one *one, struct ferry_error *err);
int ferry_roots_each(struct ferry_store *st, ferry_on_root *on_root, void *ctx,
    struct ferry_error *err);
/*
 * Append what travels in a head (FORMAT.md): of origin's roots as many as there is
 * room for, and the newest of them.
 */
int ferry_roots_words(struct ferry_store *st, const char *origin,
    struct ferry_buf *words, struct ferry_error *err);

#endif
