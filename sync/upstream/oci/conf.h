#ifndef FERRY_SYNC_UPSTREAM_OCI_CONF_H
#define FERRY_SYNC_UPSTREAM_OCI_CONF_H

/* What etc/ferry.conf says of an OCI upstream. */

#include "sync/upstream/oci/files.h"

/* The options, and a check of what is wanted.  Errors: FERRY_ECONFIG. */
int ferry_oci_configure(struct oci *oci, struct ferry_error *err);
int ferry_oci_wants_read(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err);

/* What recordings of builds have of this upstream. */
int ferry_oci_want_recorded(struct oci *oci, struct ferry_error *err);

/* Every tag of a repository, for a delegator: want of the kind. */
int ferry_oci_want_all(struct ferry_run *run, struct ferry_upstream *up,
    const char *name, const struct ferry_want_about *about, enum ferry_want how,
    struct ferry_error *err);

#endif
