#include "sync/upstream/oci/ref.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/manifest.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/record.h"
#include "sync/upstream/oci/referrers.h"
#include "sync/upstream/oci/withdrawn.h"

#define SCHEMA1 "application/vnd.docker.distribution.manifest.v1+"

struct oci_job {
	struct oci_node *node;
	struct oci_budget budget;
	char digest[FERRY_OCI_DIGEST_TEXT];
	bool lacked; /* mirrored before, without some manifests */
};

/* End a ref: report why it failed, if it did. */
static void
report_ref(struct oci_ref *ref, const struct ferry_error *why)
{
	struct oci_repository *r = ref->repository;
	char item[OCI_ITEM_MAX];

	if (why != NULL) {
		ferry_oci_item(item, r->entry.key, ref->entry.key);
		ferry_run_fail(r->oci->run, item, why);
	}
	ferry_oci_ref_settle(ref, why);
}

/* End a ref whose image is of a kind that cannot be mirrored. */
static void
settle_schema1(struct oci_ref *ref)
{
	struct oci_repository *r = ref->repository;
	char item[OCI_ITEM_MAX];

	ferry_oci_item(item, r->entry.key, ref->entry.key);
	ferry_run_skip(r->oci->run, item,
	    "is a manifest of schema 1, obsolete since 2017, whose digest is "
	    "not that of its bytes; pull it with an old client and push it "
	    "again to convert it");
	ferry_oci_ref_settle(ref, NULL);
}

/* Everything is here; only now may the next sync skip it. */
static void
on_refs(void *ctx, const struct ferry_error *why)
{
	struct oci_ref *ref = ctx;
	const struct oci_node *node = (struct oci_node *)ferry_table_find(
	    &ref->repository->nodes, ref->job->digest);
	struct ferry_error err = FERRY_ERROR_INIT;

	if (why == NULL &&
	    ferry_oci_record_mirrored(ref, ref->job->digest,
		node->lacks ? ferry_oci_node_absent(node) : NULL, &err) == -1)
		ferry_run_fatal(ref->repository->oci->run, &err);
	if (why != NULL) {
		err = *why;
		ferry_error_in(&err, "looking for what refers to it");
		why = &err;
	}
	report_ref(ref, why);
}

/* Dry run: what the tree would cost, each manifest once. */
static uint64_t
plan_size(
    struct oci_node *node, struct ferry_buf *left_out, struct ferry_error *err)
{
	uint64_t bytes = node->planned ? 0 : node->bytes;

	node->planned = true;
	if (node->left_out.n > 0)
		(void)ferry_buf_addf(left_out, err, "%s%s",
		    left_out->n == 0 ? "" : ", ", (char *)node->left_out.p);
	for (size_t i = 0; i < node->children_n; i++)
		bytes += plan_size(node->children[i], left_out, err);
	return bytes;
}

static void
plan_ref(struct oci_ref *ref, struct oci_node *node)
{
	struct ferry_run *run = ref->repository->oci->run;
	struct ferry_buf left_out = FERRY_BUF_INIT, note = FERRY_BUF_INIT;
	struct ferry_error err = FERRY_ERROR_INIT;
	char item[OCI_ITEM_MAX];
	uint64_t bytes = plan_size(node, &left_out, &err);

	if (node->here && bytes == 0) {
		run->present++;
		ferry_buf_free(&left_out);
		return;
	}
	ferry_oci_item(item, ref->repository->entry.key, ref->entry.key);
	if (left_out.n > 0)
		(void)ferry_buf_addf(
		    &note, &err, "without %s", (char *)left_out.p);
	(void)json_array_append_new(
	    run->plan, json_pack("{s:s,s:s,s:I,s:s*}", "item", item, "version",
			   node->entry.key, "size", (json_int_t)bytes, "note",
			   (char *)note.p));
	if (ref->repository->oci->referrers != OCI_REFERRERS_OFF)
		run->plan_lacks = "what refers to images (signatures, SBOMs)";
	run->added++;
	ferry_buf_free(&left_out);
	ferry_buf_free(&note);
}

static int
tree_is_here(
    struct oci_ref *ref, struct oci_node *node, struct ferry_error *err)
{
	struct oci *oci = ref->repository->oci;
	bool digest = ferry_oci_digest_valid(ferry_bytes_str(ref->entry.key));

