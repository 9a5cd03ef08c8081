#ifndef FERRY_SERVE_REPLAY_OCI_CONTENT_H
#define FERRY_SERVE_REPLAY_OCI_CONTENT_H

/*
 * Manifests and blobs.
 *
 * Manifests are handed out as they were pulled, whatever Accept says: another
 * form would have another digest.
 *
 * A blob is read through a repository, and only if one of its manifests that
 * were not deleted names it: which layers another repository has is nobody's
 * business who may not read that one.  That it is also the text of a manifest
 * does not make it a blob.
 */

struct ferry_body;
struct ferry_call;
struct ferry_error;

/* Each returns 1 and *out (the caller unrefs), 0, -1. */

/* The manifest that call->resource.item, a tag or digest, names; the body has
 * its type. */
int ferry_oci_manifest_body(const struct ferry_call *call,
    struct ferry_body **out, struct ferry_error *err);
/* The blob that the item, a digest, names in a manifest of the package. */
int ferry_oci_blob_body(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err);

#endif
