#ifndef FERRY_CATALOG_CHECK_H
#define FERRY_CATALOG_CHECK_H

/*
 * Whether a record of another store may enter this one: what a trusted key
 * has signed can still be wrong, and must not break what reads the catalog.
 */

#include <jansson.h>

#include "store/format/format.h"

struct ferry_error;
struct ferry_key;
struct ferry_store;

/*
 * value is NULL for a deletion.
 * Errors: FERRY_ENEWER (a kind of record or a format that this ferry does not
 *     know), FERRY_EFORMAT.
 */
int ferry_record_check(
    const struct ferry_key *key, const json_t *value, struct ferry_error *err);
/*
 * Whether a record that passed agrees with the documents that it names, which
 * st has; what is lost there is skipped.
 * Errors: FERRY_EFORMAT, and those of ferry_blob_load().
 */
int ferry_record_check_content(struct ferry_store *st,
    const struct ferry_key *key, const json_t *value, struct ferry_error *err);
/* How formats get documents to look into; ctx is the store. */
ferry_format_load ferry_record_load;

#endif
