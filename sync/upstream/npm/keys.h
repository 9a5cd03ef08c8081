#ifndef FERRY_SYNC_UPSTREAM_NPM_KEYS_H
#define FERRY_SYNC_UPSTREAM_NPM_KEYS_H

/*
 * The registry's signatures: ECDSA P-256 with SHA-256 over
 * "name@version:integrity".
 *
 * Source: store/format/npm/PROTOCOL.md section 7; keys at /-/npm/v1/keys.
 */

#include "sync/upstream/package/format.h"

struct npm;

/* As open() of struct ferry_package_format: the keys come before documents,
 * as signatures are checked when these arrive. */
int
ferry_npm_keys_open(struct ferry_packages *packages, struct ferry_error *err);
void ferry_npm_keys_free(struct npm *npm);
/* As verify(); *word is "verified", "none" or "no-key". */
int ferry_npm_keys_verify(const struct ferry_version_at *at,
    const struct ferry_document *document, const char **word,
    struct ferry_error *err);

#endif
