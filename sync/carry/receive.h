#ifndef FERRY_CARRY_RECEIVE_H
#define FERRY_CARRY_RECEIVE_H

/* The first stage of an import: from volumes to blobs that nobody sees yet. */

#include "sync/carry/find.h"
#include "sync/carry/import.h"

struct ferry_error;

/*
 * Read every volume that is not done yet; commits.  A damaged or missing
 * volume does not stop the others.
 * Returns 0 when all are done, -1 with the first failure otherwise.
 */
int ferry_receive(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_import_bundle *out,
    struct ferry_error *err);
/*
 * Of a bundle whose records are here: read only what this store lost or
 * wants; commits.
 */
int ferry_receive_repairs(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_import_bundle *out,
    struct ferry_error *err);

#endif
