#ifndef FERRY_SYNC_CARRY_VOLUMES_H
#define FERRY_SYNC_CARRY_VOLUMES_H

/*
 * Filling the volumes of an export: wanted blobs, records, then the blobs of
 * the records, in the order of the journal.
 */

#include "sync/carry/resume.h"

struct ferry_task;
struct ferry_error;
struct ferry_export_plan;

#define FERRY_FILL_PART (4U << 20) /* of journal lines in a part */

/*
 * Write from where state stands to the last volume, saving state with every
 * complete one.  A blob found rotten is noted as lost.
 */
int ferry_volumes_write(const struct ferry_task *task,
    const struct ferry_export_plan *plan, struct ferry_export_state *state,
    struct ferry_error *err);

#endif
