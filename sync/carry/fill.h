#ifndef FERRY_CARRY_FILL_H
#define FERRY_CARRY_FILL_H

/*
 * Filling the volumes of an export: wanted blobs, records, then the blobs of
 * the records, in the order of the journal.
 */

#include "sync/carry/state.h"

struct ferry_carry;
struct ferry_error;
struct ferry_export_plan;

#define FERRY_FILL_PART (4U << 20) /* of journal lines in a part */

/*
 * Write from where state stands to the last volume, saving state with every
 * complete one.  A blob found rotten is noted as lost.
 */
int ferry_fill(const struct ferry_carry *carry,
    const struct ferry_export_plan *plan, struct ferry_export_state *state,
    struct ferry_error *err);

#endif
