#ifndef FERRY_SYNC_UPSTREAM_NPM_SHRINKWRAP_H
#define FERRY_SYNC_UPSTREAM_NPM_SHRINKWRAP_H

/*
 * A package's own npm-shrinkwrap.json, inside its tarball, pins what is
 * installed below it.
 *
 * Source: store/format/npm/PROTOCOL.md section 10 ("_hasShrinkwrap").
 */

#include "sync/upstream/package/format.h"

/* As needs_inside() of struct ferry_package_format.  Errors: FERRY_EFORMAT,
 * FERRY_ELIMIT, those of reading blobs. */
int ferry_npm_shrinkwrap(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err);

#endif
