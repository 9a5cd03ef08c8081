#ifndef FERRY_SERVE_REPLAY_NPM_LOAD_H
#define FERRY_SERVE_REPLAY_NPM_LOAD_H

/* The packument that upstream gave, from the store, with what it said before of
 * versions that it took away. */

#include "serve/replay/held.h"

struct ferry_error;
struct ferry_store_view;

/*
 * The packument of a package, in out, which is empty, and what is held of
 * it, which the caller frees.  Documents above 256 MiB are not served.
 * Returns: 1, 0, -1.
 */
int ferry_npm_load(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_buf *out, struct ferry_held *held,
    struct ferry_error *err);

#endif
