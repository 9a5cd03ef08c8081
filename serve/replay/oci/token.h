#ifndef FERRY_SERVE_REPLAY_OCI_TOKEN_H
#define FERRY_SERVE_REPLAY_OCI_TOKEN_H

/*
 * Tokens of OCI registries: how clients learn that they need one, and the URL
 * where they get it.
 *
 * The path is "/v2/token": a repository's path has at least three words, so
 * no repository hides behind it, and a proxy that passes /v2/ on passes all.
 *
 * A token says who asked for it, by Basic or in a form, and what for.  What
 * its subject may read is decided at each request: a token for a repository
 * that the subject may not read is given out, and opens nothing.
 *
 * Source: Docker Registry token specification; store/format/oci/PROTOCOL.md,
 *     section 5.
 */

#include <stdint.h>

#include "store/access/access.h"

struct ferry_call;
struct ferry_response;
struct ferry_store_view;

/* As start(), stop(), identify(), challenge() and answer() of format.h. */
int ferry_oci_start(void **state, struct ferry_store_view *view,
    uint64_t search_bytes, struct ferry_error *err);
void ferry_oci_stop(void *state);
void ferry_oci_identify(struct ferry_call *call, const char *authorization);
/* Exactly one challenge: clients read several of them differently. */
void ferry_oci_challenge(const struct ferry_call *call,
    enum ferry_verdict verdict, struct ferry_response *res);
int ferry_oci_answer_token(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

#endif
