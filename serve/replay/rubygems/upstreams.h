#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_UPSTREAMS_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_UPSTREAMS_H

/*
 * /versions where upstreams are pulled through: what theirs list, then what the
 * own one says.  Bundler asks for no gem that is not in it; of a gem that is in
 * it twice the last line counts.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 2.
 */

#include "serve/replay/rubygems/lists.h"

/* own is the list of what is here, plain; of what else there is, what comes has
 * what the holder of permit may read.  Returns: 1 and *out (the caller unrefs);
 * 0 if no such upstream has a list; -1. */
int ferry_gem_upstream_versions(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_body *own,
    enum ferry_gem_form form, struct ferry_body **out, struct ferry_error *err);

#endif
