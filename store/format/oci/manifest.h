#ifndef FERRY_STORE_FORMAT_OCI_MANIFEST_H
#define FERRY_STORE_FORMAT_OCI_MANIFEST_H

/*
 * Looking into a manifest: what it names.
 *
 * Manifests are never rewritten, so nothing here writes; and never parsed into
 * a tree, so that a hostile one costs no more than its bytes.  Unknown media
 * types and members are everybody's right: what is looked for is only what
 * must be mirrored with it.
 *
 * Source: store/format/oci/PROTOCOL.md, section 1; OCI Image Specification,
 *     manifest.md, image-index.md, descriptor.md; Docker "schema 1" and 2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/format/oci/names.h"

struct ferry_error;

/* What containerd takes at most (4 MiB, as the specification asks for). */
#define FERRY_OCI_MANIFEST_MAX (4U << 20)
#define FERRY_OCI_DESCRIPTORS_MAX 8192
#define FERRY_OCI_MEDIA_TYPE_MAX 255

/* Of Accept: every kind of manifest, in one line. */
#define FERRY_OCI_ACCEPT                                                       \
	"application/vnd.oci.image.index.v1+json, "                            \
	"application/vnd.oci.image.manifest.v1+json, "                         \
	"application/vnd.docker.distribution.manifest.list.v2+json, "          \
	"application/vnd.docker.distribution.manifest.v2+json, "               \
	"application/vnd.oci.artifact.manifest.v1+json, "                      \
	"application/vnd.cncf.oras.artifact.manifest.v1+json"
#define FERRY_OCI_INDEX "application/vnd.oci.image.index.v1+json"

enum ferry_oci_role {
	FERRY_OCI_CONFIG,
	FERRY_OCI_LAYER, /* or any other blob, wherever it is named */
	FERRY_OCI_CHILD, /* a manifest of an index */
	FERRY_OCI_SUBJECT /* up: what this one refers to */
};

/* Views are of the manifest's text; {NULL,0} where there is no such member. */
struct ferry_oci_descriptor {
	enum ferry_oci_role role;
	char digest[FERRY_OCI_DIGEST_TEXT]; /* valid */
	uint64_t size; /* 0 for the layers of schema 1: not told */
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1]; /* "" if not told */
	bool foreign; /* its type says that it may not be distributed */
	bool attestation; /* annotated as BuildKit's attestation */
	bool has_platform;
	struct ferry_oci_platform platform;
	struct ferry_bytes urls; /* JSON array */
};

struct ferry_oci_manifest {
	/*
	 * Its own "mediaType", else content_type, else guessed; application/json
	 * and its like tell nothing.  Without parameters.
	 */
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	/* "artifactType", else the config's type; "" for an index without. */
	char artifact_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	bool schema1; /* its digest is not over its bytes: not mirrorable */
	bool index; /* has "manifests" */
	/* Has neither that nor config, layers or blobs: the text of an error, or
	 * of a form that is not known. */
	bool formless;
	struct ferry_bytes annotations; /* JSON object, or {NULL,0} */
	size_t n;
	struct ferry_oci_descriptor *descriptors; /* in the order of the text */
};

/*
 * Read text, which must outlive *out.  content_type is what came with it
 * (parameters are ignored), or NULL.  Members that are null are not there; the
 * last of duplicates counts; names are compared with their case.  What is
 * named twice is there twice.  Of schema 1 only the layers are looked at.
 * Returns: 0 and out (free with _free), or -1.
 * Errors: FERRY_EFORMAT (no JSON object; a digest, size, type or platform that
 *     cannot be, or is not visible ASCII; a descriptor without digest or size),
 *     FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_oci_manifest_read(struct ferry_oci_manifest *out,
    struct ferry_bytes text, const char *content_type, struct ferry_error *err);
void ferry_oci_manifest_free(struct ferry_oci_manifest *m); /* not m itself */

#endif
