#ifndef FERRY_SYNC_UPSTREAM_OCI_QUEUE_H
#define FERRY_SYNC_UPSTREAM_OCI_QUEUE_H

/*
 * What is wanted and not begun: tags and digests, and manifests for which
 * there is no room; and what every file here needs to ask and to report.
 *
 * Wanting only queues.  What begins is decided by the pump, which calls
 * oci->begin_ref and oci->fetch_node.
 */

#include "sync/upstream/oci/oci.h"

#define OCI_OPEN_MAX 16384 /* descriptors looked into at once */

/* The repository called name, made if need be; NULL with err set. */
struct oci_repository *ferry_oci_repository_find(
    struct oci *oci, const char *name, struct ferry_error *err);
/* The repository answered: count it. */
void ferry_oci_repository_answered(struct oci_repository *r);

/* Want a tag or digest.  on_settled, which may be NULL, is called when it is
 * settled; or at once if it was wanted before. */
int ferry_oci_ref_want(struct oci_repository *r, const char *ref,
    unsigned level, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err);
/* Want one once more that was settled. */
void ferry_oci_ref_renew(struct oci_ref *ref);
/* A ref was dealt with: tell, and begin others.  why: NULL, or it failed. */
void ferry_oci_ref_settle(struct oci_ref *ref, const struct ferry_error *why);

/*
 * Ask for the text of node as soon as there is room for it.  Room is counted in
 * descriptors: those of manifests that are being fetched, by their size, and
 * of those whose blobs are waited for.
 */
int ferry_oci_node_queue(struct oci_node *node, struct ferry_error *err);
/* Of node so many descriptors are under way now. */
void ferry_oci_node_open(struct oci_node *node, size_t descriptors);

/* Begin with what is wanted, as far as there is room. */
int ferry_oci_pump(struct oci *oci, struct ferry_error *err);

/* "oci:NAME", "oci:NAME:TAG", "oci:NAME@sha256:…" */
#define OCI_ITEM_MAX 560
void ferry_oci_item(char buf[OCI_ITEM_MAX], const char *name, const char *ref);
/* "URL/v2/NAME/WHAT/REF" */
int ferry_oci_url(struct ferry_buf *url, const struct oci_repository *r,
    const char *what, const char *ref, struct ferry_error *err);

/* Whether the answer to a HEAD is one of those that registries give for want
 * of anything better, so that a GET decides. */
bool ferry_oci_head_says_nothing(const struct ferry_fetch_result *result);

#endif
