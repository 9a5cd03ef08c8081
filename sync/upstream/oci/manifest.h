#ifndef FERRY_SYNC_UPSTREAM_OCI_MANIFEST_H
#define FERRY_SYNC_UPSTREAM_OCI_MANIFEST_H

/* Manifests: their text, the manifests below them, their blobs. */

#include "sync/upstream/oci/node.h"

struct oci_manifest_want {
	const char *digest;
	const char *tag; /* or NULL */
	const char *media_type; /* of its descriptor; "" */
	uint64_t size; /* of its descriptor; 0: not told */
	unsigned depth;
	struct oci_budget *budget; /* lives until on_settled */
	void *ctx;
	void (*on_settled)(void *ctx, const struct ferry_error *why);
};
/* Mirror a manifest and all below it, or find that it is here; then tell
 * on_settled, perhaps at once.  *out is its node, already then. */
int ferry_oci_manifest_want(struct oci_repository *r,
    const struct oci_manifest_want *want, struct oci_node **out,
    struct ferry_error *err);

/* For struct oci: ask for a node's text. */
int ferry_oci_manifest_fetch(struct oci_node *node, struct ferry_error *err);

#endif
