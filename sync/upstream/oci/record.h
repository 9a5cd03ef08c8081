#ifndef FERRY_SYNC_UPSTREAM_OCI_RECORD_H
#define FERRY_SYNC_UPSTREAM_OCI_RECORD_H

/* What the catalog and the local state are told of manifests and tags. */

#include "sync/upstream/oci/node.h"
#include "sync/upstream/record.h"

/* The records of a node that is whole. */
int ferry_oci_record_put(struct oci_node *node, struct ferry_error *err);
/* Whose records those of r's manifests are. */
struct ferry_recorded ferry_oci_recorded(const struct oci_repository *r);
/* Make "TAG is DIGEST" true. */
int ferry_oci_record_tag(const struct oci_repository *r, const char *tag,
    const char *digest, struct ferry_error *err);

/* Note that a ref that was wanted by its name is digest (reason.h). */
int ferry_oci_record_reason(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err);

/* Whether ref is mirrored as digest with what is configured now: 1, 0, -1;
 * *lacks: but for manifests that the registry did not have.  Afterwards
 * _mirrored says so; absent is the digest of such a one, or NULL. */
int ferry_oci_record_is_mirrored(const struct oci_ref *ref, const char *digest,
    bool *lacks, struct ferry_error *err);
int ferry_oci_record_mirrored(const struct oci_ref *ref, const char *digest,
    const char *absent, struct ferry_error *err);

#endif
