#ifndef FERRY_SYNC_UPSTREAM_OCI_REF_H
#define FERRY_SYNC_UPSTREAM_OCI_REF_H

/* One tag or digest: what it is now, is that here, and if not, getting it. */

#include "sync/upstream/oci/oci.h"

/* For struct oci: begin with a ref; it is settled later, or at once. */
int ferry_oci_ref_begin(struct oci_ref *ref, struct ferry_error *err);

#endif
