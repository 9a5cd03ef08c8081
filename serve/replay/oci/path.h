#ifndef FERRY_SERVE_REPLAY_OCI_PATH_H
#define FERRY_SERVE_REPLAY_OCI_PATH_H

/*
 * Paths below /v2/: text in, views of it out.
 *
 * Source: OCI Distribution Specification 1.1, "Endpoints".  A repository's
 *     name holds slashes, and may end in a word that is also an endpoint's:
 *     what is last in the path decides.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

enum ferry_oci_endpoint {
	FERRY_OCI_BASE, /* "" */
	FERRY_OCI_TOKEN, /* "token": no repository's path is one word */
	FERRY_OCI_CATALOG, /* "_catalog" */
	FERRY_OCI_MANIFESTS, /* NAME/manifests/REFERENCE */
	FERRY_OCI_BLOBS, /* NAME/blobs/DIGEST */
	FERRY_OCI_TAGS, /* NAME/tags/list */
	FERRY_OCI_REFERRERS, /* NAME/referrers/DIGEST */
};

struct ferry_oci_path {
	enum ferry_oci_endpoint endpoint;
	struct ferry_bytes name; /* not checked, not empty where there is one */
	struct ferry_bytes reference; /* the same */
};

/* path is decoded.  Returns whether it is of any endpoint. */
bool ferry_oci_path_split(struct ferry_oci_path *out, struct ferry_bytes path);

#endif
