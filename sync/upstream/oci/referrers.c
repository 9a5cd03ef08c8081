#include "sync/upstream/oci/referrers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/upstream/ask.h"
#include "sync/upstream/oci/list.h"
#include "sync/upstream/oci/manifest.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/tags.h"
#include "sync/upstream/pages.h"

#define PAGES_MAX 1000
/* What lists may name, of one manifest; and of a repository so many more for
 * each tag or digest that is wanted of it.  Every one costs several requests. */
#define REFERRERS_MAX 1000
#define REFERRERS_EACH 32

/* A referrer that is being mirrored. */
struct job {
	struct oci_node *subject, *node;
	struct oci_budget budget;
};

static void
settle_referrer(struct oci_node *node, const struct ferry_error *why)
{

	assert(node->referring == OCI_WORKING && node->refs_pending > 0);
	if (why != NULL)
		ferry_oci_keep_error(
		    node->repository->oci, &node->refs_why, why);
	if (--node->refs_pending > 0)
		return;
	node->referring = node->refs_why == NULL ? OCI_DONE : OCI_FAILED;
	ferry_oci_waiters_tell(&node->refs_waiters, node->refs_why);
}

static void
on_part(void *ctx, const struct ferry_error *why)
{

	settle_referrer(ctx, why);
}

/* A referrer is here: now what refers to that. */
static void
on_referrer(void *ctx, const struct ferry_error *why)
{
	struct job *job = ctx;
	struct oci_node *subject = job->subject, *node = job->node;
	struct ferry_error err = FERRY_ERROR_INIT;

	free(job);
	if (why != NULL)
		settle_referrer(subject, why);
	else if (ferry_oci_referrers_want(
		     node, subject->level + 1U, subject, on_part, &err) == -1)
		ferry_run_fatal(subject->repository->oci->run, &err);
}

static int
want_referrer(struct oci_node *subject, const struct ferry_oci_descriptor *d,
    struct ferry_error *err)
{
	struct oci_manifest_want want = {
		.digest = d->digest,
		.media_type = d->media_type,
		.size = d->size,
		.on_settled = on_referrer,
	};
	struct oci_repository *r = subject->repository;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct job *job;

	if (++r->referrers_n > REFERRERS_MAX + REFERRERS_EACH * r->wanted_n) {
		ferry_error_set(&why, FERRY_ELIMIT,
		    "the lists of what refers to images of %s name more than "
		    "%zu",
		    r->entry.key, r->referrers_n - 1);
		ferry_oci_keep_error(r->oci, &subject->refs_why, &why);
		return 0;
	}
	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->subject = subject;
	want.ctx = job;
	want.budget = &job->budget;
	subject->refs_pending++;
	return ferry_oci_manifest_want(
	    subject->repository, &want, &job->node, err);
}

/* Tags */

static int
want_tag(struct oci_node *node, const char *suffix, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	char tag[FERRY_OCI_TAG_MAX + 1];

	if (ferry_oci_fallback_tag(
		tag, ferry_bytes_str(node->entry.key), suffix, err) == -1)
		return -1;
	/* A list that is here anyway saves the asking. */
	if (r->listing == OCI_DONE && !ferry_oci_tags_have(r, tag))
		return 0;
	node->refs_pending++;
	return ferry_oci_ref_want(r, tag, node->level + 1U, node, on_part, err);
}

