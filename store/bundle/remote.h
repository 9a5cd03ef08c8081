#ifndef FERRY_BUNDLE_REMOTE_H
#define FERRY_BUNDLE_REMOTE_H

/* A key that signs and is not here: in a token (token.h) or an agent (agent.h). */

#include "store/bundle/public.h"

struct ferry_error;
struct ferry_remote;

#define FERRY_REMOTE_URI_MAX 1024
/* Whether key names one of these, and is no file. */
bool ferry_remote_is_uri(const char *key);
/* Errors: of both. */
int ferry_remote_open(struct ferry_remote **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err);
void ferry_remote_free(struct ferry_remote *remote);
int ferry_remote_sign(struct ferry_remote *remote, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err);

#endif
