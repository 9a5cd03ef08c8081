#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_INDEX_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_INDEX_H

/*
 * What a registry says of all its gems at once: /versions of the compact index,
 * or where there is none, the Marshal indexes.
 *
 * /versions is read as it comes.  The next sync asks for what follows what is
 * here, and believes that only if the digest of the whole fits.  The Marshal
 * indexes say which versions there are and nothing more: what a gem depends on
 * is read from the gem, and its document is made here.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 2, 5 and 9.
 */

#include "sync/upstream/package/format.h"

struct gems;

/* As known() of struct ferry_package_format. */
int ferry_gem_index_known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err);
/* Ask for the index of a registry before any gem is, for a puller: clients see
 * no gem that its list lacks.  That it cannot be had fails gems, later. */
int
ferry_gem_index_ask(struct ferry_packages *packages, struct ferry_error *err);
void ferry_gem_index_free(struct gems *gems);

#endif
