#ifndef FERRY_SYNC_CARRY_LISTING_H
#define FERRY_SYNC_CARRY_LISTING_H

/* What is in a bundle, without a store: its records, as they lie on a medium. */

#include <jansson.h>

#include "store/index/key.h"
#include "sync/carry/find.h"

struct ferry_error;

/* Called for each record, in order; value is NULL for a deletion. */
typedef int ferry_on_listed(void *ctx, const struct ferry_key *key,
    const json_t *value, struct ferry_error *err);

struct ferry_member;
/* Called for each blob, or piece of one; its content is passed over. */
typedef int ferry_on_carried_blob(
    void *ctx, const struct ferry_member *member, struct ferry_error *err);

/*
 * Read the records of every volume of a bundle, and look at its blobs, in the
 * order of the volumes, where records come before the blobs that they name;
 * digests are checked on the way, of the records.  A record that is malformed ends
 * it.  on_blob may be NULL.
 * Errors: of reading volumes, FERRY_EFORMAT, or the callbacks'.
 */
int ferry_listing_each(const struct ferry_found_bundle *bundle,
    ferry_on_listed *on_listed, ferry_on_carried_blob *on_blob, void *ctx,
    struct ferry_error *err);

#endif
