#include "sync/upstream/oci/queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "sync/upstream/oci/node.h"

void
ferry_oci_item(char buf[OCI_ITEM_MAX], const char *name, const char *ref)
{
	const char *mark = ref == NULL                ? ""
	                   : strchr(ref, ':') == NULL ? ":"
	                                              : "@";

	(void)snprintf(buf, OCI_ITEM_MAX, "oci:%s%s%s", name, mark,
	    ref == NULL ? "" : ref);
}

int
ferry_oci_url(struct ferry_buf *url, const struct oci_repository *r,
    const char *what, const char *ref, struct ferry_error *err)
{

	/* All of these have only characters that paths may have. */
	return ferry_buf_addf(url, err, "%s/v2/%s/%s/%s", r->oci->up->url,
	    r->entry.key, what, ref);
}

/*
 * Observed: registries that answer HEAD with 404, 403, 401, 405 or 501 where
 *     GET works, or send it to a URL that is signed for GET only.
 */
bool
ferry_oci_head_says_nothing(const struct ferry_fetch_result *result)
{

	return result->error.code != FERRY_OK && result->status >= 400 &&
	       result->status != 429 && result->status != 408 &&
	       (result->status < 500 || result->status == 501);
}

/* Repositories */

struct oci_repository *
ferry_oci_repository_find(
    struct oci *oci, const char *name, struct ferry_error *err)
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
		ferry_oci_item(item, name, NULL);
		ferry_run_fail(oci->run, item, &why);
	}
	return r;
}

void
ferry_oci_repository_answered(struct oci_repository *r)
{

	if (!r->answered)
		r->oci->run->packages++;
	r->answered = true;
}

/* Room */

void
ferry_oci_node_open(struct oci_node *node, size_t descriptors)
{
	struct oci *oci = node->repository->oci;

	assert(oci->open >= node->open);
	oci->open = oci->open - node->open + descriptors;
	node->open = descriptors;
}

/* How many descriptors a manifest may have that is not here yet.
 * Guess: none is shorter than 100 bytes; one of unknown size is a tag's. */
static size_t
expected_descriptors(const struct oci_node *node)
{

	return node->size == 0 ? 64 : (size_t)(node->size / 100 + 1);
}

/* Something is always let through, however large. */
static bool
has_room(const struct oci *oci, const struct oci_node *node)
{

	return oci->open == 0 ||
	       oci->open + expected_descriptors(node) <= OCI_OPEN_MAX;
}

static int
begin_node(struct oci_node *node, struct ferry_error *err)
{

	assert(node->state == OCI_WORKING && node->body == NULL);
	ferry_oci_node_open(node, expected_descriptors(node));
	return node->repository->oci->fetch_node(node, err);
}

int
ferry_oci_node_queue(struct oci_node *node, struct ferry_error *err)
{
	struct oci *oci = node->repository->oci;

	assert(node->open == 0 && node->held_next == NULL);
	if (has_room(oci, node))
		return begin_node(node, err);
	node->held_next = oci->held;
	oci->held = node;
	return 0;
}

/* Refs */

static int
begin_ref(struct oci_ref *ref, struct ferry_error *err)
{
	struct oci *oci = ref->repository->oci;

	assert(ref->state == OCI_NEW);
	oci->active++;
	ref->state = OCI_WORKING;
	return oci->begin_ref(ref, err);
}

/* Returns: 1, 0 if there is nothing to begin or no room, -1. */
static int
begin_next(struct oci *oci, struct ferry_error *err)
{
	struct oci_node *node = oci->held;
	struct oci_ref *ref = oci->queue;

	if (node != NULL && has_room(oci, node)) {
		oci->held = node->held_next;
		node->held_next = NULL;
		return begin_node(node, err) == -1 ? -1 : 1;
	}
	if (ref == NULL || oci->active >= oci->active_max)
		return 0;
	if ((oci->queue = ref->queued) == NULL)
		oci->queue_end = &oci->queue;
	return begin_ref(ref, err) == -1 ? -1 : 1;
}

int
ferry_oci_pump(struct oci *oci, struct ferry_error *err)
{
	int rc;

	/* What is begun may be settled at once and come here again. */
	if (oci->pumping)
		return 0;
	oci->pumping = true;
	while ((rc = begin_next(oci, err)) == 1)
		;
	oci->pumping = false;
	return rc;
}

int
ferry_oci_ref_want(struct oci_repository *r, const char *name, unsigned level,
    void *ctx, void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err)
{
	struct oci_ref *ref =
	    (struct oci_ref *)ferry_table_find(&r->refs, name);
	struct oci *oci = r->oci;

	/* One that is under way may be waited for by who needs it now, and reports its
	 * failure itself: nobody waits for it a second time. */
	if (r->refused || ref != NULL) {
		if (on_settled != NULL)
			on_settled(ctx, NULL);
		return 0;
	}
	ref = ferry_table_add(&r->refs, name, sizeof(*ref), err);
	if (ref == NULL ||
	    ferry_oci_waiter_add(&ref->waiters, ctx, on_settled, err) == -1)
		return -1;
	ref->repository = r;
	ref->level = (uint8_t)level;
	ref->optional = level > 0;
	r->wanted_n += level == 0;
	/* Who wants referrers is active itself and waits for them. */
	if (level > 0)
		return begin_ref(ref, err);
	*oci->queue_end = ref;
	oci->queue_end = &ref->queued;
	return 0;
}

void
ferry_oci_ref_renew(struct oci_ref *ref)
{
	struct oci *oci = ref->repository->oci;

	assert(ref->state == OCI_DONE || ref->state == OCI_FAILED);
	free(ref->why);
	ref->why = NULL;
	ref->state = OCI_NEW;
	ref->queued = NULL;
	*oci->queue_end = ref;
	oci->queue_end = &ref->queued;
}

/* For who asks what became of it. */
static void
remember(struct oci_ref *ref, const struct ferry_error *why)
{
	struct ferry_run *run = ref->repository->oci->run;
	struct ferry_error err = FERRY_ERROR_INIT;

	run->settled++;
	ref->checked_at = ferry_now();
	if (why == NULL || !run->pulls)
		return;
	if (ferry_calloc(&ref->why, 1, sizeof(*ref->why), &err) == -1)
		ferry_run_fatal(run, &err);
	else
		*ref->why = *why;
}

void
ferry_oci_ref_settle(struct oci_ref *ref, const struct ferry_error *why)
{
	struct oci *oci = ref->repository->oci;
	struct ferry_error err = FERRY_ERROR_INIT;

	assert(ref->state == OCI_WORKING && oci->active > 0);
	ref->state = why == NULL ? OCI_DONE : OCI_FAILED;
	free(ref->job);
	ref->job = NULL;
	remember(ref, why);
	oci->active--;
	ferry_oci_waiters_tell(&ref->waiters, why);
	if (ferry_oci_pump(oci, &err) == -1)
		ferry_run_fatal(oci->run, &err);
}
