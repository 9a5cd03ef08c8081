/*
 * Manifests: their text, the manifests below them, their blobs.
 *
 * A node's pending counts what it names and is not settled yet, and one more
 * while its text is being looked through, so that what settles at once does not
 * settle the node too early.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/store.h"
#include "sync/upstream/oci/oci.h"

void
oci_keep_error(
    struct oci *oci, struct ferry_error **slot, const struct ferry_error *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (*slot != NULL)
		return;
	if (ferry_calloc(slot, 1, sizeof(**slot), &err) == -1)
		oci_fatal(oci, &err);
	else
		**slot = *why;
}

void
oci_body_free(struct oci_body *body)
{

	if (body == NULL)
		return;
	json_decref(body->annotations);
	json_decref(body->record);
	free(body->parts);
	free(body);
}

static void
note_absent(const struct oci_node *node, const struct oci_node *child)
{
	struct oci_repository *r = node->repository;
	char item[OCI_ITEM_MAX], text[400];

	oci_item(item, r->entry.key, node->entry.key);
	(void)snprintf(text, sizeof(text),
	    "its manifest %s%s%s%s is not there (404): the index is mirrored "
	    "without it",
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
		if (child->state == OCI_FAILED && child->absent)
			absent = child;
		else if (child->state == OCI_FAILED)
			oci_keep_error(
			    node->repository->oci, &node->why, child->why);
	}
	if (absent != NULL && done == 0)
		oci_keep_error(node->repository->oci, &node->why, absent->why);
	if (absent == NULL || node->why != NULL || node->here)
		return;
	for (size_t i = 0; i < node->children_n; i++)
		if (node->children[i]->state == OCI_FAILED)
			note_absent(node, node->children[i]);
}

/* What is under way at once */

static int
fetch(struct oci_node *node, const char *media_type, struct ferry_error *err);

static void
open_node(struct oci_node *node, size_t descriptors)
{
	struct oci *oci = node->repository->oci;

	oci->open = oci->open - node->open + descriptors;
	node->open = descriptors;
}

static void
close_node(struct oci_node *node)
{

	open_node(node, 0);
}

/* How many descriptors a manifest may have that is not here yet.
 * Guess: none is shorter than 100 bytes; one of unknown size is a tag's. */
static size_t
expected(const struct oci_node *node)
{

	return node->size == 0 ? 64 : (size_t)(node->size / 100 + 1);
}

/* Something is always let through, however large. */
static bool
has_room(const struct oci *oci, const struct oci_node *node)
{

	return oci->open == 0 || oci->open + expected(node) <= OCI_OPEN_MAX;
}

static int
fetch_or_hold(
    struct oci_node *node, const char *media_type, struct ferry_error *err)
{
	struct oci *oci = node->repository->oci;

	if (has_room(oci, node)) {
		open_node(node, expected(node));
		return fetch(node, media_type, err);
	}
	node->held_next = oci->held;
	oci->held = node;
	return ferry_strdup(&node->held_type, media_type, err);
}

static int
release(struct oci *oci, struct ferry_error *err)
{
	struct oci_node *node;

	while ((node = oci->held) != NULL && has_room(oci, node)) {
		oci->held = node->held_next;
		open_node(node, expected(node));
		if (fetch(node, node->held_type, err) == -1)
			return -1;
	}
	return 0;
}

/* Everything that node names is settled. */
static void
finish(struct oci_node *node)
{
	struct oci *oci = node->repository->oci;
	struct ferry_error err = FERRY_ERROR_INIT;

	close_node(node);
	judge_children(node);
	if (node->why == NULL && !node->here && !oci->run->dry_run) {
		if (oci_record_put(node, &err) == -1) {
			oci_fatal(oci, &err);
			return;
		}
		oci->run->added++;
	}
	oci_body_free(node->body);
	node->body = NULL;
	node->state = node->why == NULL ? OCI_DONE : OCI_FAILED;
	oci_waiters_tell(&node->waiters, node->why);
	if (release(oci, &err) == -1)
		oci_fatal(oci, &err);
}

void
oci_node_part(struct oci_node *node, const struct ferry_error *why)
{

	if (why != NULL)
		oci_keep_error(node->repository->oci, &node->why, why);
	if (--node->pending == 0)
		finish(node);
}

/* A node that cannot even be looked into. */
static void
fail(struct oci_node *node, const struct ferry_error *why)
{

	node->pending = 1;
	oci_node_part(node, why);
}

/* Whether it failed is looked at when all of them are settled. */
static void
on_child(void *ctx, const struct ferry_error *why)
{

	(void)why;
	oci_node_part(ctx, NULL);
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
chosen(const struct oci *oci, const struct ferry_oci_descriptor *d)
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
	struct oci_walk walk = {
		.digest = d->digest,
		.media_type = d->media_type,
		.size = d->size,
		.depth = node->depth + 1U,
		.budget = node->budget,
		.ctx = node,
		.on_settled = on_child,
	};

	if (walk.depth > OCI_DEPTH_MAX)
		ferry_error_set(&why, FERRY_ELIMIT,
		    "indexes are nested more than %d deep", OCI_DEPTH_MAX);
	else if (++node->budget->manifests > OCI_MANIFESTS_MAX)
		ferry_error_set(&why, FERRY_ELIMIT,
		    "more than %d manifests belong to it", OCI_MANIFESTS_MAX);
	if (why.code != FERRY_OK) {
		oci_keep_error(node->repository->oci, &node->why, &why);
		return 0;
	}
	if (ferry_array_grow(&node->children, &node->children_cap,
		node->children_n + 1, sizeof(struct oci_node *), err) == -1)
		return -1;
	node->pending++;
	if (oci_walk(node->repository, &walk, &child, err) == -1)
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
	return oci_blob_want(node, body->parts_n - 1, d, err);
}

