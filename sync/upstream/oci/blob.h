#ifndef FERRY_SYNC_UPSTREAM_OCI_BLOB_H
#define FERRY_SYNC_UPSTREAM_OCI_BLOB_H

/*
 * Configs and layers: by digest, whatever repository names them.
 *
 * What the store has is not fetched.  What is under way for one manifest is
 * waited for by others; if it fails in one repository, those who want it of
 * another ask there.
 */

#include "sync/upstream/oci/node.h"

/* Get part i of node, which d describes, here, and settle it; perhaps at
 * once. */
int ferry_oci_blob_want(struct oci_node *node, size_t i,
    const struct ferry_oci_descriptor *d, struct ferry_error *err);
/* For the table of blobs. */
void ferry_oci_blob_free(void *blob);

#endif
