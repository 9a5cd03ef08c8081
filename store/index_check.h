#ifndef FERRY_STORE_INDEX_CHECK_H
#define FERRY_STORE_INDEX_CHECK_H

/*
 * Whether the index can be read to its last byte, with RocksDB's checksums, and
 * agrees with itself; for `ferry verify`.
 */

#include "store/store.h"

/* A part of the index ("journal", "log" …) is broken; text says how. */
typedef void
ferry_index_broken_fn(void *ctx, const char *part, const char *text);

/*
 * Read every family, and check that
 *	the journal has each number from 1 on, and its chains;
 *	every file of a record has its reference, and there are no others;
 *	keys and records are such.
 * Then look whether a writer could open the index, if none does now; one that
 * wants to, meanwhile, is told to wait.
 * stopped is asked now and then (FERRY_ECANCELLED).
 */
int ferry_index_check(struct ferry_store *st, ferry_index_broken_fn *on_broken,
    void *ctx, bool (*stopped)(void), struct ferry_error *err);

#endif
