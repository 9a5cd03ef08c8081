#ifndef FERRY_SYNC_UPSTREAM_NPM_NEEDS_H
#define FERRY_SYNC_UPSTREAM_NPM_NEEDS_H

/* What a version of an npm package depends on, as its packument says. */

#include "sync/upstream/package/format.h"

/* As needs() of struct ferry_package_format. */
int ferry_npm_needs(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err);

#endif