/* Want everything that m names. */
static int
want_all(struct oci_node *node, const struct ferry_oci_manifest *m,
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
		else if (chosen(oci, d)) {
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
		oci_item(item, node->repository->entry.key, node->entry.key);
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
look(struct oci_node *node, struct ferry_bytes text,
    const struct ferry_digest *sha256, const char *type, json_t *record,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_oci_manifest m = { .n = 0 };
	struct oci_body *body;
	int rc = -1;

	if (ferry_calloc(&node->body, 1, sizeof(*body), err) == -1)
		return -1;
	body = node->body;
	body->record = json_incref(record);
	body->sha256 = *sha256;
	node->size = text.n;
	if (ferry_oci_manifest_read(&m, text, type, &why) == -1) {
		ferry_error_in(&why, "manifest %s", node->entry.key);
		fail(node, &why);
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
		fail(node, &why);
		rc = 0;
	} else if ((node->budget->descriptors += m.n) > OCI_DESCRIPTORS_MAX) {
		ferry_error_set(&why, FERRY_ELIMIT,
		    "the manifests that belong to it name more than %d others "
		    "and blobs",
		    OCI_DESCRIPTORS_MAX);
		fail(node, &why);
		rc = 0;
	} else if (ferry_calloc(&body->parts, m.n == 0 ? 1 : m.n,
		       sizeof(*body->parts), err) == 0) {
		node->pending = 1;
		/* What waits for manifests below it must not hold them back. */
		open_node(node, m.index ? 0 : m.n);
		rc = want_all(node, &m, err);
		if (rc == 0 && m.index)
			rc = release(node->repository->oci, err);
		if (rc == 0 && body->subject[0] != 0)
			take_annotations(body, &m);
		if (rc == 0)
			oci_node_part(node, NULL);
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
		rc = fetch(node, "", &err);
	} else if (err.code != FERRY_OK) {
		node->absent = err.code == FERRY_ENOTFOUND;
		if (node->by_tag)
			ferry_error_in(&err,
			    "where the registry said that the tag is %s",
			    node->entry.key);
		fail(node, &err);
	} else if (node->size != 0 && node->size != pulled->size) {
		ferry_error_set(&err, FERRY_ESIZE,
		    "manifest %s has %" PRIu64 " bytes, but the index that "
		    "names it says %" PRIu64,
		    node->entry.key, pulled->size, node->size);
		fail(node, &err);
	} else {
		(void)ferry_answer_type(pulled->answer, type);
		node->bytes += pulled->size;
		rc = look(node, pulled->view, &pulled->sha256,
		    strncmp(type, "application/vnd.", 16) == 0 ? type : NULL,
		    NULL, &err);
	}
	if (rc == -1)
		oci_fatal(oci, &err);
}

/* The kinds that everybody knows, and the one that its descriptor says. */
static int
accept_line(
    struct ferry_buf *out, const char *media_type, struct ferry_error *err)
{

	if (ferry_buf_adds(out, FERRY_OCI_ACCEPT, err) == -1)
		return -1;
	if (*media_type == 0 || strstr(FERRY_OCI_ACCEPT, media_type) != NULL)
		return 0;
	return ferry_buf_addf(out, err, ", %s", media_type);
}

static int
fetch(struct oci_node *node, const char *media_type, struct ferry_error *err)
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
	    oci_url(&url, r, "manifests",
		node->by_tag ? node->tag : node->entry.key, err) == 0 &&
	    accept_line(&accept, media_type, err) == 0) {
		pull.url = (const char *)url.p;
		pull.accept = (const char *)accept.p;
		rc = ferry_run_pull(r->oci->run, &pull, err);
	}
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
look_here(struct oci_node *node, struct ferry_error *err)
{
	struct ferry_store *st = node->repository->oci->run->st;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_file file;
	json_t *record = NULL;
	const char *type;
	int rc;

	rc = oci_record_is_removed(node->repository, node->entry.key, err);
	if (rc == 1) {
		node->repository->oci->run->removed++;
		node->here = node->removed = true;
		node->pending = 1;
		oci_node_part(node, NULL);
		return 1;
	}
	if (rc == 0)
		rc = oci_record_get(
		    node->repository, node->entry.key, &record, err);
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
	node->here = json_object_get(record, "deleted_at") == NULL;
	if (look(node, ferry_bytes_buf(&text), &file.sha256, type, record,
		err) == -1)
		rc = -1;
out:
	ferry_buf_free(&text);
	json_decref(record);
	return rc;
}

int
oci_walk(struct oci_repository *r, const struct oci_walk *walk,
    struct oci_node **out, struct ferry_error *err)
{
	struct oci_node *node =
	    (struct oci_node *)ferry_table_find(&r->nodes, walk->digest);
	int rc;

	*out = node;
	if (node != NULL && node->state != OCI_WORKING) {
		walk->on_settled(walk->ctx, node->why);
		return 0;
	}
	if (node != NULL)
		return oci_waiter_add(
		    &node->waiters, walk->ctx, walk->on_settled, err);
	node = ferry_table_add(&r->nodes, walk->digest, sizeof(*node), err);
	if (node == NULL)
		return -1;
	*out = node;
	node->repository = r;
	node->state = OCI_WORKING;
	node->depth = (uint8_t)walk->depth;
	node->size = walk->size;
	node->budget = walk->budget;
	if ((walk->tag != NULL &&
		ferry_strdup(&node->tag, walk->tag, err) == -1) ||
	    oci_waiter_add(&node->waiters, walk->ctx, walk->on_settled, err) ==
		-1)
		return -1;
	rc = look_here(node, err);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	return fetch_or_hold(node, walk->media_type, err);
}
