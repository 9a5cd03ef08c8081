#ifndef FERRY_SYNC_UPSTREAM_WITHDRAWN_H
#define FERRY_SYNC_UPSTREAM_WITHDRAWN_H

/*
 * What upstream takes away, whatever its way to say so: it stays here, the sync
 * tells of it once, status lists it, and the upstream's option `withdrawn` says
 * whether clients are shown it (store/catalog/withdrawn.h has the records).
 */

#include <jansson.h>
#include <stdbool.h>

#include "sync/upstream/record.h"

struct ferry_conf_group;

/* Whether clients get what upstream lists no more. */
enum ferry_withdrawn { FERRY_WITHDRAWN_KEEP, FERRY_WITHDRAWN_HIDE };

/* The option of an upstream's group: "keep", "hide", or what fallback says. */
int ferry_withdrawn_read(struct ferry_conf_group *group, const char *fallback,
    enum ferry_withdrawn *out, struct ferry_error *err);

/* A copy of record as it is to be now that upstream lists what it is of, or
 * does not; NULL if nothing changes. */
json_t *ferry_withdrawn_changed(
    const json_t *record, bool listed, enum ferry_withdrawn how);

/* Tell of an item that went since the last run. */
void ferry_withdrawn_say(
    struct ferry_run *run, const char *item, enum ferry_withdrawn how);

/*
 * What `ferry status` says of a package (of->name), of which n things, one of
 * them called first, are here and listed no more; nothing if n is 0.
 * what is their kind: "version", "tag".
 */
int ferry_withdrawn_put_status(const struct ferry_recorded *of,
    const char *what, size_t n, const char *first, enum ferry_withdrawn how,
    struct ferry_error *err);

#endif
