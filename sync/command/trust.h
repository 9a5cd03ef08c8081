#ifndef FERRY_COMMAND_TRUST_H
#define FERRY_COMMAND_TRUST_H

struct ferry_context;
struct ferry_error;
struct ferry_store;

/* `ferry trust brought ID`: print every import that a key signed, and each
 * version that came with one and is served still.  Returns 0, or -1. */
int ferry_trust_brought(struct ferry_context *ctx, struct ferry_store *st,
    const char *key, struct ferry_error *err);

#endif
