#ifndef FERRY_COMMAND_TRUST_H
#define FERRY_COMMAND_TRUST_H

#include <jansson.h>

#include "sync/base/task.h"
#include "sync/carry/trust.h"

struct ferry_context;
struct ferry_error;
struct ferry_store;

/* `ferry trust brought ID`: print every import that a key signed, and each
 * version that came with one and is served still.  Returns 0, or -1. */
int ferry_trust_brought(struct ferry_context *ctx, struct ferry_store *st,
    const char *key, struct ferry_error *err);

/* `ferry trust add --root FILE`: trust a root; limits are those of its keys. */
int ferry_trust_root(struct ferry_context *ctx, const struct ferry_task *task,
    const char *path, const json_t *limits, struct ferry_error *err);
/* Print a line for each root that is trusted. */
int ferry_trust_roots(
    struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err);
/* Whether a key may be trusted by hand: of a store whose root is trusted here only
 * what that names.  Errors: FERRY_EUSAGE. */
int ferry_trust_by_root(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err);
/* Upstreams that limits name are store's from now on.  Errors: FERRY_EUSAGE. */
int ferry_trust_claim(struct ferry_store *st, const char *store,
    const json_t *limits, struct ferry_error *err);

#endif
