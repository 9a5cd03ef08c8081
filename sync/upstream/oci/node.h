#ifndef FERRY_SYNC_UPSTREAM_OCI_NODE_H
#define FERRY_SYNC_UPSTREAM_OCI_NODE_H

/*
 * A manifest that is being mirrored, and how it is settled: when all that it
 * names is, its record is put and those are told who wait for it.
 *
 * The bottom of the tree: blobs and manifests report here, and nothing here
 * knows how they come.
 */

#include <jansson.h>

#include "store/base/digest.h"
#include "store/format/oci/manifest.h"
#include "sync/upstream/oci/oci.h"

/* One thing that a manifest names and that is a blob. */
struct oci_part {
	struct ferry_digest sha256; /* n == 0 until it is here */
	uint64_t size;
	bool missing; /* foreign, and not available */
	char digest[FERRY_OCI_DIGEST_TEXT];
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
};

/* What a manifest's text says, until all of that is here. */
struct oci_body {
	struct ferry_digest sha256; /* of the text */
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	char artifact_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	char subject[FERRY_OCI_DIGEST_TEXT];
	json_t *annotations; /* only where there is a subject */
	json_t *record; /* of its version, if it was here before */
	struct oci_part *parts;
	size_t parts_n;
};

/* What belongs to one tag so far. */
struct oci_budget {
	size_t manifests, descriptors;
};

/*
 * Life cycle: OCI_WORKING from the start; its text is loaded, asked for or
 * held back; then body is set and pending counts what the text names; when
 * that is 0, it is OCI_DONE or OCI_FAILED for good.
 *
 * Invariants:
 *  1. pending is how much of what it names is not settled, and one more while
 *     its text is looked through, so that what settles at once does not settle
 *     it too early.  It is 0 before there is a text, and once it is settled.
 *  2. body is NULL before there is a text, and once it is settled.
 *  3. It has waiters only while it is OCI_WORKING, and why != NULL once it is
 *     OCI_FAILED.
 *  4. Its children are of the same repository.
 *  5. referring goes from OCI_NEW to OCI_WORKING to OCI_DONE or OCI_FAILED, and
 *     only of a node that is OCI_DONE; refs_pending counts as pending does, and
 *     is not 0 only while referring is OCI_WORKING.
 */
struct oci_node {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci_repository *repository;
	uint64_t size; /* as told; 0: not told; then as it is */
	char *tag; /* by which it can be asked for, too, or NULL */
	char *media_type; /* of its descriptor, till it is asked for; or NULL */
	struct oci_budget *budget; /* of its tag */
	uint8_t depth, level;
	uint8_t state, referring; /* enum oci_state */
	bool here; /* was in the store before */
	bool removed; /* by the operator: left alone */
	bool index, schema1;
	bool by_tag; /* being asked for by tag, as by digest it is not there */
	bool planned;
	bool lacks; /* it is here without manifests that are absent below it */
	bool absent; /* it failed: the registry does not have it */
	char *platform; /* as an index says, for people; or NULL */
	size_t pending;
	size_t open; /* of queue.c: its part of oci->open */
	struct oci_node *held_next; /* of queue.c */
	struct oci_waiter *waiters;
	struct ferry_error *why; /* it failed, or NULL; owned */
	struct oci_body *body;
	struct oci_node **children;
	size_t children_n, children_cap;
	struct ferry_buf left_out; /* platforms, for people */
	uint64_t bytes; /* dry run: of what is not here */
	/* While what refers to it is looked for. */
	size_t refs_pending;
	struct oci_waiter *refs_waiters;
	struct ferry_error *refs_why;
	unsigned refs_pages;
	struct oci_node *refs_next;
};

/* Of a node that lacks something: the digest of a manifest that is absent. */
const char *ferry_oci_node_absent(const struct oci_node *node);

/* One thing that node names is settled: why is NULL, or it failed. */
void ferry_oci_node_settle_part(
    struct oci_node *node, const struct ferry_error *why);
/* A node that cannot even be looked into. */
void ferry_oci_node_fail(struct oci_node *node, const struct ferry_error *why);

/* Part i is here, if its size is right; settles it. */
void ferry_oci_node_give(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size);
/* Part i, a foreign layer, is not available; settles it. */
void ferry_oci_node_lack(struct oci_node *node, size_t i);
/* Whether node's record of an earlier run says that it is without digest. */
bool ferry_oci_node_lacked(const struct oci_node *node, const char *digest);

/* For the table of nodes. */
void ferry_oci_node_free(void *node);

/* Keep a copy of why in *slot, unless there is one.  Without memory for it the
 * run ends. */
void ferry_oci_keep_error(
    struct oci *oci, struct ferry_error **slot, const struct ferry_error *why);

#endif
