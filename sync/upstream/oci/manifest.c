#include "sync/upstream/oci/manifest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/files.h"
#include "store/base/json.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/blob.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/record.h"
#include "sync/upstream/pull.h"

#define DEPTH_MAX 8 /* of indexes in indexes */
#define MANIFESTS_MAX 10000 /* below one tag */
#define DESCRIPTORS_MAX 100000 /* in all of those */

/* Whether it failed is looked at when all of them are settled. */
static void
on_child(void *ctx, const struct ferry_error *why)
{

	(void)why;
	ferry_oci_node_settle_part(ctx, NULL);
}

/* "linux/arm64", for people; without memory there is none. */
static void
name_platform(struct oci_node *child, const struct ferry_oci_descriptor *d)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	if (d->has_platform && child->platform == NULL &&
	    ferry_buf_addf(&text, &why, "%s/%s%s%s", d->platform.os,
		d->platform.architecture, *d->platform.variant == 0 ? "" : "/",
		d->platform.variant) == 0)
		child->platform = (char *)text.p;
	else
		ferry_buf_free(&text);
}

/* Platforms */

static bool
is_wanted_platform(const struct oci *oci, const struct ferry_oci_descriptor *d)
{

	if (oci->platforms_n == 0 || !d->has_platform || d->attestation ||
	    strcmp(d->platform.os, "unknown") == 0)
		return true;
	for (size_t i = 0; i < oci->platforms_n; i++)
		if (ferry_oci_platform_matches(
			&oci->platforms[i], &d->platform))
			return true;
	return false;
}

static int
note_left_out(struct oci_node *node, const struct ferry_oci_descriptor *d,
    struct ferry_error *err)
{
	const struct ferry_oci_platform *p = &d->platform;

	return ferry_buf_addf(&node->left_out, err, "%s%s/%s%s%s",
	    node->left_out.n == 0 ? "" : ", ", p->os, p->architecture,
	    *p->variant == 0 ? "" : "/", p->variant);
}

static int
add_child(struct oci_node *node, const struct ferry_oci_descriptor *d,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct oci_node *child = NULL;
	struct oci_manifest_want want = {
		.digest = d->digest,
		.media_type = d->media_type,
		.size = d->size,
		.depth = node->depth + 1U,
		.budget = node->budget,
		.ctx = node,
		.on_settled = on_child,
	};

	if (want.depth > DEPTH_MAX)
		ferry_error_set(&why, FERRY_ELIMIT,
		    "indexes are nested more than %d deep", DEPTH_MAX);
	else if (++node->budget->manifests > MANIFESTS_MAX)
		ferry_error_set(&why, FERRY_ELIMIT,
		    "more than %d manifests belong to it", MANIFESTS_MAX);
	if (why.code != FERRY_OK) {
		ferry_oci_keep_error(node->repository->oci, &node->why, &why);
		return 0;
	}
	if (ferry_array_grow(&node->children, &node->children_cap,
		node->children_n + 1, sizeof(struct oci_node *), err) == -1)
		return -1;
	node->pending++;
	if (ferry_oci_manifest_want(node->repository, &want, &child, err) == -1)
		return -1;
	name_platform(child, d);
	node->children[node->children_n++] = child;
	return 0;
}

static int
add_part(struct oci_node *node, const struct ferry_oci_descriptor *d,
    struct ferry_error *err)
{
	struct oci_body *body = node->body;
	struct oci_part *part = &body->parts[body->parts_n];

	for (size_t i = 0; i < body->parts_n; i++)
		if (strcmp(body->parts[i].digest, d->digest) == 0)
			return 0;
	body->parts_n++;
	part->size = d->size;
	(void)snprintf(part->digest, sizeof(part->digest), "%s", d->digest);
	(void)snprintf(
	    part->media_type, sizeof(part->media_type), "%s", d->media_type);
	node->pending++;
	return ferry_oci_blob_want(node, body->parts_n - 1, d, err);
}

/* Want everything that m names. */
static int
want_named(struct oci_node *node, const struct ferry_oci_manifest *m,
    struct ferry_error *err)
{
	struct oci *oci = node->repository->oci;
	size_t runnable = 0, left_out = 0;
	char item[OCI_ITEM_MAX];
	int rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		const struct ferry_oci_descriptor *d = &m->descriptors[i];

