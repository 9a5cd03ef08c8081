#ifndef FERRY_SYNC_COMMAND_STATUS_SKIPPED_H
#define FERRY_SYNC_COMMAND_STATUS_SKIPPED_H

/* What imports skipped, for `ferry status`. */

#include <jansson.h>

struct ferry_error;
struct ferry_store;

/* Add {"key","record"} of each: to problems, or to chosen where the operator's
 * word is the reason (authority.h). */
int ferry_status_skipped(struct ferry_store *st, json_t *problems,
    json_t *chosen, struct ferry_error *err);
/* Those of chosen, for people. */
void ferry_status_print_skipped(const json_t *chosen);

#endif
