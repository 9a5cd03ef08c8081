#ifndef FERRY_SYNC_COMMAND_CONFIG_H
#define FERRY_SYNC_COMMAND_CONFIG_H

/* What is wrong with a configuration: `ferry config check`. */

#include <jansson.h>

struct ferry_context;
struct ferry_error;

/*
 * Look at all of ctx->conf, the server's part too.  *out is the caller's: an
 * array of texts, empty if all is right.  Errors: FERRY_ENOMEM.
 */
int ferry_config_mistakes(
    struct ferry_context *ctx, json_t **out, struct ferry_error *err);

#endif
