#ifndef FERRY_SYNC_UPSTREAM_NUGET_NEEDS_H
#define FERRY_SYNC_UPSTREAM_NUGET_NEEDS_H

/*
 * What a version needs: the dependency groups of its leaf, then those of its
 * nuspec, which is what clients read, and what other members name.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 4 and 9.
 */

#include "sync/upstream/package/format.h"

struct nuget_inside;

/* As needs() and needs_inside() of struct ferry_package_format. */
int ferry_nuget_needs(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err);
int ferry_nuget_needs_inside(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err);

/*
 * Set "also" of a record to what clients fetch beside dependencies: packages
 * that runtime.json names for runtimes, and those of a tool that has one for
 * each.  Elements are [runtime, id, range].
 */
int ferry_nuget_needs_describe(
    json_t *record, const struct nuget_inside *inside, struct ferry_error *err);

#endif
