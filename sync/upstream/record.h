#ifndef FERRY_SYNC_UPSTREAM_RECORD_H
#define FERRY_SYNC_UPSTREAM_RECORD_H

/*
 * What a run tells the catalog and the local state of packages and versions,
 * whatever their format.
 */

#include <jansson.h>

#include "sync/upstream/run.h"

/* Of which package; strings are borrowed for the calls. */
struct ferry_recorded {
	struct ferry_run *run;
	const char *format, *name, *upstream;
};

/*
 * Put the record of the package (version NULL) or of a version; *takes* record,
 * NULL meaning that there was no memory for it.
 * Errors: FERRY_EFORMAT (no site would import it), which is of this item only.
 */
int ferry_recorded_put(const struct ferry_recorded *of, const char *version,
    json_t *record, struct ferry_error *err);
/* The record of a version: 1 and *out, 0, -1. */
int ferry_recorded_get(const struct ferry_recorded *of, const char *version,
    json_t **out, struct ferry_error *err);
/* What was removed stays removed: 1 if the operator removed that version, which
 * is counted; 0, -1. */
int ferry_recorded_is_removed(const struct ferry_recorded *of,
    const char *version, struct ferry_error *err);

/* Changed bytes under a known name: record that, until the version agrees
 * again, and fail it as item. */
void ferry_recorded_incident(const struct ferry_recorded *of,
    const char *version, const char *item, const char *text);
/* A version is here, and upstream agrees: what was wrong is over. */
int ferry_recorded_agrees(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err);

/* What a sync wants is no longer there only because a client asked for it. */
int ferry_recorded_wanted(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err);

/* Put a record with a key of its own; *takes* record as above. */
int ferry_run_put(struct ferry_run *run, const struct ferry_key *key,
    json_t *record, struct ferry_error *err);

#endif