static int
want_tags(struct oci_node *node, struct ferry_error *err)
{
	static const char *const cosign[] = { ".sig", ".att", ".sbom" };

	if (node->repository->api == OCI_API_NO &&
	    want_tag(node, "", err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(cosign) / sizeof(cosign[0]); i++)
		if (want_tag(node, cosign[i], err) == -1)
			return -1;
	return 0;
}

/* The referrers API */

static int
ask_referrers(struct oci_node *node, const char *url, struct ferry_error *err);
static int find_referrers(struct oci_node *node, struct ferry_error *err);

/*
 * What the first of a repository was answered tells the others.  If it told
 * nothing, each asks for itself, so that one failure is that of one.
 */
static int
api_known(struct oci_repository *r, enum oci_api api, struct ferry_error *err)
{
	struct oci_node *node = r->api_waiting, *next;
	int rc = 0;

	assert(node == NULL || r->api == OCI_API_ASKED);
	r->api = api;
	r->api_waiting = NULL;
	for (; node != NULL && rc == 0; node = next) {
		next = node->refs_next;
		if ((rc = find_referrers(node, err)) == 0)
			settle_referrer(node, NULL);
	}
	return rc;
}

/* Want what a page lists; then the next page, if there is one. */
static int
take_page(struct oci_node *node, const struct ferry_oci_manifest *m,
    const struct ferry_fetch_result *result, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf url = FERRY_BUF_INIT;
	char *next = NULL;
	int more = 0, rc = 0;

	for (size_t i = 0; i < m->n && rc == 0 && node->refs_why == NULL; i++)
		if (m->descriptors[i].role == FERRY_OCI_CHILD)
			rc = want_referrer(node, &m->descriptors[i], err);
	if (rc == 0)
		rc = ferry_oci_url(
		    &url, node->repository, "referrers", node->entry.key, err);
	if (rc == 0 &&
	    (more = ferry_answer_next(result, node->repository->oci->up->url,
		 (const char *)url.p, &next, &why)) == 1 &&
	    ++node->refs_pages == PAGES_MAX)
		more = ferry_error_set(
		    &why, FERRY_ELIMIT, "the list of referrers does not end");
	if (node->refs_why != NULL)
		more = 0;
	if (rc == 0 && more == -1)
		ferry_oci_keep_error(
		    node->repository->oci, &node->refs_why, &why);
	if (rc == 0 && more == 1) {
		node->refs_pending++;
		rc = ask_referrers(node, next, err);
	}
	ferry_buf_free(&url);
	free(next);
	return rc;
}

/*
 * Whether an answer means that there is no such API: one of those that
 * registries without it give, or something else at its place.
 * Source: OCI Distribution Specification, "Unavailable Referrers API" (404).
 * Observed: 400, 405, 406, 422, 501 and pages of HTML, of registries that do
 *     not know the path; 401 and 403, of proxies before them.
 */
static bool
lacks_api(const struct ferry_fetch_result *result)
{
	static const long statuses[] = { 400, 401, 403, 404, 405, 406, 415, 422,
		501 };
	char type[FERRY_MEDIA_TYPE_MAX];

	/* A rate limit says nothing of the API. */
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (result->status == statuses[i])
			return result->status != 403 ||
			       result->error.code == FERRY_EDENIED;
	return result->error.code == FERRY_OK &&
	       strcmp(ferry_answer_type(result, type), FERRY_OCI_INDEX) != 0;
}

/* What a repository's list of referrers would say stays unknown; once a run. */
static void
note_refused(const struct oci_repository *r, long status)
{
	char item[OCI_ITEM_MAX], text[160];

	ferry_oci_item(item, r->entry.key, NULL);
	(void)snprintf(text, sizeof(text),
	    "its lists of what refers to images are refused (%ld); only tags "
	    "were looked for",
	    status);
	ferry_run_skip(r->oci->run, item, text);
}

/* The list of a page: m is to be freed whatever is returned. */
static int
read_page(struct ferry_oci_manifest *m, const struct ferry_fetch_result *result,
    struct ferry_bytes body, struct ferry_error *why)
{
	char type[FERRY_MEDIA_TYPE_MAX];

	if (result->error.code != FERRY_OK) {
		*why = result->error;
		return -1;
	}
	if (strcmp(ferry_answer_type(result, type), FERRY_OCI_INDEX) != 0)
		return ferry_error_set(why, FERRY_EFORMAT,
		    "the list of referrers came as %s",
		    *type == 0 ? "something" : type);
	if (ferry_oci_manifest_read(m, body, type, why) == -1)
		return ferry_error_in(why, "the list of referrers");
	if (!m->index)
		return ferry_error_set(
		    why, FERRY_EFORMAT, "the list of referrers is no index");
	return 0;
}

static void
on_referrers(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct oci_node *node = ctx;
	struct oci_repository *r = node->repository;
	struct ferry_error err = FERRY_ERROR_INIT, why = FERRY_ERROR_INIT;
	struct ferry_oci_manifest m = { .n = 0 };
	bool first = node->refs_pages == 0;
	enum oci_api api = r->api;
	int rc = 0;

	/* Only a first page, and only while the repository has not shown the
	 * API: a list that is lost on the way must not pass for an empty one.
	 */
	if (first && api != OCI_API_YES && lacks_api(result)) {
		api = OCI_API_NO;
		if (result->status == 401 || result->status == 403)
			note_refused(r, result->status);
	} else if (read_page(&m, result, body, &why) == -1) {
		ferry_oci_keep_error(r->oci, &node->refs_why, &why);
		if (api == OCI_API_ASKED)
			api = OCI_API_UNCLEAR;
	} else {
		api = OCI_API_YES;
		rc = take_page(node, &m, result, &err);
	}
	ferry_oci_manifest_free(&m);
	if (rc == 0)
		rc = api_known(r, api, &err);
	if (rc == 0 && first)
		rc = want_tags(node, &err);
	if (rc == -1)
		ferry_run_fatal(r->oci->run, &err);
	else
		settle_referrer(node, NULL);
}

static int
ask_referrers(struct oci_node *node, const char *url, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	struct ferry_ask a = {
		.origin = &r->oci->up->origin,
		.url = url,
		.accept = FERRY_OCI_INDEX,
		.scope = r->scope,
		.max_size = FERRY_OCI_MANIFEST_MAX,
		.ctx = node,
		.on_done = on_referrers,
	};

	return ferry_run_ask(r->oci->run, &a, err);
}

/* The fallback tag's index is but a list. */
static bool
is_list(const struct oci_node *node)
{
	char digest[FERRY_OCI_DIGEST_TEXT];

	return node->tag != NULL && strchr(node->tag, '.') == NULL &&
	       ferry_oci_fallback_parse(ferry_bytes_str(node->tag), digest);
}

/* By the API or by tags, as the repository has it. */
static int
find_referrers(struct oci_node *node, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	struct ferry_buf url = FERRY_BUF_INIT;
	int rc;

	if (r->api == OCI_API_NO)
		return want_tags(node, err);
	node->refs_pending++;
	if (r->api == OCI_API_ASKED) {
		node->refs_next = r->api_waiting;
		r->api_waiting = node;
		return 0;
	}
	if (r->api == OCI_API_UNKNOWN)
		r->api = OCI_API_ASKED;
	rc = ferry_oci_url(&url, r, "referrers", node->entry.key, err);
	if (rc == 0)
		rc = ask_referrers(node, (const char *)url.p, err);
	ferry_buf_free(&url);
	return rc;
}

static int
want_tree(struct oci_node *node, struct ferry_error *err)
{

	for (size_t i = 0; i < node->children_n; i++) {
		if (node->children[i]->state != OCI_DONE)
			continue; /* absent */
		node->refs_pending++;
		if (ferry_oci_referrers_want(node->children[i], node->level,
			node, on_part, err) == -1)
			return -1;
	}
	return is_list(node) ? 0 : find_referrers(node, err);
}

int
ferry_oci_referrers_want(struct oci_node *node, unsigned level, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err)
{
	const struct oci *oci = node->repository->oci;

	/* What is under way is not waited for: lists are the registry's word,
	 * and may go round in circles.  Who began it reports its failures. */
	if (oci->referrers == OCI_REFERRERS_OFF || level >= OCI_LEVELS_MAX ||
	    oci->run->dry_run || node->removed || node->referring != OCI_NEW) {
		on_settled(ctx, node->refs_why);
		return 0;
	}
	if (ferry_oci_waiter_add(&node->refs_waiters, ctx, on_settled, err) ==
	    -1)
		return -1;
	node->referring = OCI_WORKING;
	node->level = (uint8_t)level;
	node->refs_pending = 1;
	if (want_tree(node, err) == -1)
		return -1;
	settle_referrer(node, NULL);
	return 0;
}
