#ifndef FERRY_CATALOG_OWNER_H
#define FERRY_CATALOG_OWNER_H

/*
 * Whose package a name means, where clients say no more than the name, and
 * whose a registry's host is.
 *
 * Of several upstreams that have it the one that came first decides, so that
 * none that comes later takes names over; `ferry access prefer` says otherwise.
 * It decides alone: were another asked for what it lacks, one upstream could put
 * versions into another's package.  Local records:
 *
 *	rank UPSTREAM	{"rank"}: the lower goes first; equal ones in the order
 *			of their names.  Those of stores that had no ranks yet
 *			have none, and go first
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_buf;
struct ferry_error;
struct ferry_store;

/* The owner of package.  Returns: 1 and the name appended to out, 0 if nobody
 * has it, -1. */
int ferry_owner_find(struct ferry_store *st, const char *format,
    const char *package, struct ferry_buf *out, struct ferry_error *err);

/* 0 for those that have none. */
int ferry_owner_rank(struct ferry_store *st, const char *upstream,
    uint64_t *out, struct ferry_error *err);
/* An upstream has come: behind all others, unless it has a rank.  Part of the
 * next commit, as is _prefer. */
int ferry_owner_came(
    struct ferry_store *st, const char *upstream, struct ferry_error *err);
/* These n go first, in this order. */
int ferry_owner_prefer(struct ferry_store *st, const char *const *upstreams,
    size_t n, struct ferry_error *err);

#endif
