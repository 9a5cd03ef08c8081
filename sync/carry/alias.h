#ifndef FERRY_SYNC_CARRY_ALIAS_H
#define FERRY_SYNC_CARRY_ALIAS_H

/*
 * Two origins may each have an upstream of one name.  Here, one of them gets
 * another: what the origin brings as UPSTREAM is kept as if it had been called
 * NAME.  Local records:
 *
 *	alias ORIGIN UPSTREAM	{"name"}
 */

#include <jansson.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_key;
struct ferry_store;

/* Part of the next ferry_store_commit().  name is upstream: it has none. */
int ferry_alias_put(struct ferry_store *st, const char *origin,
    const char *upstream, const char *name, struct ferry_error *err);

/* All of an origin's: *out is an object from upstream to name, the caller's. */
int ferry_alias_load(struct ferry_store *st, const char *origin, json_t **out,
    struct ferry_error *err);

/*
 * Rename the owner of a catalog key.  Returns: 1 if it has an alias, 0, -1.
 * Errors: FERRY_EUSAGE: it has none, and its name is that of one that has.
 */
int ferry_alias_key(
    const json_t *aliases, struct ferry_key *key, struct ferry_error *err);
/*
 * The same inside of a put's value, if ferry_alias_key() renamed its key.
 * A permission snapshot is written anew, because it says whose users it means:
 * numbers of one GitHub are not those of another.
 */
int ferry_alias_value(struct ferry_store *st, const json_t *aliases,
    const struct ferry_key *key, json_t *value, struct ferry_error *err);
/* The text of a snapshot of what is called name here: append to out. */
int ferry_alias_snapshot(const json_t *aliases, const char *name,
    struct ferry_bytes text, struct ferry_buf *out, struct ferry_error *err);

#endif