		if (d->role == FERRY_OCI_SUBJECT)
			(void)snprintf(node->body->subject,
			    sizeof(node->body->subject), "%s", d->digest);
		else if (d->role != FERRY_OCI_CHILD)
			rc = add_part(node, d, err);
		else if (is_wanted_platform(oci, d)) {
			runnable += d->has_platform && !d->attestation &&
			            strcmp(d->platform.os, "unknown") != 0;
			rc = add_child(node, d, err);
		} else {
			left_out++;
			rc = note_left_out(node, d, err);
		}
	}
	if (rc == 0 && left_out > 0 && runnable == 0 && node->depth == 0 &&
	    !node->here) {
		ferry_oci_item(
		    item, node->repository->entry.key, node->entry.key);
		ferry_run_skip(oci->run, item,
		    "is an index without any of the platforms that are wanted: "
		    "only the index itself is mirrored");
	}
	return rc;
}

/* Of what refers to something the list of referrers has the annotations, too.
 * Those that are no JSON of ours (a member twice) are not listed. */
static void
take_annotations(struct oci_body *body, const struct ferry_oci_manifest *m)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (m->annotations.n > 0)
		(void)ferry_json_parse(
		    &body->annotations, m->annotations, "annotations", &why);
}

/*
 * The text is here and is what its digest says.  type is what came with it, or
 * NULL.  Errors are of the run; what is wrong with the text fails the node.
 */
static int
read_manifest(struct oci_node *node, struct ferry_bytes text,
    const struct ferry_digest *sha256, const char *type, json_t *record,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_oci_manifest m = { .n = 0 };
	struct oci_body *body;
	int rc = -1;

	assert(node->body == NULL && node->pending == 0);
	if (ferry_calloc(&node->body, 1, sizeof(*body), err) == -1)
		return -1;
	body = node->body;
	body->record = json_incref(record);
	body->sha256 = *sha256;
	node->size = text.n;
	if (ferry_oci_manifest_read(&m, text, type, &why) == -1) {
		ferry_error_in(&why, "manifest %s", node->entry.key);
		ferry_oci_node_fail(node, &why);
		return 0;
	}
	node->index = m.index;
	node->schema1 = m.schema1;
	(void)snprintf(
	    body->media_type, sizeof(body->media_type), "%s", m.media_type);
	(void)snprintf(body->artifact_type, sizeof(body->artifact_type), "%s",
	    m.artifact_type);
	if (m.schema1) {
		ferry_error_set(&why, FERRY_EFORMAT,
		    "manifest %s is of schema 1", node->entry.key);
		ferry_oci_node_fail(node, &why);
		rc = 0;
	} else if ((node->budget->descriptors += m.n) > DESCRIPTORS_MAX) {
		ferry_error_set(&why, FERRY_ELIMIT,
		    "the manifests that belong to it name more than %d others "
		    "and blobs",
		    DESCRIPTORS_MAX);
		ferry_oci_node_fail(node, &why);
		rc = 0;
	} else if (ferry_calloc(&body->parts, m.n == 0 ? 1 : m.n,
		       sizeof(*body->parts), err) == 0) {
		node->pending = 1;
		/* What waits for manifests below it must not hold them back. */
		ferry_oci_node_open(node, m.index ? 0 : m.n);
		rc = want_named(node, &m, err);
		if (rc == 0 && m.index)
			rc = ferry_oci_pump(node->repository->oci, err);
		if (rc == 0 && body->subject[0] != 0)
			take_annotations(body, &m);
		if (rc == 0)
			ferry_oci_node_settle_part(node, NULL);
	}
	ferry_oci_manifest_free(&m);
	return rc;
}

/* Fetching */

static void
on_manifest(void *ctx, const struct ferry_pulled *pulled)
{
	struct oci_node *node = ctx;
	struct oci *oci = node->repository->oci;
	struct ferry_error err = pulled->error;
	char type[FERRY_MEDIA_TYPE_MAX];
	int rc = 0;

	/* GitHub's older registry knows manifests by their tags only. */
	if (err.code == FERRY_ENOTFOUND && node->tag != NULL && !node->by_tag) {
		node->by_tag = true;
		err = (struct ferry_error)FERRY_ERROR_INIT;
		rc = ferry_oci_manifest_fetch(node, &err);
	} else if (err.code != FERRY_OK) {
		node->absent = err.code == FERRY_ENOTFOUND;
		if (node->by_tag)
			ferry_error_in(&err,
			    "where the registry said that the tag is %s",
			    node->entry.key);
		ferry_oci_node_fail(node, &err);
	} else if (node->size != 0 && node->size != pulled->size) {
		ferry_error_set(&err, FERRY_ESIZE,
		    "manifest %s has %" PRIu64 " bytes, but the index that "
		    "names it says %" PRIu64,
		    node->entry.key, pulled->size, node->size);
		ferry_oci_node_fail(node, &err);
	} else {
		(void)ferry_answer_type(pulled->answer, type);
		node->bytes += pulled->size;
		rc = read_manifest(node, pulled->view, &pulled->sha256,
		    strncmp(type, "application/vnd.", 16) == 0 ? type : NULL,
		    NULL, &err);
	}
	if (rc == -1)
		ferry_run_fatal(oci->run, &err);
}

