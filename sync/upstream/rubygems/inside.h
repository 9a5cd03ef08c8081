#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_INSIDE_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_INSIDE_H

/*
 * What is inside a gem: a tar of metadata.gz, data.tar.gz and
 * checksums.yaml.gz, and signatures of those.
 *
 * `gem install` verifies nothing, so this does: every member that the checksums
 * name has them.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 1 and 6.
 */

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;
struct ferry_store;

/*
 * Append the metadata, unpacked.
 * Errors: FERRY_EFORMAT (no gem), FERRY_EDIGEST (a member is not what its
 *     checksum says), FERRY_ELIMIT, FERRY_ENOTFOUND (no such blob), others of
 *     the store.
 */
int ferry_gem_inside(struct ferry_buf *metadata, struct ferry_store *st,
    const struct ferry_digest *gem, struct ferry_error *err);

#endif
