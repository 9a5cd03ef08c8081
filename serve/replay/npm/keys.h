#ifndef FERRY_SERVE_REPLAY_NPM_KEYS_H
#define FERRY_SERVE_REPLAY_NPM_KEYS_H

/* What says that a package is the one that was published: the registries'
 * signing keys, and attestations. */

struct ferry_call;
struct ferry_error;
struct ferry_permit;
struct ferry_response;

/*
 * As answer() of format.h.  The keys are those of all npm upstreams that the
 * client may know of.  404 without any: an empty list would mean that every
 * package must be signed by nobody.
 */
int ferry_npm_answer_keys(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);
/* Of the version that call->resource.item names. */
int ferry_npm_answer_attestations(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

#endif
