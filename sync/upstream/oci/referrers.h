#ifndef FERRY_SYNC_UPSTREAM_OCI_REFERRERS_H
#define FERRY_SYNC_UPSTREAM_OCI_REFERRERS_H

/*
 * What refers to a manifest: signatures, attestations, SBOMs, whatever else.
 *
 * There are two ways to find them, and both are tried: the referrers API (where a registry
 * lacks it, the fallback tag), and the tags that cosign has always used.  What
 * is found is mirrored, and then looked at in the same way.
 *
 * Source: OCI Distribution Specification, "Listing Referrers" and "Referrers
 *     Tag Schema"; store/format/oci/PROTOCOL.md, section 7.
 */

#include "sync/upstream/oci/node.h"

/* Mirror what refers to node and to all below it, as far as that is not under
 * way; then tell on_settled, perhaps at once. */
int ferry_oci_referrers_want(struct oci_node *node, unsigned level, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err);

#endif
