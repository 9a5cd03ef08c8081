#ifndef FERRY_SYNC_ACCESS_COMPILE_H
#define FERRY_SYNC_ACCESS_COMPILE_H

/*
 * From facts to the permission snapshot that a store keeps.
 */

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_store;

/*
 * Store the snapshot of a GitHub upstream: facts is what its API said
 * (ferry_facts_text()).  Part of the next commit.
 * Returns: 1; 0 if nothing changed; -1.
 */
int ferry_compile_github(struct ferry_store *st, const char *upstream,
    struct ferry_bytes facts, struct ferry_error *err);

#endif
