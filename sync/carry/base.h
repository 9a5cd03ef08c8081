#ifndef FERRY_SYNC_CARRY_BASE_H
#define FERRY_SYNC_CARRY_BASE_H

/* From which blob a site could make another one: recipes in bundles. */

#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/receipt.h"
#include "store/catalog/catalog.h"

struct ferry_error;
struct ferry_store;

/*
 * Where bases may be: at the site, by its receipt, or in what carries the blob
 * itself, before it.  A site has every blob that has been named since a record
 * that is there, unless it asks for it.
 */
struct ferry_base_places {
	const struct ferry_receipt *site;
	bool site_known; /* the receipt tells what is there */
	/* Nothing was exported to it since: its documents are those still. */
	bool site_settled;
	bool (*carried)(void *ctx, const struct ferry_digest *blob);
	void *ctx;
};
struct ferry_base {
	struct ferry_digest blob;
	bool at_site; /* else it is carried */
};
/* Whether the site asks for a blob: such a one is no base, and travels whole. */
bool ferry_base_is_wanted(
    const struct ferry_receipt *site, const struct ferry_digest *blob);
/*
 * A base for file i of a version's record: file i of the nearest lower version
 * of the package, or else of the nearest higher, that is in one of the places.
 * For a package's document: what it was in the record that the site is at, if
 * it surely still is there: a site that went on drops the documents before.
 *
 * Returns: 1 and *out; 0 if there is none; -1.
 */
int ferry_base_find(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i,
    const struct ferry_base_places *places, struct ferry_base *out,
    struct ferry_error *err);

#endif
