#ifndef FERRY_SYNC_UPSTREAM_NPM_FILES_H
#define FERRY_SYNC_UPSTREAM_NPM_FILES_H

/* The tarball of a version, and for which platforms it is. */

#include "sync/upstream/package/format.h"

/* As the functions of struct ferry_package_format. */
int ferry_npm_files(const struct ferry_version_at *at, ferry_on_file *on_file,
    void *ctx, struct ferry_error *err);
bool ferry_npm_listed_platform_ok(const struct ferry_packages *packages,
    const struct ferry_listed *listed, enum ferry_need need);
bool ferry_npm_has_shrinkwrap(const struct ferry_listed *listed);
uint64_t ferry_npm_unpacked_size(const struct ferry_listed *listed);

#endif
