#ifndef FERRY_STORE_FORMAT_NUGET_LEAF_H
#define FERRY_STORE_FORMAT_NUGET_LEAF_H

/*
 * What a registry says of a version: a leaf of a registration, whose
 * catalogEntry it is about.  All leaves are checked JSON (json_span.h).
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include <jansson.h>
#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_error;

/* The catalogEntry of a leaf; false for what is none. */
bool ferry_nuget_leaf_entry(struct ferry_bytes leaf, struct ferry_bytes *entry);
/* A string of an object, appended: 1; 0 if there is none; -1. */
int ferry_nuget_member(struct ferry_bytes object, const char *name,
    struct ferry_buf *out, struct ferry_error *err);
/* Whether the registry lists the version: `listed`, or a date that is not of
 * the year 1900, which says the same. */
bool ferry_nuget_leaf_listed(struct ferry_bytes leaf);

/* Append [ID, RANGE] to the needs of a group, as records have them. */
int ferry_nuget_need_push(json_t *needs, struct ferry_bytes id,
    struct ferry_bytes range, struct ferry_error *err);
/* Set in a version's record what changes: "listed", "published", "deprecation",
 * "vulnerabilities".  Errors: FERRY_ENOMEM. */
int ferry_nuget_leaf_say(
    json_t *record, struct ferry_bytes leaf, struct ferry_error *err);
/*
 * The record, without files, of a version that is not here: what its nuspec
 * would say, as far as the leaf tells, and what changes.  id and version are
 * for a leaf that is none, or says nothing of them.
 * Returns: 0 and *out (the caller decrefs), -1 (FERRY_ENOMEM).
 */
int ferry_nuget_leaf_record(json_t **out, struct ferry_bytes leaf,
    struct ferry_bytes id, struct ferry_bytes version, struct ferry_error *err);

#endif
