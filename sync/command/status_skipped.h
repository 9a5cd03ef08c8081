#ifndef FERRY_SYNC_COMMAND_STATUS_SKIPPED_H
#define FERRY_SYNC_COMMAND_STATUS_SKIPPED_H

/* What imports skipped, for `ferry status`. */

#include <jansson.h>

struct ferry_error;
struct ferry_store;

/* Add each of passed, the {"key","record"} of what was skipped: to problems, or
 * to chosen where the operator's word is the reason (authority.h). */
int ferry_status_skipped(struct ferry_store *st, const json_t *passed,
    json_t *problems, json_t *chosen, struct ferry_error *err);

#endif
