#ifndef FERRY_STORE_FORMAT_OCI_PARTS_H
#define FERRY_STORE_FORMAT_OCI_PARTS_H

/*
 * What belongs to an image: the manifests of an index, and the tags by which
 * signatures and lists of referrers are found.  As parts() and tag_belongs() of
 * struct ferry_format, which has the contract.
 */

#include "store/format/format.h"

/* For the format's row. */
int ferry_oci_parts(const struct ferry_format_record *version,
    ferry_format_load *on_load, void *load_ctx, ferry_format_part *on_part,
    void *part_ctx, struct ferry_error *err);
bool ferry_oci_tag_belongs(
    struct ferry_bytes tag, char version[FERRY_FORMAT_VERSION]);

#endif
