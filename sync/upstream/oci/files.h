#ifndef FERRY_SYNC_UPSTREAM_OCI_FILES_H
#define FERRY_SYNC_UPSTREAM_OCI_FILES_H

/* Files of projects that name images (images_from). */

#include "sync/upstream/oci/oci.h"

/* What is wanted is read twice: with the configuration, and when the run
 * begins. */
enum oci_wants_mode { OCI_WANTS_CHECK, OCI_WANTS_ADD };

/* Want those of this upstream.  A file that cannot be read is a failure of the
 * run, not of this. */
int ferry_oci_files_want(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err);

#endif
