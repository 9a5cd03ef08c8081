#ifndef FERRY_SYNC_UPSTREAM_NUGET_REGISTRATION_H
#define FERRY_SYNC_UPSTREAM_NUGET_REGISTRATION_H

/*
 * The document of a package: its registration, in pages if it is long; of a
 * registry without registrations the list of the flat container.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include "sync/upstream/package/format.h"

/* As read() of struct ferry_package_format.  The object of a version is its
 * leaf, or of a list its string. */
int ferry_nuget_registration_read(struct ferry_document *document,
    const char *part, struct ferry_bytes text, const char *name,
    struct ferry_error *err);

/* The catalogEntry of a leaf; false for what is none. */
bool ferry_nuget_leaf_entry(struct ferry_bytes leaf, struct ferry_bytes *entry);
/* A string of an object, appended: 1; 0 if there is none; -1. */
int ferry_nuget_member(struct ferry_bytes object, const char *name,
    struct ferry_buf *out, struct ferry_error *err);
/* Whether the registry lists the version: `listed`, or a date that is not of
 * the year 1900, which says the same. */
bool ferry_nuget_leaf_listed(struct ferry_bytes leaf);

#endif
