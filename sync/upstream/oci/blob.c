#include "sync/upstream/oci/blob.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json_span.h"
#include "store/store.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/shared_blob.h"
#include "sync/upstream/pull.h"

#define URLS_MAX 8 /* of a foreign layer */
#define BLOB_MAX (1ULL << 40) /* bytes, where the manifest says 0 */

struct oci_blob_waiter {
	struct oci_blob_waiter *next;
	struct oci_node *node;
	size_t part;
};

/*
 * Life cycle: OCI_NEW, OCI_WORKING while it is fetched, then OCI_DONE for good;
 * or OCI_FAILED in one repository, and OCI_WORKING again when another wants it.
 *
 * Invariants:
 *  1. It has waiters only while it is OCI_WORKING.
 *  2. why is not NULL only while it is OCI_FAILED; doubt only of a foreign one.
 *  3. While OCI_WORKING it is asked for where from says (urls_next 0), or at
 *     urls[urls_next - 1].
 */
struct oci_blob {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci *oci;
	struct ferry_digest want, sha256;
	uint64_t size; /* as the first manifest says; then as it is */
	enum oci_state state;
	bool foreign, missing;
	struct ferry_error *doubt; /* what may be a passing fault, not a
	                            * refusal; owned */
	char **urls; /* of a foreign one */
	size_t urls_n, urls_next;
	struct oci_repository *from; /* where it is asked for */
	struct oci_blob_waiter *waiters;
	struct ferry_error *why; /* it failed; owned */
};

void
ferry_oci_blob_free(void *entry)
{
	struct oci_blob *blob = entry;
	struct oci_blob_waiter *next;

	for (struct oci_blob_waiter *w = blob->waiters; w != NULL; w = next) {
		next = w->next;
		free(w);
	}
	for (size_t i = 0; i < blob->urls_n; i++)
		free(blob->urls[i]);
	free(blob->urls);
	free(blob->doubt);
	free(blob->why);
}

static void on_blob(void *ctx, const struct ferry_pulled *pulled);

static int
fetch_blob(struct oci_blob *blob, struct ferry_error *err)
{
	struct oci_repository *r = blob->from;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = blob->oci->up,
		.scope = r->scope,
		.kind = FERRY_BLOB_IS_FILE,
		.want_n = 1,
		/* Old images of a big registry say 0 of what is not empty. */
		.max_size = blob->size == 0 ? BLOB_MAX : blob->size,
		.ctx = blob,
		.on_done = on_blob,
	};
	int rc = -1;

	assert(blob->urls_next <= blob->urls_n);
	free(blob->why);
	blob->why = NULL;
	blob->state = OCI_WORKING;
	pull.want[0] = blob->want;
	blob->oci->run->files_total++;
	if (blob->urls_next > 0) {
		pull.url = blob->urls[blob->urls_next - 1];
		pull.login = FERRY_PULL_ANONYMOUSLY;
		return ferry_run_pull(blob->oci->run, &pull, err);
	}
	if (ferry_oci_url(&url, r, "blobs", blob->entry.key, err) == 0) {
		pull.url = (const char *)url.p;
		rc = ferry_run_pull(blob->oci->run, &pull, err);
	}
	ferry_buf_free(&url);
	return rc;
}

static int
fetch_from(
    struct oci_blob *blob, struct oci_repository *r, struct ferry_error *err)
{

	blob->from = r;
	blob->urls_next = 0;
	free(blob->doubt);
	blob->doubt = NULL;
	return fetch_blob(blob, err);
}

/* Tell those who wait; on a failure only those of the repository where it was
 * asked for, and ask the next one's. */
static void
settle_blob(struct oci_blob *blob)
{
	const struct oci_repository *from = blob->from;
	struct oci_blob_waiter *w = blob->waiters, *next;
	bool failed = blob->state == OCI_FAILED;
	struct ferry_error why = FERRY_ERROR_INIT, err = FERRY_ERROR_INIT;

	assert(blob->state == OCI_DONE || failed);
	/* Telling may bring new ones, and a new beginning. */
	if (failed && blob->why != NULL)
		why = *blob->why;
	blob->waiters = NULL;
	for (; w != NULL; w = next) {
		next = w->next;
		if (failed && w->node->repository != from) {
			w->next = blob->waiters;
			blob->waiters = w;
			continue;
		}
		if (failed)
			ferry_oci_node_settle_part(w->node, &why);
		else if (blob->missing)
			ferry_oci_node_lack(w->node, w->part);
		else if (ferry_oci_shared_blob_want(w->node, w->part,
			     &blob->sha256, blob->size, &err) == -1)
			ferry_run_fatal(blob->oci->run, &err);
		free(w);
	}
	if (blob->state == OCI_FAILED && blob->waiters != NULL &&
	    fetch_from(blob, blob->waiters->node->repository, &err) == -1)
		ferry_run_fatal(blob->oci->run, &err);
}

/* Whether an answer means that a foreign layer is not given out there: also
 * where the host that it was at is no more.  Any other failure may pass, and
 * must not become a hole in the image. */
static bool
is_refusal(const struct ferry_pulled *pulled)
{

	return pulled->error.code == FERRY_ENOTFOUND ||
	       ferry_fetch_is_nowhere(&pulled->error) ||
	       (pulled->error.code == FERRY_EDENIED &&
		   pulled->answer->status == 403);
}

