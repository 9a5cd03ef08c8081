#ifndef FERRY_SYNC_UPSTREAM_OCI_RECORD_H
#define FERRY_SYNC_UPSTREAM_OCI_RECORD_H

/* What the catalog and the local state are told of manifests and tags. */

#include "sync/upstream/oci/node.h"

/* The records of a node that is whole. */
int ferry_oci_record_put(struct oci_node *node, struct ferry_error *err);
/* The version record of a digest: 1 and *out, 0, -1. */
int ferry_oci_record_get(const struct oci_repository *r, const char *digest,
    json_t **out, struct ferry_error *err);
/* Whether the operator removed a digest, so that it is left alone: 1, 0, -1. */
int ferry_oci_record_is_removed(const struct oci_repository *r,
    const char *digest, struct ferry_error *err);
/* Make "TAG is DIGEST" true. */
int ferry_oci_record_tag(const struct oci_repository *r, const char *tag,
    const char *digest, struct ferry_error *err);

/* Whether ref is mirrored as digest with what is configured now: 1, 0, -1.
 * Afterwards _mirrored says so. */
int ferry_oci_record_is_mirrored(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err);
int ferry_oci_record_mirrored(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err);

#endif
