#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_DESCRIBE_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_DESCRIBE_H

/*
 * What the record of a gem has beside its files: "line", what /info says of it,
 * as upstream says it or, where that says too little, as the gem does; and
 * "about", what people read of it.
 */

#include "sync/upstream/package/format.h"

/* As describe() of struct ferry_package_format. */
int ferry_gem_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err);

#endif
