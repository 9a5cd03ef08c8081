#ifndef FERRY_SYNC_CARRY_BASE_H
#define FERRY_SYNC_CARRY_BASE_H

/* From which blob a site could make another one: recipes in bundles. */

#include <stdint.h>

#include "store/bundle/receipt.h"
#include "store/catalog/catalog.h"

struct ferry_error;
struct ferry_store;

/*
 * A base for file i of a version's record: file i of the nearest lower version
 * of the package, or else of the nearest higher, that the site has by its
 * receipt.  It has every blob that has been named since a record that is there,
 * unless it asks for it.
 *
 * Returns: 1 and *out; 0 if there is none, and the blob should travel whole: also
 *     where the site asks for the blob itself; -1.
 */
int ferry_base_find(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i,
    const struct ferry_receipt *site, struct ferry_digest *out,
    struct ferry_error *err);

#endif
