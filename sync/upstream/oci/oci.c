/*
 * Pulling from an OCI registry: the kind, its repositories, and the queue of
 * tags and digests that are wanted.
 *
 * Flow: every wanted tag costs one HEAD (oci_want.c).  A digest that is not
 * mirrored yet is walked (oci_walk.c): its manifest, the manifests below it, and
 * their blobs (oci_blob.c).  When all of it is here, children first, the records
 * are put, the tag last; then what refers to it is looked for (oci_refs.c).
 */

#include "sync/upstream/oci/oci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/store.h"

void
oci_fatal(struct oci *oci, const struct ferry_error *why)
{

	if (oci->run->fatal.code == FERRY_OK)
		oci->run->fatal = *why;
}

void
oci_item(char buf[OCI_ITEM_MAX], const char *name, const char *ref)
{
	const char *mark = ref == NULL                ? ""
	                   : strchr(ref, ':') == NULL ? ":"
	                                              : "@";

	(void)snprintf(buf, OCI_ITEM_MAX, "oci:%s%s%s", name, mark,
	    ref == NULL ? "" : ref);
}

int
oci_url(struct ferry_buf *url, const struct oci_repository *r, const char *what,
    const char *ref, struct ferry_error *err)
{

	/* All of these have only characters that paths may have. */
	return ferry_buf_addf(url, err, "%s/v2/%s/%s/%s", r->oci->up->url,
	    r->entry.key, what, ref);
}

/* Repositories */

struct oci_repository *
oci_repository_find(struct oci *oci, const char *name, struct ferry_error *err)
{
	struct oci_repository *r =
	    (struct oci_repository *)ferry_table_find(&oci->repositories, name);
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf scope = FERRY_BUF_INIT;
	char item[OCI_ITEM_MAX];

	if (r != NULL)
		return r;
	if (ferry_buf_addf(&scope, err, "repository:%s:pull", name) == -1 ||
	    (r = ferry_table_add(&oci->repositories, name, sizeof(*r), err)) ==
		NULL) {
		ferry_buf_free(&scope);
		return NULL;
	}
	r->oci = oci;
	r->scope = (char *)scope.p;
	if (ferry_upstream_may(oci->run, oci->up, name, &why) == -1) {
		r->refused = true;
		oci_item(item, name, NULL);
		ferry_run_fail(oci->run, item, &why);
	}
	return r;
}

void
oci_repository_answered(struct oci_repository *r)
{

	if (!r->answered)
		r->oci->run->packages++;
	r->answered = true;
}

static void
node_free(void *entry)
{
	struct oci_node *node = entry;
	struct ferry_error cancelled = { FERRY_ECANCELLED, 0, "" };

	oci_waiters_tell(&node->waiters, &cancelled);
	oci_waiters_tell(&node->refs_waiters, &cancelled);
	oci_body_free(node->body);
	ferry_buf_free(&node->left_out);
	free(node->tag);
	free(node->platform);
	free(node->held_type);
	free(node->children);
	free(node->why);
	free(node->refs_why);
}

static void
ref_free(void *entry)
{
	struct oci_ref *ref = entry;
	struct ferry_error cancelled = { FERRY_ECANCELLED, 0, "" };

	oci_waiters_tell(&ref->waiters, &cancelled);
	free(ref->job);
}

static void
repository_free(void *entry)
{
	struct oci_repository *r = entry;
	struct oci_select *next;

	for (struct oci_select *s = r->selects; s != NULL; s = next) {
		next = s->next;
		free(s->names);
		free(s);
	}
	ferry_table_free(&r->refs, ref_free);
	ferry_table_free(&r->nodes, node_free);
	ferry_table_free(&r->shares, oci_share_free);
	ferry_buf_free(&r->tags_text);
	free(r->tags);
	free(r->scope);
}

/* The queue */

static int
begin(struct oci_ref *ref, struct ferry_error *err)
{

	ref->repository->oci->active++;
	ref->state = OCI_WORKING;
	return oci_ref_begin(ref, err);
}

int
oci_pump(struct oci *oci, struct ferry_error *err)
{
	struct oci_ref *ref;
	int rc = 0;

	/* What is begun may be settled at once and come here again. */
	if (oci->pumping)
		return 0;
	oci->pumping = true;
	while (rc == 0 && oci->active < oci->active_max &&
	       (ref = oci->queue) != NULL) {
		if ((oci->queue = ref->queued) == NULL)
			oci->queue_end = &oci->queue;
		rc = begin(ref, err);
	}
	oci->pumping = false;
	return rc;
}

