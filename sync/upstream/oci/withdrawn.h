#ifndef FERRY_SYNC_UPSTREAM_OCI_WITHDRAWN_H
#define FERRY_SYNC_UPSTREAM_OCI_WITHDRAWN_H

/* Tags that are here and that upstream does not have any more. */

#include "sync/upstream/oci/oci.h"

struct ferry_error;

/* A tag answered 404.  Returns: 1 it is here, and marked; 0; -1. */
int ferry_oci_tag_withdrawn(struct oci_ref *ref, struct ferry_error *err);
/* The tag list of r is here: mark what is not in it, and what is in it again.
 * Tags that only name what belongs to a digest are not looked at. */
int ferry_oci_list_compare(struct oci_repository *r, struct ferry_error *err);
/* At a run's end: what `ferry status` says of r. */
int ferry_oci_withdrawn_put_status(
    const struct oci_repository *r, struct ferry_error *err);

#endif
