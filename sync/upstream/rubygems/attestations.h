#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_ATTESTATIONS_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_ATTESTATIONS_H

/*
 * A gem's attestations: a JSON array of Sigstore bundles.
 *
 * Nothing says their digest, so they are judged by the gem's, which each names in
 * what it signs.  Whether a signature holds is for who trusts somebody to sign.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 2; Sigstore, "Bundle
 *     Format" (dsseEnvelope, messageSignature); in-toto, "Statement" v1
 *     (subject).
 */

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;

/* Whether each is of the gem that has this SHA-256.  Errors: FERRY_EFORMAT. */
int ferry_gem_attestations_check(struct ferry_bytes text,
    const struct ferry_digest *sha256, struct ferry_error *err);

#endif