static void
on_blob(void *ctx, const struct ferry_pulled *pulled)
{
	struct oci_blob *blob = ctx;
	struct ferry_run *run = blob->oci->run;
	struct ferry_error err = FERRY_ERROR_INIT;

	assert(blob->state == OCI_WORKING);
	run->files++;
	if (pulled->error.code == FERRY_OK) {
		blob->state = OCI_DONE;
		blob->sha256 = pulled->sha256;
		blob->size = pulled->size;
		if (ferry_oci_shared_blob_fetched(
			blob->from, blob->entry.key, &err) == -1) {
			ferry_run_fatal(blob->oci->run, &err);
			return;
		}
	} else if (blob->foreign) {
		/* Registries need not have them; others may. */
		if (!is_refusal(pulled))
			ferry_oci_keep_error(
			    blob->oci, &blob->doubt, &pulled->error);
		if (blob->urls_next < blob->urls_n) {
			blob->urls_next++;
			if (fetch_blob(blob, &err) == -1)
				ferry_run_fatal(blob->oci->run, &err);
			return;
		}
		blob->missing = blob->doubt == NULL;
		blob->state = blob->missing ? OCI_DONE : OCI_FAILED;
		if (!blob->missing)
			ferry_oci_keep_error(
			    blob->oci, &blob->why, blob->doubt);
	} else {
		blob->state = OCI_FAILED;
		ferry_oci_keep_error(blob->oci, &blob->why, &pulled->error);
	}
	settle_blob(blob);
}

/* The http addresses of a foreign layer. */
static int
read_urls(
    struct oci_blob *blob, struct ferry_bytes urls, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_span_iter it;
	char host[256];
	int rc = 0;

	if (urls.n == 0)
		return 0;
	if (ferry_calloc(&blob->urls, URLS_MAX, sizeof(char *), err) == -1)
		return -1;
	ferry_span_iter(&it, urls);
	while (rc == 0 && blob->urls_n < URLS_MAX && ferry_span_next(&it)) {
		ferry_buf_reset(&text);
		if (ferry_span_string(&text, it.value, &why) == -1 ||
		    text.n == 0 ||
		    ferry_fetch_url_host(
			host, sizeof(host), (const char *)text.p, &why) == -1)
			continue;
		rc = ferry_strdup(
		    &blob->urls[blob->urls_n], (const char *)text.p, err);
		blob->urls_n += rc == 0;
	}
	ferry_buf_free(&text);
	return rc;
}

static struct oci_blob *
find_blob(struct oci_node *node, const struct ferry_oci_descriptor *d,
    struct ferry_error *err)
{
	struct oci *oci = node->repository->oci;
	struct oci_blob *blob =
	    (struct oci_blob *)ferry_table_find(&oci->blobs, d->digest);

	if (blob != NULL)
		return blob;
	blob = ferry_table_add(&oci->blobs, d->digest, sizeof(*blob), err);
	if (blob == NULL)
		return NULL;
	blob->oci = oci;
	blob->size = d->size;
	blob->foreign = d->foreign;
	if (ferry_oci_digest_parse(
		&blob->want, ferry_bytes_str(d->digest), err) == -1 ||
	    (d->foreign && read_urls(blob, d->urls, err) == -1))
		return NULL;
	return blob;
}

/*
 * Whether the store has it: 1 with *sha256 and *size, 0, -1.  A digest that is
 * not SHA-256 is known only to the records of manifests that name it.
 */
static int
is_here(const struct oci_node *node, const struct ferry_oci_descriptor *d,
    struct ferry_digest *sha256, uint64_t *size, struct ferry_error *err)
{
	struct ferry_blob_info info;
	struct ferry_file file;
	int rc = 1;

	if (ferry_oci_digest_parse(sha256, ferry_bytes_str(d->digest), err) ==
	    -1)
		return -1;
	if (sha256->alg != FERRY_SHA256) {
		rc = node->body->record == NULL
		         ? 0
		         : ferry_files_find(
			       node->body->record, d->digest, &file, err);
		if (rc == 1)
			*sha256 = file.sha256;
	}
	if (rc == 1)
		rc = ferry_blob_stat(
		    node->repository->oci->run->st, sha256, &info, err);
	if (rc == 1 && info.lost)
		rc = 0;
	if (rc == 1)
		*size = info.size;
	return rc;
}

int
ferry_oci_blob_want(struct oci_node *node, size_t i,
    const struct ferry_oci_descriptor *d, struct ferry_error *err)
{
	struct oci *oci = node->repository->oci;
	struct oci_blob_waiter *w;
	struct ferry_digest sha256;
	struct oci_blob *blob;
	uint64_t size;
	bool missing;
	int rc = is_here(node, d, &sha256, &size, err);

	if (rc == -1)
		return -1;
	if (rc == 1)
		return ferry_oci_shared_blob_want(node, i, &sha256, size, err);
	/* Its record says that it is whole, but it is not.  What that calls
	 * missing is asked for again. */
	missing = ferry_oci_node_lacked(node, d->digest);
	if (!missing)
		node->here = false;
	if ((blob = find_blob(node, d, err)) == NULL)
		return -1;
	if (oci->run->dry_run) {
		if (blob->state == OCI_NEW && !missing)
			node->bytes += d->size;
		blob->state = OCI_DONE;
		ferry_oci_node_settle_part(node, NULL);
		return 0;
	}
	if (blob->state == OCI_DONE && blob->missing) {
		ferry_oci_node_lack(node, i);
		return 0;
	}
	if (blob->state == OCI_DONE)
		return ferry_oci_shared_blob_want(
		    node, i, &blob->sha256, blob->size, err);
	if (blob->state == OCI_FAILED && blob->from == node->repository) {
		ferry_oci_node_settle_part(node, blob->why);
		return 0;
	}
	if (ferry_calloc(&w, 1, sizeof(*w), err) == -1)
		return -1;
	w->node = node;
	w->part = i;
	w->next = blob->waiters;
	blob->waiters = w;
	if (blob->state == OCI_WORKING)
		return 0;
	return fetch_from(blob, node->repository, err);
}
