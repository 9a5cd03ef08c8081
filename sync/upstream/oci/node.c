#include "sync/upstream/oci/node.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/record.h"

void
ferry_oci_keep_error(
    struct oci *oci, struct ferry_error **slot, const struct ferry_error *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (*slot != NULL)
		return;
	if (ferry_calloc(slot, 1, sizeof(**slot), &err) == -1)
		ferry_run_fatal(oci->run, &err);
	else
		**slot = *why;
}

static void
body_free(struct oci_body *body)
{

	if (body == NULL)
		return;
	json_decref(body->annotations);
	json_decref(body->record);
	free(body->parts);
	free(body);
}

void
ferry_oci_node_free(void *entry)
{
	struct oci_node *node = entry;
	struct ferry_error cancelled = { FERRY_ECANCELLED, 0, "" };

	ferry_oci_waiters_tell(&node->waiters, &cancelled);
	ferry_oci_waiters_tell(&node->refs_waiters, &cancelled);
	body_free(node->body);
	ferry_buf_free(&node->left_out);
	free(node->tag);
	free(node->platform);
	free(node->media_type);
	free(node->children);
	free(node->why);
	free(node->refs_why);
}

const char *
ferry_oci_node_absent(const struct oci_node *node)
{

	for (size_t i = 0; i < node->children_n; i++) {
		const struct oci_node *child = node->children[i];

		if (child->absent)
			return child->entry.key;
		if (child->lacks)
			return ferry_oci_node_absent(child);
	}
	return node->entry.key;
}

static void
note_absent(const struct oci_node *node, const struct oci_node *child)
{
	struct oci_repository *r = node->repository;
	char item[OCI_ITEM_MAX], text[400];

	ferry_oci_item(item, r->entry.key, node->entry.key);
	(void)snprintf(text, sizeof(text),
	    "its manifest %s%s%s%s is not there (404): the index is mirrored "
	    "without it, and it is asked for again at each sync",
	    child->entry.key, child->platform == NULL ? "" : " (",
	    child->platform == NULL ? "" : child->platform,
	    child->platform == NULL ? "" : ")");
	ferry_run_skip(r->oci->run, item, text);
}

/*
 * What became of the manifests of an index.  Registries lose some of them (a
 * platform that was cleaned away): that costs those, not the others, but an
 * index without any is no image.
 */
static void
judge_children(struct oci_node *node)
{
	const struct oci_node *absent = NULL;
	size_t done = 0;

	for (size_t i = 0; i < node->children_n; i++) {
		const struct oci_node *child = node->children[i];

		done += child->state == OCI_DONE;
		node->lacks = node->lacks || child->lacks || child->absent;
		if (child->state == OCI_FAILED && child->absent)
			absent = child;
		else if (child->state == OCI_FAILED)
			ferry_oci_keep_error(
			    node->repository->oci, &node->why, child->why);
	}
	if (absent != NULL && done == 0)
		ferry_oci_keep_error(
		    node->repository->oci, &node->why, absent->why);
	if (absent == NULL || node->why != NULL)
		return;
	for (size_t i = 0; i < node->children_n; i++)
		if (node->children[i]->state == OCI_FAILED)
			note_absent(node, node->children[i]);
}

/* Everything that node names is settled. */
static void
settle_node(struct oci_node *node)
{
	struct oci *oci = node->repository->oci;
	struct ferry_error err = FERRY_ERROR_INIT;

	assert(node->state == OCI_WORKING && node->refs_pending == 0);
	ferry_oci_node_open(node, 0);
	judge_children(node);
	if (node->why == NULL && !node->here && !oci->run->dry_run) {
		if (ferry_oci_record_put(node, &err) == 0) {
			oci->run->added++;
		} else if (err.code == FERRY_EFORMAT) {
			ferry_oci_keep_error(oci, &node->why, &err);
		} else {
			ferry_run_fatal(oci->run, &err);
			return;
		}
	}
	body_free(node->body);
	node->body = NULL;
	node->state = node->why == NULL ? OCI_DONE : OCI_FAILED;
	ferry_oci_waiters_tell(&node->waiters, node->why);
	if (ferry_oci_pump(oci, &err) == -1)
		ferry_run_fatal(oci->run, &err);
}

void
ferry_oci_node_settle_part(struct oci_node *node, const struct ferry_error *why)
{

	assert(node->state == OCI_WORKING && node->pending > 0);
	if (why != NULL)
		ferry_oci_keep_error(node->repository->oci, &node->why, why);
	if (--node->pending == 0)
		settle_node(node);
}

void
ferry_oci_node_fail(struct oci_node *node, const struct ferry_error *why)
{

	assert(node->state == OCI_WORKING && node->pending == 0);
	node->pending = 1;
	ferry_oci_node_settle_part(node, why);
}

/* Parts */

bool
ferry_oci_node_lacked(const struct oci_node *node, const char *digest)
{
	json_t *digests = json_object_get(node->body->record, "missing"), *one;
	size_t i;

	json_array_foreach (digests, i, one)
		if (json_is_string(one) &&
		    strcmp(json_string_value(one), digest) == 0)
			return true;
	return false;
}

void
ferry_oci_node_give(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size)
{
	struct oci_part *part = &node->body->parts[i];
	struct ferry_error why = FERRY_ERROR_INIT;

	assert(i < node->body->parts_n);
	part->sha256 = *sha256;
	/* Its record says that it is without this one. */
	if (ferry_oci_node_lacked(node, part->digest))
		node->here = false;
	/* Its digest says more than a size of 0. */
	if (part->size == 0)
		part->size = size;
	if (part->size == size) {
		ferry_oci_node_settle_part(node, NULL);
		return;
	}
	ferry_error_set(&why, FERRY_ESIZE,
	    "blob %s has %" PRIu64 " bytes, but manifest %s says %" PRIu64,
	    part->digest, size, node->entry.key, part->size);
	ferry_oci_node_settle_part(node, &why);
}

void
ferry_oci_node_lack(struct oci_node *node, size_t i)
{
	struct oci_part *part = &node->body->parts[i];
	char item[OCI_ITEM_MAX], text[400];

	assert(i < node->body->parts_n);
	part->missing = true;
	if (!ferry_oci_node_lacked(node, part->digest)) {
		ferry_oci_item(
		    item, node->repository->entry.key, node->entry.key);
		(void)snprintf(text, sizeof(text),
		    "its layer %s is not given out by the registry (a foreign "
		    "layer), nor by the addresses that it names; the image is "
		    "mirrored without it",
		    part->digest);
		ferry_run_skip(node->repository->oci->run, item, text);
	}
	ferry_oci_node_settle_part(node, NULL);
}
