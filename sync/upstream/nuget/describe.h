#ifndef FERRY_SYNC_UPSTREAM_NUGET_DESCRIBE_H
#define FERRY_SYNC_UPSTREAM_NUGET_DESCRIBE_H

/*
 * What the record of a version has beside its nupkg: what the nuspec says, what
 * the registry says of it, and small files out of the nupkg.
 */

#include "sync/upstream/package/format.h"

/* As describe() of struct ferry_package_format. */
int ferry_nuget_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err);

/* As agrees(): the contentHash of a lock file. */
int ferry_nuget_agrees(const struct ferry_version_at *at, const char *integrity,
    struct ferry_error *err);

#endif
