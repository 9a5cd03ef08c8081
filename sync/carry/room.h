#ifndef FERRY_SYNC_CARRY_ROOM_H
#define FERRY_SYNC_CARRY_ROOM_H

/* Whether a store has room for a bundle, before anything of it is read. */

#include <stdbool.h>
#include <stdint.h>

#include "sync/carry/find.h"

struct ferry_error;

struct ferry_room {
	uint64_t blobs; /* that are not here */
	uint64_t bytes; /* of them as they travel: the store needs no less */
};

/*
 * Count what of a bundle's volumes is not in task->st, but for those that are
 * done (by number, from 0; NULL: none is).  Indexes alone are read.  What is
 * damaged or missing counts nothing: receiving it tells.
 * Errors: of the index.
 */
int ferry_room_count(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, const bool *done,
    struct ferry_room *out, struct ferry_error *err);

/*
 * Whether it fits.  Volumes are only looked into where they might not.
 * Errors: FERRY_ESYSTEM (ENOSPC), of the index.
 */
int ferry_room_check(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, const bool *done,
    struct ferry_error *err);

#endif