/* The kinds that everybody knows, and the one that its descriptor says. */
static int
accept_line(
    struct ferry_buf *out, const char *media_type, struct ferry_error *err)
{

	if (ferry_buf_adds(out, FERRY_OCI_ACCEPT, err) == -1)
		return -1;
	if (media_type == NULL || strstr(FERRY_OCI_ACCEPT, media_type) != NULL)
		return 0;
	return ferry_buf_addf(out, err, ", %s", media_type);
}

int
ferry_oci_manifest_fetch(struct oci_node *node, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	struct ferry_buf url = FERRY_BUF_INIT, accept = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = r->oci->up,
		.scope = r->scope,
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.want_n = 1,
		.max_size = FERRY_OCI_MANIFEST_MAX,
		.ctx = node,
		.on_done = on_manifest,
	};
	int rc = -1;

	if (ferry_oci_digest_parse(
		&pull.want[0], ferry_bytes_str(node->entry.key), err) == 0 &&
	    ferry_oci_url(&url, r, "manifests",
		node->by_tag ? node->tag : node->entry.key, err) == 0 &&
	    accept_line(&accept, node->media_type, err) == 0) {
		pull.url = (const char *)url.p;
		pull.accept = (const char *)accept.p;
		rc = ferry_run_pull(r->oci->run, &pull, err);
	}
	free(node->media_type);
	node->media_type = NULL;
	ferry_buf_free(&url);
	ferry_buf_free(&accept);
	return rc;
}

/*
 * If the store has the manifest as a version of this repository, look into what
 * is there: 1; 0 if it must be fetched; -1.  What was removed only with
 * something else comes back, as something needs it.
 */
static int
read_stored(struct oci_node *node, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_oci_recorded(node->repository);
	struct ferry_store *st = of.run->st;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_file file;
	json_t *record = NULL;
	const char *type;
	int rc = ferry_recorded_is_removed(&of, node->entry.key, err);

	if (rc == 1) {
		node->here = node->removed = true;
		node->pending = 1;
		ferry_oci_node_settle_part(node, NULL);
		return 1;
	}
	if (rc == 0)
		rc = ferry_recorded_get(&of, node->entry.key, &record, err);
	if (rc == 1)
		rc = ferry_files_find(record, "manifest", &file, err);
	if (rc == 1)
		rc = ferry_blob_has(st, &file.sha256, err);
	if (rc != 1)
		goto out;
	if (ferry_blob_load(
		st, &file.sha256, FERRY_OCI_MANIFEST_MAX, &text, err) == -1 ||
	    ferry_json_str_opt(record, "media_type", NULL, &type, err) == -1) {
		rc = -1;
		goto out;
	}
	node->here = !ferry_removal_is(record);
	if (read_manifest(node, ferry_bytes_buf(&text), &file.sha256, type,
		record, err) == -1)
		rc = -1;
out:
	ferry_buf_free(&text);
	json_decref(record);
	return rc;
}

int
ferry_oci_manifest_want(struct oci_repository *r,
    const struct oci_manifest_want *want, struct oci_node **out,
    struct ferry_error *err)
{
	struct oci_node *node =
	    (struct oci_node *)ferry_table_find(&r->nodes, want->digest);
	int rc;

	*out = node;
	if (node != NULL && node->state != OCI_WORKING) {
		want->on_settled(want->ctx, node->why);
		return 0;
	}
	if (node != NULL)
		return ferry_oci_waiter_add(
		    &node->waiters, want->ctx, want->on_settled, err);
	node = ferry_table_add(&r->nodes, want->digest, sizeof(*node), err);
	if (node == NULL)
		return -1;
	*out = node;
	node->repository = r;
	node->state = OCI_WORKING;
	node->depth = (uint8_t)want->depth;
	node->size = want->size;
	node->budget = want->budget;
	if ((want->tag != NULL &&
		ferry_strdup(&node->tag, want->tag, err) == -1) ||
	    (*want->media_type != 0 &&
		ferry_strdup(&node->media_type, want->media_type, err) == -1) ||
	    ferry_oci_waiter_add(
		&node->waiters, want->ctx, want->on_settled, err) == -1)
		return -1;
	rc = read_stored(node, err);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	return ferry_oci_node_queue(node, err);
}
