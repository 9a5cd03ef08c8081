#ifndef FERRY_SYNC_UPSTREAM_OCI_LIST_H
#define FERRY_SYNC_UPSTREAM_OCI_LIST_H

/* Tag lists: which tags are there, which of them are wanted. */

#include "sync/select/tags.h"
#include "sync/upstream/oci/oci.h"

/* What a select group asks of a repository's tags. */
struct oci_select {
	struct oci_select *next;
	struct ferry_tags_selection selection; /* strings are the group's */
	const char **names; /* of selection */
	bool needs_list;
	bool may_be_empty; /* else a group that selects nothing is a mistake */
};
void ferry_oci_select_free(struct oci_select *select);

/* Ask for the tag list, once; then want what r's groups select. */
int ferry_oci_list_ask(struct oci_repository *r, struct ferry_error *err);
/* Want the listed tags that belong to something mirrored; returns how many
 * are new, or -1. */
int
ferry_oci_list_signatures(struct oci_repository *r, struct ferry_error *err);

#endif
