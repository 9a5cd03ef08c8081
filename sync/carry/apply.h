#ifndef FERRY_CARRY_APPLY_H
#define FERRY_CARRY_APPLY_H

/*
 * The second stage of an import: the records of a bundle whose volumes have
 * all been received are checked as a whole, then applied.
 */

#include "sync/carry/find.h"
#include "sync/carry/import.h"

struct ferry_error;

/*
 * All records that are not an upstream's of another origin; or, of a bundle that
 * was imported before, only those of upstreams that are behind (behind.h); or all
 * that begin a new history: nothing tells then which of two records of a key is
 * the later one, so a version that is removed here stays removed, and permissions
 * that were taken later than the bundle's stay.
 */
enum ferry_apply_what { FERRY_APPLY_ALL, FERRY_APPLY_BEHIND, FERRY_APPLY_ANEW };

/*
 * Commits; the last commit also moves the position of the origin and forgets
 * the incoming state.
 * Errors: FERRY_EMISSING (records name blobs that are neither here nor in the
 *     bundle: they are noted as wanted, nothing was applied), FERRY_EFORMAT,
 *     FERRY_ENEWER, FERRY_EUNDECLARED, FERRY_ECANCELLED, FERRY_ESYSTEM.
 */
int ferry_apply(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle,
    const struct ferry_protect *protect, enum ferry_apply_what what,
    struct ferry_import_bundle *out, struct ferry_error *err);

#endif
