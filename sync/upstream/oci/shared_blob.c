/*
 * Blobs that the store has already: whether a repository may have them, too.
 *
 * A manifest that names a blob proves nothing: who knows a digest of a private
 * layer could have it served under a name of his own.  A repository has what a
 * version of it names already, what was fetched from it in this run, and what
 * its registry says that it has: one HEAD a blob and repository.
 */

#include <stdlib.h>

#include "store/store.h"
#include "sync/upstream/oci/oci.h"

/* What is known of one blob in one repository. */
struct part {
	struct part *next;
	struct oci_node *node;
	size_t i;
	struct ferry_digest sha256;
	uint64_t size;
};
struct share {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci_repository *repository;
	enum oci_state state;
	struct part *waiting;
	struct ferry_error *why; /* it failed; owned */
};

void
oci_share_free(void *entry)
{
	struct share *s = entry;
	struct part *next;

	for (struct part *p = s->waiting; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(s->why);
}

static struct share *
find(struct oci_repository *r, const char *digest, struct ferry_error *err)
{
	struct share *s = (struct share *)ferry_table_find(&r->shares, digest);

	if (s == NULL &&
	    (s = ferry_table_add(&r->shares, digest, sizeof(*s), err)) != NULL)
		s->repository = r;
	return s;
}

int
oci_share_fetched(
    struct oci_repository *r, const char *digest, struct ferry_error *err)
{
	struct share *s = find(r, digest, err);

	if (s == NULL)
		return -1;
	if (s->state == OCI_NEW)
		s->state = OCI_DONE;
	return 0;
}

static void
on_head(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct share *s = ctx;
	struct oci *oci = s->repository->oci;
	struct ferry_error why = result->error;
	struct part *p = s->waiting, *next;

	(void)body;
	if (why.code != FERRY_OK) {
		ferry_error_in(&why,
		    "the store has blob %s, but whether %s has it, too, its "
		    "registry did not confirm",
		    s->entry.key, s->repository->entry.key);
		oci_keep_error(oci, &s->why, &why);
	}
	s->state = why.code == FERRY_OK ? OCI_DONE : OCI_FAILED;
	s->waiting = NULL;
	for (; p != NULL; p = next) {
		next = p->next;
		if (s->state == OCI_DONE)
			oci_blob_give(p->node, p->i, &p->sha256, p->size);
		else
			oci_node_part(p->node, &why);
		free(p);
	}
}

static int
ask(struct share *s, struct ferry_error *err)
{
	struct oci_repository *r = s->repository;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_ask a = {
		.origin = &r->oci->up->origin,
		.scope = r->scope,
		.method = FERRY_ASK_HEAD,
		.ctx = s,
		.on_done = on_head,
	};
	int rc = -1;

	s->state = OCI_WORKING;
	if (oci_url(&url, r, "blobs", s->entry.key, err) == 0) {
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
oci_share(struct oci_node *node, size_t i, const struct ferry_digest *sha256,
    uint64_t size, struct ferry_error *err)
{
	struct oci_repository *r = node->repository;
	struct share *s = find(r, node->body->parts[i].digest, err);
	struct part *p;
	int named = 0;

	if (s == NULL ||
	    (s->state == OCI_NEW && (named = is_named(r, sha256, err)) == -1))
		return -1;
	if (named == 1)
		s->state = OCI_DONE;
	/* A dry run says what would be fetched: that is not. */
	if (s->state == OCI_DONE || r->oci->run->dry_run) {
		oci_blob_give(node, i, sha256, size);
		return 0;
	}
	if (s->state == OCI_FAILED) {
		oci_node_part(node, s->why);
		return 0;
	}
	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return -1;
	*p = (struct part){ s->waiting, node, i, *sha256, size };
	s->waiting = p;
	return s->state == OCI_WORKING ? 0 : ask(s, err);
}
