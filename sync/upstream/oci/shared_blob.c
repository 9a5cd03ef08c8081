#include "sync/upstream/oci/shared_blob.h"

#include <assert.h>
#include <stdlib.h>

#include "store/store.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/queue.h"

/* Part i of node, to which it goes. */
struct part {
	struct part *next;
	struct oci_node *node;
	size_t i;
	struct ferry_digest sha256;
	uint64_t size;
};
/*
 * What is known of one blob in one repository.
 *
 * Life cycle: OCI_NEW; OCI_WORKING while its registry is asked, and only then
 * parts wait; OCI_DONE if the repository has it, OCI_FAILED (with why) if its
 * registry did not say so.
 */
struct shared_blob {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci_repository *repository;
	enum oci_state state;
	bool by_get; /* HEAD said nothing */
	struct part *waiting;
	struct ferry_error *why; /* it failed; owned */
};

void
ferry_oci_shared_blob_free(void *entry)
{
	struct shared_blob *s = entry;
	struct part *next;

	for (struct part *p = s->waiting; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(s->why);
}

static struct shared_blob *
find_shared(
    struct oci_repository *r, const char *digest, struct ferry_error *err)
{
	struct shared_blob *s =
	    (struct shared_blob *)ferry_table_find(&r->shared_blobs, digest);

	if (s == NULL && (s = ferry_table_add(&r->shared_blobs, digest,
			      sizeof(*s), err)) != NULL)
		s->repository = r;
	return s;
}

int
ferry_oci_shared_blob_fetched(
    struct oci_repository *r, const char *digest, struct ferry_error *err)
{
	struct shared_blob *s = find_shared(r, digest, err);

	if (s == NULL)
		return -1;
	if (s->state == OCI_NEW)
		s->state = OCI_DONE;
	return 0;
}

static int ask_registry(struct shared_blob *s, struct ferry_error *err);

static void
on_head(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct shared_blob *s = ctx;
	struct oci *oci = s->repository->oci;
	struct ferry_error why = result->error;
	struct part *p = s->waiting, *next;

	(void)body;
	assert(s->state == OCI_WORKING);
	/* That it begins to come is enough. */
	if (s->by_get && result->status == 200)
		why = (struct ferry_error)FERRY_ERROR_INIT;
	if (!s->by_get && ferry_oci_head_says_nothing(result)) {
		s->by_get = true;
		why = (struct ferry_error)FERRY_ERROR_INIT;
		if (ask_registry(s, &why) == -1)
			ferry_run_fatal(oci->run, &why);
		return;
	}
	if (why.code != FERRY_OK) {
		ferry_error_in(&why,
		    "the store has blob %s, but whether %s has it, too, its "
		    "registry did not confirm",
		    s->entry.key, s->repository->entry.key);
		ferry_oci_keep_error(oci, &s->why, &why);
	}
	s->state = why.code == FERRY_OK ? OCI_DONE : OCI_FAILED;
	s->waiting = NULL;
	for (; p != NULL; p = next) {
		next = p->next;
		if (s->state == OCI_DONE)
			ferry_oci_node_give(p->node, p->i, &p->sha256, p->size);
		else
			ferry_oci_node_settle_part(p->node, &why);
		free(p);
	}
}

static int
ask_registry(struct shared_blob *s, struct ferry_error *err)
{
	struct oci_repository *r = s->repository;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_ask a = {
		.origin = &r->oci->up->origin,
		.scope = r->scope,
		.method = s->by_get ? FERRY_ASK_GET : FERRY_ASK_HEAD,
		.ctx = s,
		.on_done = on_head,
	};
	int rc = -1;

	s->state = OCI_WORKING;
	if (ferry_oci_url(&url, r, "blobs", s->entry.key, err) == 0) {
		a.url = (const char *)url.p;
		rc = ferry_run_ask(r->oci->run, &a, err);
	}
	ferry_buf_free(&url);
	return rc;
}

/* Whether a version of r that is committed names the blob: 1, 0, -1. */
static int
is_named(const struct oci_repository *r, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	struct ferry_ref_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "version", "oci", r->entry.key,
		r->oci->up->name, NULL) == 0 &&
	    ferry_ref_iter_new(&it, r->oci->run->st, sha256, &prefix, err) == 0)
		rc = ferry_ref_iter_next(it, &key, err);
	ferry_ref_iter_free(it);
	return rc;
}

int
ferry_oci_shared_blob_want(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	struct shared_blob *s =
	    find_shared(r, node->body->parts[i].digest, err);
	struct part *p;
	int named = 0;

	if (s == NULL ||
	    (s->state == OCI_NEW && (named = is_named(r, sha256, err)) == -1))
		return -1;
	if (named == 1)
		s->state = OCI_DONE;
	/* A dry run says what would be fetched: that is not. */
	if (s->state == OCI_DONE || r->oci->run->dry_run) {
		ferry_oci_node_give(node, i, sha256, size);
		return 0;
	}
	if (s->state == OCI_FAILED) {
		ferry_oci_node_settle_part(node, s->why);
		return 0;
	}
	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return -1;
	*p = (struct part){ s->waiting, node, i, *sha256, size };
	s->waiting = p;
	return s->state == OCI_WORKING ? 0 : ask_registry(s, err);
}
