#ifndef FERRY_SYNC_COMMAND_STATUS_PULL_H
#define FERRY_SYNC_COMMAND_STATUS_PULL_H

#include <jansson.h>

/* For people: what the puller did, as its local records say: "traffic" as a list
 * of {"key","record"}, "cache" and "last refused", or NULL. */
void ferry_status_pull(
    const json_t *traffic, const json_t *cache, const json_t *refused);

#endif
