#ifndef FERRY_SYNC_UPSTREAM_OCI_PULL_H
#define FERRY_SYNC_UPSTREAM_OCI_PULL_H

/* What a puller wants of a registry: tags and digests, one at a time. */

#include "sync/upstream/upstream.h"

/* The functions of struct ferry_upstream_kind. */
int ferry_oci_pull(struct ferry_run *run, struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_error *err);
enum ferry_pull_state ferry_oci_pulled(struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_pull_end *out);

#endif
