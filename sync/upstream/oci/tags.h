#ifndef FERRY_SYNC_UPSTREAM_OCI_TAGS_H
#define FERRY_SYNC_UPSTREAM_OCI_TAGS_H

/* The tags that a repository's list named. */

#include "sync/upstream/oci/oci.h"

struct ferry_error;

/* All n of them are in r->tags_text: sort, and drop what came twice (pages
 * overlap where tags come and go). */
int ferry_oci_tags_sort(
    struct oci_repository *r, size_t n, struct ferry_error *err);
/* Whether the list that came has tag. */
bool ferry_oci_tags_have(const struct oci_repository *r, const char *tag);

#endif
