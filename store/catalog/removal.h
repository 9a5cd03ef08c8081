#ifndef FERRY_CATALOG_REMOVAL_H
#define FERRY_CATALOG_REMOVAL_H

/*
 * What an operator removed, and what is known of it once gc took its bytes.
 *
 * A removed version's record has "deleted_at".  Of what was removed only
 * because another version had needed it, it also has "deleted_with", that
 * version: such a one comes back when something needs it again.  So does what
 * gc removed because nothing wanted it any more, which has "unwanted", true.
 * When gc deletes another record, a local record takes its place, so that no
 * sync brings the version back:
 *
 *	removed FORMAT NAME OWNER VERSION	{"at":…}, its "deleted_at"
 *
 * A version record, whoever put it, counts for more than the local one.
 */

#include "store/catalog/removed.h"

struct ferry_error;
struct ferry_key;
struct ferry_store;

/*
 * Whether a sync leaves the version of that key alone: 1; 0 if it is served,
 * unknown, or was removed only with another; -1.
 */
int ferry_removal_stands(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);

/* Delete a version that was removed; the removal stays.  record is its. */
int ferry_removal_expire(struct ferry_store *st, const struct ferry_key *key,
    const json_t *record, struct ferry_error *err);

/* Lift the removal of a version that has no record.  1, 0 (there is none), -1. */
int ferry_removal_lift(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);

/*
 * The versions of a package (key: package …) that are removed and have no
 * record, an array of strings in the order of keys.  Committed state.  The
 * caller decrefs.
 */
int ferry_removal_list(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err);

#endif
