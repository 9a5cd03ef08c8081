#ifndef FERRY_STORE_INDEX_RECORDS_H
#define FERRY_STORE_INDEX_RECORDS_H

/* JSON records by key, of the catalog and of the local state: going through
 * them, and (with store/internal.h) reading them. */

#include <jansson.h>

#include "store/index/key.h"

struct ferry_error;
struct ferry_record_iter;

/*
 * The next record, in the order of keys: 1 with key and *value (the caller
 * decrefs), 0 at the end, -1.  The iterator sees one state.  value may be NULL
 * where only keys are wanted.
 */
int ferry_record_iter_next(struct ferry_record_iter *it, struct ferry_key *key,
    json_t **value, struct ferry_error *err);
void ferry_record_iter_free(struct ferry_record_iter *it);

/*
 * Call on_record for each that is left, until it returns other than 0.  key and
 * record are borrowed.  *Takes* it.
 * Returns: 0, or what on_record returned; -1.
 */
typedef int ferry_record_fn(void *ctx, const struct ferry_key *key,
    json_t *record, struct ferry_error *err);
int ferry_record_iter_each(struct ferry_record_iter *it,
    ferry_record_fn *on_record, void *ctx, struct ferry_error *err);

#endif
