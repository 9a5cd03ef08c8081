#ifndef FERRY_SERVE_REPLAY_NPM_TARBALL_H
#define FERRY_SERVE_REPLAY_NPM_TARBALL_H

/*
 * The tarball that a path means: "NAME/-/NAME-VERSION.tgz", or the path that
 * it has upstream.  Decoded, without a leading '/'.
 */

#include <stdbool.h>

#include "serve/replay/call.h"

struct ferry_body;
struct ferry_digest;
struct ferry_error;
struct ferry_store_view;

/* The version that a path of the usual shape means, by its name alone; whether
 * it has that shape. */
bool ferry_npm_tarball_version(
    const char *package, const char *path, char version[FERRY_ITEM_NAME]);
/* Returns: 1 and its digest, 0, -1. */
int ferry_npm_tarball_find(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_digest *out,
    struct ferry_error *err);
/* The same with its content, from the cache or for it, which the caller
 * unrefs. */
int ferry_npm_tarball_body(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_body **out,
    struct ferry_error *err);

#endif
