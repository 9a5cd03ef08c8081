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

/* As times(): of leaves that say when they were published. */
int ferry_nuget_times(const struct ferry_document *document,
    ferry_on_time *on_time, void *ctx, struct ferry_error *err);

#endif
