#ifndef FERRY_SYNC_UPSTREAM_OCI_OCI_H
#define FERRY_SYNC_UPSTREAM_OCI_OCI_H

/*
 * What a run knows of one OCI upstream: its repositories, and the tags and
 * digests that are wanted of them.  Manifests are in node.h.
 *
 * Everything lives in tables, which are freed with the upstream, so that a
 * callback never meets something that is gone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/format/oci/names.h"
#include "sync/upstream/oci/waiter.h"
#include "sync/upstream/run.h"
#include "sync/upstream/table.h"
#include "sync/upstream/withdrawn.h"

struct oci_node;
struct oci_ref;
struct oci_select;

#define OCI_LEVELS_MAX 4 /* of referrers of referrers */
#define OCI_TAGS_MAX 1000000
#define OCI_PLATFORMS_MAX 32

enum oci_state { OCI_NEW, OCI_WORKING, OCI_DONE, OCI_FAILED };
enum oci_referrers {
	OCI_REFERRERS_OFF,
	OCI_REFERRERS_NEW,
	OCI_REFERRERS_ALWAYS
};

/*
 * Invariants:
 *  1. queue has refs that are OCI_NEW and nobody else's business; each is in it
 *     once, and *queue_end ends it.
 *  2. active is how many refs are OCI_WORKING.
 *  3. open is the sum of all nodes' open.
 *  4. A node in held is OCI_WORKING, its text was not asked for, and its open
 *     is 0.
 */
struct oci {
	struct ferry_run *run;
	struct ferry_upstream *up;
	char host[FERRY_OCI_HOST_MAX + 1];
	struct ferry_oci_platform platforms[OCI_PLATFORMS_MAX];
	size_t platforms_n;
	enum oci_referrers referrers;
	enum ferry_withdrawn withdrawn;
	char *selection; /* platforms and referrers, for "mirrored" records */
	struct oci_auth *auth; /* NULL: a token that needs no exchange */
	struct ferry_table repositories, blobs;
	bool head_works; /* some HEAD was answered 200 */
	struct ferry_table lost; /* repositories that verify found rot in */

	/* Private to queue.c, but for the two functions: what begins a ref, and
	 * what asks for the text of a node.  They lie above it. */
	int (*begin_ref)(struct oci_ref *ref, struct ferry_error *err);
	int (*fetch_node)(struct oci_node *node, struct ferry_error *err);
	struct oci_ref *queue, **queue_end; /* not begun */
	size_t active, active_max;
	bool pumping;
	size_t open; /* descriptors of manifests that are under way */
	struct oci_node *held; /* for which there was no room */
};

struct oci_repository {
	struct ferry_table_entry entry; /* key: its name */
	struct oci *oci;
	char *scope;
	struct ferry_table refs, nodes, shared_blobs;
	struct oci_select *selects;
	size_t wanted_n; /* refs that the operator wants */
	size_t referrers_n; /* that lists named in this run */
	bool answered; /* counted as looked at */
	bool recorded; /* its package record is here */
	bool refused; /* its name is bound to another upstream */
	bool said_left_out; /* tags that look like signatures */
	bool if_there; /* without a tag list it is skipped */
	/* Whether it has the referrers API; the first to ask finds out. */
	enum oci_api {
		OCI_API_UNKNOWN,
		OCI_API_ASKED,
		OCI_API_UNCLEAR, /* the first got no answer: each asks itself */
		OCI_API_YES,
		OCI_API_NO
	} api;
	struct oci_node *api_waiting; /* only while OCI_API_ASKED */
	/* The tag list, if it was asked for: sorted. */
	enum oci_state listing;
	struct ferry_buf tags_text; /* each followed by NUL */
	const char **tags;
	size_t tags_n;
	size_t gone_n; /* tags that are here and that upstream has no more */
	char gone[FERRY_OCI_TAG_MAX + 1]; /* one of them */
};

/*
 * A tag or digest that is wanted.
 *
 * Life cycle: OCI_NEW while it waits in the queue (referrers' do not wait),
 * OCI_WORKING with a job, then OCI_DONE or OCI_FAILED for good, when its waiters
 * are told.
 */
struct oci_ref {
	struct ferry_table_entry entry; /* key: tag or digest */
	struct oci_ref *queued;
	struct oci_repository *repository;
	struct oci_waiter *waiters;
	struct oci_job *job; /* of ref.c; not NULL only while OCI_WORKING */
	/* For a puller: when it was OCI_DONE; why it is OCI_FAILED, or NULL. */
	int64_t checked_at;
	struct ferry_error *why;
	uint8_t state; /* enum oci_state */
	uint8_t level; /* 0: wanted; else a referrer's */
	bool optional; /* a 404 is as good */
};

#endif