	if (oci->run->dry_run)
		plan_ref(ref, node);
	else if (node->here)
		oci->run->present++;
	if (!oci->run->dry_run && !digest && !node->removed &&
	    ferry_oci_record_tag(
		ref->repository, ref->entry.key, ref->job->digest, err) == -1) {
		return -1;
	}
	/* It has what it had, and lacks what it lacked. */
	if (ref->job->lacked && node->lacks && node->here) {
		ferry_oci_ref_settle(ref, NULL);
		return 0;
	}
	return ferry_oci_referrers_want(node, ref->level, ref, on_refs, err);
}

static void
on_tree(void *ctx, const struct ferry_error *why)
{
	struct oci_ref *ref = ctx;
	struct oci_node *node = (struct oci_node *)ferry_table_find(
	    &ref->repository->nodes, ref->job->digest);
	struct ferry_error err = FERRY_ERROR_INIT;

	if (why != NULL && node != NULL && node->schema1)
		settle_schema1(ref);
	else if (why != NULL)
		report_ref(ref, why);
	else if (tree_is_here(ref, node, &err) == -1)
		ferry_run_fatal(ref->repository->oci->run, &err);
}

/* What the ref is now is known. */
static int
want_digest(struct oci_ref *ref, uint64_t size, struct ferry_error *err)
{
	struct oci_repository *r = ref->repository;
	bool is_digest =
	    ferry_oci_digest_valid(ferry_bytes_str(ref->entry.key));
	struct oci_manifest_want want = {
		.digest = ref->job->digest,
		.tag = is_digest ? NULL : ref->entry.key,
		.media_type = "",
		.size = size,
		.budget = &ref->job->budget,
		.ctx = ref,
		.on_settled = on_tree,
	};
	struct oci_node *node;
	const struct ferry_recorded of = ferry_oci_recorded(r);
	char subject[FERRY_OCI_DIGEST_TEXT];
	int rc;

	/* Some registries take a fallback tag for a way to write a digest. */
	if (!is_digest &&
	    ferry_oci_fallback_parse(
		ferry_bytes_str(ref->entry.key), subject) &&
	    strcmp(subject, ref->job->digest) == 0) {
		ferry_oci_ref_settle(ref, NULL);
		return 0;
	}
	if (ferry_oci_record_reason(ref, ref->job->digest, err) == -1)
		return -1;
	rc = ferry_recorded_is_removed(&of, ref->job->digest, err);

	if (rc == 1)
		ferry_oci_ref_settle(ref, NULL);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	rc = ferry_recorded_wanted(&of, ref->job->digest, err);
	if (rc == 0)
		rc = ferry_oci_record_is_mirrored(
		    ref, ref->job->digest, &ref->job->lacked, err);
	if (rc == -1)
		return -1;
	if (rc == 1 && !ref->job->lacked) {
		r->oci->run->present++;
		ferry_oci_ref_settle(ref, NULL);
		return 0;
	}
	return ferry_oci_manifest_want(r, &want, &node, err);
}

/* Nobody knows the ref upstream.  A tag that is here was taken away. */
static void
settle_absent(struct oci_ref *ref, const struct ferry_error *why)
{
	struct oci *oci = ref->repository->oci;
	struct ferry_error err = FERRY_ERROR_INIT;
	int here = ferry_oci_tag_withdrawn(ref, &err);

	if (here == -1) {
		ferry_run_fatal(oci->run, &err);
		return;
	}
	if (here == 1)
		ferry_oci_repository_answered(ref->repository);
	report_ref(ref,
	    here == 1 && oci->withdrawn == FERRY_WITHDRAWN_KEEP ? NULL : why);
}

