#ifndef FERRY_SYNC_UPSTREAM_OCI_SHARED_BLOB_H
#define FERRY_SYNC_UPSTREAM_OCI_SHARED_BLOB_H

/*
 * Blobs that the store has already: whether a repository may have them, too.
 *
 * A manifest that names a blob proves nothing: who knows a digest of a private
 * layer could have it served under a name of his own.  A repository has what a
 * version of it names already, what was fetched from it in this run, and what
 * its registry says that it has: one HEAD a blob and repository.
 */

#include "sync/upstream/oci/node.h"

/* Give part i of node the blob that the store has, once node's repository is
 * known to have it; perhaps at once. */
int ferry_oci_shared_blob_want(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size, struct ferry_error *err);
/* The blob has come from r. */
int ferry_oci_shared_blob_fetched(
    struct oci_repository *r, const char *digest, struct ferry_error *err);
/* For the table of shared blobs. */
void ferry_oci_shared_blob_free(void *shared);

#endif