int
oci_ref_want(struct oci_repository *r, const char *name, unsigned level,
    void *ctx, void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err)
{
	struct oci_ref *ref =
	    (struct oci_ref *)ferry_table_find(&r->refs, name);
	struct oci *oci = r->oci;

	/* One that is under way may wait for who asks now, and reports its
	 * failure itself: nobody waits for it a second time. */
	if (r->refused || ref != NULL) {
		if (on_settled != NULL)
			on_settled(ctx, NULL);
		return 0;
	}
	ref = ferry_table_add(&r->refs, name, sizeof(*ref), err);
	if (ref == NULL ||
	    oci_waiter_add(&ref->waiters, ctx, on_settled, err) == -1)
		return -1;
	ref->repository = r;
	ref->level = (uint8_t)level;
	ref->optional = level > 0;
	/* Who wants referrers is active itself and waits for them. */
	if (level > 0)
		return begin(ref, err);
	*oci->queue_end = ref;
	oci->queue_end = &ref->queued;
	return 0;
}

void
oci_ref_settle(struct oci_ref *ref, const struct ferry_error *why)
{
	struct oci *oci = ref->repository->oci;
	struct ferry_error err = FERRY_ERROR_INIT;

	ref->state = why == NULL ? OCI_DONE : OCI_FAILED;
	free(ref->job);
	ref->job = NULL;
	oci->active--;
	oci_waiters_tell(&ref->waiters, why);
	if (oci_pump(oci, &err) == -1)
		oci_fatal(oci, &err);
}

int
oci_next_page(const struct oci *oci, const struct ferry_fetch_result *result,
    const char *url, char **out, struct ferry_error *err)
{

	return ferry_answer_next(result, oci->up->url, url, out, err);
}

/* The kind */

static int
configure(struct ferry_upstream *up, struct ferry_error *err)
{
	struct oci *oci;

	if (ferry_calloc(&oci, 1, sizeof(*oci), err) == -1)
		return -1;
	oci->up = up;
	oci->queue_end = &oci->queue;
	up->state = oci;
	return oci_configure(oci, err);
}

static void
oci_free(struct ferry_upstream *up)
{
	struct oci *oci = up->state;

	if (oci == NULL)
		return;
	ferry_table_free(&oci->repositories, repository_free);
	ferry_table_free(&oci->blobs, oci_blob_free);
	ferry_table_free(&oci->lost, NULL);
	oci_auth_free(oci->auth);
	free(oci->selection);
	free(oci);
	up->state = NULL;
}

/* The repositories that have the blob: they are looked at whole. */
static int
note_lost(
    struct oci *oci, const struct ferry_digest *blob, struct ferry_error *err)
{
	struct ferry_ref_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "version", "oci", NULL) == -1 ||
	    ferry_ref_iter_new(&it, oci->run->st, blob, &prefix, err) == -1)
		goto out;
	while ((rc = ferry_ref_iter_next(it, &key, err)) == 1) {
		const char *name = ferry_key_part(&key, 2);

		if (strcmp(ferry_key_part(&key, 3), oci->up->name) == 0 &&
		    ferry_table_find(&oci->lost, name) == NULL &&
		    ferry_table_add(&oci->lost, name,
			sizeof(struct ferry_table_entry), err) == NULL) {
			rc = -1;
			break;
		}
	}
out:
	ferry_ref_iter_free(it);
	return rc;
}

/* What verify found wrong and has not come back since. */
static int
find_lost(struct oci *oci, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_digest blob;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "lost", NULL) == -1 ||
	    ferry_local_iter_new(&it, oci->run->st, &prefix, err) == -1)
		goto out;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if (ferry_digest_from_hex(&blob, FERRY_SHA256,
			ferry_bytes_str(ferry_key_part(&key, 1)), err) == -1 ||
		    note_lost(oci, &blob, err) == -1) {
			rc = -1;
			break;
		}
out:
	ferry_record_iter_free(it);
	return rc;
}

static int
sync_start(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct oci *oci = up->state;
	json_t *host;
	int rc = -1;

	oci->run = run;
	oci->active_max = 2 * (size_t)up->origin.connections;
	if (oci->auth != NULL)
		oci_auth_start(oci->auth, run);
	if ((host = json_pack("{s:s}", "host", oci->host)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_upstream_put(run, up, host, err) == 0 &&
	    find_lost(oci, err) == 0 &&
	    oci_wants_read(oci, OCI_WANTS_ADD, err) == 0)
		rc = oci_pump(oci, err);
	json_decref(host);
	return rc;
}

/*
 * What was listed anyway may name signatures of what is mirrored, old or new;
 * what they bring may have some itself.
 */
static int
sync_after(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct oci *oci = up->state;
	int found = 0, one;

	(void)run;
	for (size_t i = 0; i < oci->repositories.cap; i++)
		for (struct ferry_table_entry *e = oci->repositories.slots[i];
		     e != NULL; e = e->next) {
			one = oci_list_signatures(
			    (struct oci_repository *)e, err);
			if (one == -1)
				return -1;
			found += one;
		}
	if (oci_pump(oci, err) == -1)
		return -1;
	return found > 0;
}

const struct ferry_upstream_kind ferry_upstream_oci = {
	.format = "oci",
	.configure = configure,
	.sync = sync_start,
	.after = sync_after,
	.want = oci_want_all,
	.free = oci_free,
};