/* Registries that do not say the digest: of the bytes that the tag gives. */
static void
on_manifest(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct oci_ref *ref = ctx;
	struct oci *oci = ref->repository->oci;
	struct ferry_error err = result->error;
	struct ferry_oci_manifest m = { .n = 0 };
	char type[FERRY_MEDIA_TYPE_MAX];
	struct ferry_digest digest;

	if (err.code == FERRY_ENOTFOUND && ref->optional) {
		ferry_oci_ref_settle(ref, NULL);
		return;
	}
	if (err.code == FERRY_ENOTFOUND) {
		settle_absent(ref, &err);
		return;
	}
	if (err.code != FERRY_OK) {
		report_ref(ref, &err);
		return;
	}
	(void)ferry_answer_type(result, type);
	if (ferry_oci_manifest_read(&m, body, type, &err) == 0 && m.formless) {
		ferry_oci_manifest_free(&m);
		ferry_error_set(&err, FERRY_EFORMAT,
		    "it has none of the members of a manifest");
	}
	if (err.code != FERRY_OK) {
		ferry_error_in(&err,
		    "%s answered %s where a manifest was asked for",
		    oci->up->name, *type == 0 ? "something" : type);
		report_ref(ref, &err);
		return;
	}
	ferry_oci_repository_answered(ref->repository);
	if (m.schema1) {
		settle_schema1(ref);
	} else if (ferry_digest_of(&digest, FERRY_SHA256, body, &err) == -1) {
		ferry_run_fatal(oci->run, &err);
	} else {
		(void)ferry_digest_text(&digest, ref->job->digest);
		if (want_digest(ref, body.n, &err) == -1)
			ferry_run_fatal(oci->run, &err);
	}
	ferry_oci_manifest_free(&m);
}

static int
ask_manifest(struct oci_ref *ref, bool head,
    void (*on_done)(void *ctx, const struct ferry_fetch_result *result,
	struct ferry_bytes body),
    struct ferry_error *err)
{
	struct oci_repository *r = ref->repository;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_ask a = {
		.origin = &r->oci->up->origin,
		.accept = FERRY_OCI_ACCEPT,
		.scope = r->scope,
		.method = head ? FERRY_ASK_HEAD : FERRY_ASK_GET,
		.max_size = FERRY_OCI_MANIFEST_MAX,
		.ctx = ref,
		.on_done = on_done,
	};
	int rc = -1;

	if (ferry_oci_url(&url, r, "manifests", ref->entry.key, err) == 0) {
		a.url = (const char *)url.p;
		rc = ferry_run_ask(r->oci->run, &a, err);
	}
	ferry_buf_free(&url);
	return rc;
}

static void
on_head(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct oci_ref *ref = ctx;
	struct oci *oci = ref->repository->oci;
	struct ferry_error err = result->error;
	char type[FERRY_MEDIA_TYPE_MAX];
	const char *digest;

	(void)body;
	oci->head_works = oci->head_works || result->status == 200;
	if (err.code == FERRY_ENOTFOUND && ref->optional && oci->head_works) {
		ferry_oci_ref_settle(ref, NULL);
		return;
	}
	if (err.code != FERRY_OK && !ferry_oci_head_says_nothing(result)) {
		report_ref(ref, &err);
		return;
	}
	digest = ferry_fetch_header(result, "Docker-Content-Digest", 0);
	if (strncmp(ferry_answer_type(result, type), SCHEMA1,
		sizeof(SCHEMA1) - 1) == 0) {
		settle_schema1(ref);
		return;
	}
	err = (struct ferry_error)FERRY_ERROR_INIT;
	if (result->status != 200 || digest == NULL ||
	    !ferry_oci_digest_valid(ferry_bytes_str(digest))) {
		if (ask_manifest(ref, false, on_manifest, &err) == -1)
			ferry_run_fatal(oci->run, &err);
		return;
	}
	ferry_oci_repository_answered(ref->repository);
	(void)snprintf(
	    ref->job->digest, sizeof(ref->job->digest), "%s", digest);
	if (want_digest(ref, 0, &err) == -1)
		ferry_run_fatal(oci->run, &err);
}

int
ferry_oci_ref_begin(struct oci_ref *ref, struct ferry_error *err)
{

	assert(ref->state == OCI_WORKING && ref->job == NULL);
	if (ferry_calloc(&ref->job, 1, sizeof(*ref->job), err) == -1)
		return -1;
	if (!ferry_oci_digest_valid(ferry_bytes_str(ref->entry.key)))
		return ask_manifest(ref, true, on_head, err);
	(void)snprintf(
	    ref->job->digest, sizeof(ref->job->digest), "%s", ref->entry.key);
	return want_digest(ref, 0, err);
}
