/*
 * Pulling from an OCI registry: the kind.
 *
 * Flow: every wanted tag costs one HEAD (ref.c).  Of a digest that is not
 * mirrored yet the manifest is read, the manifests below it (manifest.c), and
 * their blobs (blob.c).  When all of it is here, children first, the records
 * are put, the tag last; then what refers to it is looked for (referrers.c).
 */

#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "sync/upstream/oci/auth.h"
#include "sync/upstream/oci/blob.h"
#include "sync/upstream/oci/conf.h"
#include "sync/upstream/oci/list.h"
#include "sync/upstream/oci/manifest.h"
#include "sync/upstream/oci/pull.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/ref.h"
#include "sync/upstream/oci/shared_blob.h"
#include "sync/upstream/oci/withdrawn.h"

static void
ref_free(void *entry)
{
	struct oci_ref *ref = entry;
	struct ferry_error cancelled = { FERRY_ECANCELLED, 0, "" };

	ferry_oci_waiters_tell(&ref->waiters, &cancelled);
	free(ref->job);
	free(ref->why);
}

static void
repository_free(void *entry)
{
	struct oci_repository *r = entry;
	struct oci_select *next;

	for (struct oci_select *s = r->selects; s != NULL; s = next) {
		next = s->next;
		ferry_oci_select_free(s);
	}
	ferry_table_free(&r->refs, ref_free);
	ferry_table_free(&r->nodes, ferry_oci_node_free);
	ferry_table_free(&r->shared_blobs, ferry_oci_shared_blob_free);
	ferry_buf_free(&r->tags_text);
	free(r->tags);
	free(r->scope);
}

static int
configure(struct ferry_upstream *up, struct ferry_error *err)
{
	struct oci *oci;

	if (ferry_calloc(&oci, 1, sizeof(*oci), err) == -1)
		return -1;
	oci->up = up;
	oci->begin_ref = ferry_oci_ref_begin;
	oci->fetch_node = ferry_oci_manifest_fetch;
	oci->queue_end = &oci->queue;
	up->state = oci;
	return ferry_oci_configure(oci, err);
}

static void
oci_free(struct ferry_upstream *up)
{
	struct oci *oci = up->state;

	if (oci == NULL)
		return;
	ferry_table_free(&oci->repositories, repository_free);
	ferry_table_free(&oci->blobs, ferry_oci_blob_free);
	ferry_table_free(&oci->lost, NULL);
	ferry_oci_auth_free(oci->auth);
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
		ferry_oci_auth_start(oci->auth, run);
	if ((host = json_pack("{s:s}", "host", oci->host)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_upstream_put(run, up, host, err) == 0 &&
	    find_lost(oci, err) == 0 &&
	    (run->pulls ||
		(ferry_oci_wants_read(oci, OCI_WANTS_ADD, err) == 0 &&
		    ferry_oci_want_recorded(oci, err) == 0)))
		rc = ferry_oci_pump(oci, err);
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
	struct ferry_table_entry *e = NULL;
	int found = 0, one;

	(void)run;
	while ((e = ferry_table_next(&oci->repositories, e)) != NULL) {
		struct oci_repository *r = (struct oci_repository *)e;

		if ((one = ferry_oci_list_signatures(r, err)) == -1 ||
		    ferry_oci_withdrawn_put_status(r, err) == -1)
			return -1;
		found += one;
	}
	if (ferry_oci_pump(oci, err) == -1)
		return -1;
	return found > 0;
}

const struct ferry_upstream_kind ferry_upstream_oci = {
	.format = "oci",
	.configure = configure,
	.sync = sync_start,
	.after = sync_after,
	.want = ferry_oci_want_all,
	.pull = ferry_oci_pull,
	.pulled = ferry_oci_pulled,
	.free = oci_free,
};
