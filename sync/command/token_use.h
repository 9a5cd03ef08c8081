#ifndef FERRY_SYNC_COMMAND_TOKEN_USE_H
#define FERRY_SYNC_COMMAND_TOKEN_USE_H

/*
 * When tokens were last used.  A ferryd that may not write to the store notes no
 * use; its audit log (serve/replay/audit.h) has them all.
 */

#include <stddef.h>

struct ferry_conf;
struct ferry_error;
struct ferry_user_token;

/*
 * Set used_at of those that the audit log of the configuration tells a later use
 * of; nothing without such a log, or where it cannot be read.
 * Errors: FERRY_ECONFIG, FERRY_ENOMEM.
 */
int ferry_token_use_find(struct ferry_user_token *tokens, size_t n,
    struct ferry_conf *conf, struct ferry_error *err);

#endif
