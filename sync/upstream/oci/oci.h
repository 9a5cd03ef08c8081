#ifndef FERRY_SYNC_UPSTREAM_OCI_OCI_H
#define FERRY_SYNC_UPSTREAM_OCI_OCI_H

/*
 * What the files of the OCI upstream share: oci.c (the kind, repositories, the
 * queue of what is wanted), oci_conf.c (the configuration), oci_files.c (files
 * that name images), oci_list.c (tag lists), oci_want.c (one tag or digest),
 * oci_walk.c (manifests), oci_blob.c (configs and layers), oci_share.c (those
 * that the store has already), oci_refs.c (what
 * refers to a manifest), oci_record.c (records), oci_auth.c (tokens),
 * ferry_table.c (tables and lists of these).
 *
 * Life cycle: everything lives in tables that are freed with the upstream.  A
 * ref (tag or digest) waits in oci->queue, has a job while it is dealt with, and
 * is then done or failed.  A node (manifest) is working until all that it names
 * is here or failed; only then does it tell those who wait for it.
 */

#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"
#include "sync/select/tags.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/auth.h"
#include "sync/upstream/oci/waiter.h"
#include "sync/upstream/pages.h"
#include "sync/upstream/pull.h"
#include "sync/upstream/run.h"
#include "sync/upstream/table.h"

#define OCI_DEPTH_MAX 8 /* of indexes in indexes */
#define OCI_MANIFESTS_MAX 10000 /* below one tag */
#define OCI_DESCRIPTORS_MAX 100000 /* in all of those */
#define OCI_OPEN_MAX 16384 /* descriptors looked into at once */
#define OCI_LEVELS_MAX 4 /* of referrers of referrers */
#define OCI_PAGES_MAX 100000 /* of one list */
#define OCI_LIST_MAX (8U << 20) /* bytes of one page */
#define OCI_TAGS_MAX 1000000
#define OCI_PLATFORMS_MAX 32

enum oci_state { OCI_NEW, OCI_WORKING, OCI_DONE, OCI_FAILED };
enum oci_referrers {
	OCI_REFERRERS_OFF,
	OCI_REFERRERS_NEW,
	OCI_REFERRERS_ALWAYS
};

struct oci {
	struct ferry_run *run;
	struct ferry_upstream *up;
	char host[FERRY_OCI_HOST_MAX + 1];
	struct ferry_oci_platform platforms[OCI_PLATFORMS_MAX];
	size_t platforms_n;
	enum oci_referrers referrers;
	char *selection; /* platforms and referrers, for "mirrored" records */
	struct oci_auth *auth; /* NULL: a token that needs no exchange */
	struct ferry_table repositories, blobs;
	struct oci_ref *queue, **queue_end; /* not begun */
	size_t active, active_max;
	bool pumping;
	/* Descriptors of manifests that are under way: those that are being
	 * fetched, by their size, and those whose blobs are waited for.
	 * Beyond OCI_OPEN_MAX further manifests are held back. */
	size_t open;
	struct oci_node *held;
	struct ferry_table lost; /* repositories that verify found rot in */
};

/* What a select group asks of a repository's tags. */
struct oci_select {
	struct oci_select *next;
	struct ferry_tags_selection selection; /* strings are the group's */
	const char **names; /* of selection */
	bool needs_list;
	bool may_be_empty; /* else a group that selects nothing is a mistake */
};

struct oci_repository {
	struct ferry_table_entry entry; /* key: its name */
	struct oci *oci;
	char *scope;
	struct ferry_table refs, nodes, shares;
	struct oci_select *selects;
	bool answered; /* counted as looked at */
	bool recorded; /* its package record is here */
	bool refused; /* its name is bound to another upstream */
	bool if_there; /* without a tag list it is skipped */
	/* Whether it has the referrers API; the first to ask finds out. */
	enum oci_api {
		OCI_API_UNKNOWN,
		OCI_API_ASKED,
		OCI_API_UNCLEAR, /* the first got no answer: each asks itself */
		OCI_API_YES,
		OCI_API_NO
	} api;
	struct oci_node *api_waiting; /* by refs_next */
	/* The tag list, if it was asked for: sorted. */
	enum oci_state listing;
	struct ferry_buf tags_text; /* each followed by NUL */
	const char **tags;
	size_t tags_n;
};

/* A tag or digest that is wanted. */
struct oci_ref {
	struct ferry_table_entry entry; /* key: tag or digest */
	struct oci_ref *queued;
	struct oci_repository *repository;
	struct oci_waiter *waiters;
	struct oci_job *job; /* of oci_want.c, while it is dealt with */
	uint8_t state; /* enum oci_state */
	uint8_t level; /* 0: wanted; else a referrer's */
	bool optional; /* a 404 is as good */
};

/* One thing that a manifest names and that is a blob. */
struct oci_part {
	struct ferry_digest sha256; /* n == 0 until it is here */
	uint64_t size;
	bool missing; /* foreign, and not to be had */
	char digest[FERRY_OCI_DIGEST_TEXT];
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
};

/* What a manifest's text says, until all of that is here. */
struct oci_body {
	struct ferry_digest sha256; /* of the text */
	char media_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	char artifact_type[FERRY_OCI_MEDIA_TYPE_MAX + 1];
	char subject[FERRY_OCI_DIGEST_TEXT];
	json_t *annotations; /* only where there is a subject */
	json_t *record; /* of its version, if it was here before */
	struct oci_part *parts;
	size_t parts_n;
};

/* What belongs to one tag so far. */
struct oci_budget {
	size_t manifests, descriptors;
};

/* A manifest. */
struct oci_node {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci_repository *repository;
	uint64_t size; /* as told; 0: not told; then as it is */
	char *tag; /* by which it can be asked for, too, or NULL */
	struct oci_budget *budget; /* of its tag */
	uint8_t depth, level;
	uint8_t state, referring; /* enum oci_state */
	bool here; /* was in the store before */
	bool removed; /* by the operator: left alone */
	bool index, schema1;
	bool by_tag; /* being asked for by tag, as by digest it is not there */
	bool planned;
	bool absent; /* it failed: the registry does not have it */
	char *platform; /* as an index says, for people; or NULL */
	size_t pending; /* of what it names */
	size_t open; /* its part of oci->open */
	struct oci_node *held_next;
	char *held_type; /* while it is held: of its descriptor */
	struct oci_waiter *waiters;
	struct ferry_error *why; /* it failed, or NULL; owned */
	struct oci_body *body; /* NULL before its text is here, and after */
	struct oci_node **children;
	size_t children_n, children_cap;
	struct ferry_buf left_out; /* platforms, for people */
	uint64_t bytes; /* dry run: of what is not here */
	/* While what refers to it is looked for. */
	size_t refs_pending;
	struct oci_waiter *refs_waiters;
	struct ferry_error *refs_why;
	unsigned refs_pages;
	struct oci_node *refs_next;
};

/* A configuration or layer, of whatever repositories. */
struct oci_blob_waiter {
	struct oci_blob_waiter *next;
	struct oci_node *node;
	size_t part;
};
struct oci_blob {
	struct ferry_table_entry entry; /* key: its digest */
	struct oci *oci;
	struct ferry_digest want, sha256;
	uint64_t size; /* as the first manifest says; then as it is */
	enum oci_state state;
	bool foreign, missing;
	struct ferry_error *doubt; /* of a foreign one: what may be a passing
	                            * fault, not a refusal; owned */
	char **urls; /* of a foreign one */
	size_t urls_n, urls_next;
	struct oci_repository *from; /* where it is asked for */
	struct oci_blob_waiter *waiters;
	struct ferry_error *why; /* it failed; owned */
};

/* oci.c */
/* The repository called name, made if need be; NULL with err set. */
struct oci_repository *
oci_repository_find(struct oci *oci, const char *name, struct ferry_error *err);
/* Want a tag or digest.  on_settled, which may be NULL, is called when it is
 * settled; or at once if it was wanted before. */
int oci_ref_want(struct oci_repository *r, const char *ref, unsigned level,
    void *ctx, void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err);
/* Begin with what is wanted, as far as there is room. */
int oci_pump(struct oci *oci, struct ferry_error *err);
/* A ref was dealt with: tell, and begin others.  why: NULL, or it failed. */
void oci_ref_settle(struct oci_ref *ref, const struct ferry_error *why);
/* The repository answered: count it. */
void oci_repository_answered(struct oci_repository *r);
/* "oci:NAME", "oci:NAME:TAG", "oci:NAME@sha256:…" */
#define OCI_ITEM_MAX 560
void oci_item(char buf[OCI_ITEM_MAX], const char *name, const char *ref);
/* "URL/v2/NAME/WHAT/REF" */
int oci_url(struct ferry_buf *url, const struct oci_repository *r,
    const char *what, const char *ref, struct ferry_error *err);
/* The next page that an answer names by its Link header: 1 and *out (a URL of
 * the upstream's host; the caller frees), 0 if there is none, -1. */
int oci_next_page(const struct oci *oci,
    const struct ferry_fetch_result *result, const char *url, char **out,
    struct ferry_error *err);
/* The store failed, or memory: nothing more is to be done. */
void oci_fatal(struct oci *oci, const struct ferry_error *why);

/* oci_want.c: begin with a ref. */
int oci_ref_begin(struct oci_ref *ref, struct ferry_error *err);

/* oci_list.c: ask for the tag list; then want what the groups select. */
int oci_list_ask(struct oci_repository *r, struct ferry_error *err);
bool oci_list_has(const struct oci_repository *r, const char *tag);
/* Want the listed tags that belong to something mirrored; returns how many
 * are new, or -1. */
int oci_list_signatures(struct oci_repository *r, struct ferry_error *err);

/* oci_walk.c: mirror the manifest and all below it, or find that it is here;
 * then tell on_settled, perhaps at once. */
struct oci_walk {
	const char *digest;
	const char *tag; /* or NULL */
	const char *media_type; /* of its descriptor; "" */
	uint64_t size; /* of its descriptor; 0: not told */
	unsigned depth;
	struct oci_budget *budget; /* lives until on_settled */
	void *ctx;
	void (*on_settled)(void *ctx, const struct ferry_error *why);
};
int oci_walk(struct oci_repository *r, const struct oci_walk *walk,
    struct oci_node **out, struct ferry_error *err);
void oci_body_free(struct oci_body *body);
/* A part of node is settled: why is NULL, or it failed. */
void oci_node_part(struct oci_node *node, const struct ferry_error *why);
/* Keep a copy of why in *slot, unless there is one.  Without memory for it the
 * run ends. */
void oci_keep_error(
    struct oci *oci, struct ferry_error **slot, const struct ferry_error *why);
/* oci_record.c: the records of a node that is whole. */
int oci_record_put(struct oci_node *node, struct ferry_error *err);
/* The version record of a digest: 1 and *out, 0, -1. */
int oci_record_get(const struct oci_repository *r, const char *digest,
    json_t **out, struct ferry_error *err);
/* Whether the operator removed a digest, so that it is left alone: 1, 0, -1. */
int oci_record_is_removed(const struct oci_repository *r, const char *digest,
    struct ferry_error *err);
/* Make "TAG is DIGEST" true. */
int oci_record_tag(const struct oci_repository *r, const char *tag,
    const char *digest, struct ferry_error *err);
/* Whether ref is mirrored as digest with what is configured now: 1, 0, -1.
 * Afterwards _mirrored says so. */
int oci_record_is_mirrored(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err);
int oci_record_mirrored(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err);

/* oci_blob.c: get part i of node here, then oci_node_part(), perhaps at once. */
int oci_blob_want(struct oci_node *node, size_t i,
    const struct ferry_oci_descriptor *d, struct ferry_error *err);
void oci_blob_free(void *blob);
/* Give a blob that is here to part i of node, if its size is right. */
void oci_blob_give(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size);

/* oci_share.c: give part i of node the blob that the store has, once node's
 * repository is known to have it; perhaps at once. */
int oci_share(struct oci_node *node, size_t i,
    const struct ferry_digest *sha256, uint64_t size, struct ferry_error *err);
/* The blob has come from r. */
int oci_share_fetched(
    struct oci_repository *r, const char *digest, struct ferry_error *err);
void oci_share_free(void *share);

/* oci_refs.c: mirror what refers to node and to all below it; then tell. */
int oci_refs_want(struct oci_node *node, unsigned level, void *ctx,
    void (*on_settled)(void *ctx, const struct ferry_error *why),
    struct ferry_error *err);

/* oci_conf.c: the options; then what is wanted, checked or wanted. */
enum oci_wants_mode { OCI_WANTS_CHECK, OCI_WANTS_ADD };
int oci_configure(struct oci *oci, struct ferry_error *err);
int oci_wants_read(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err);
/* oci_conf.c: every tag of a repository, for a delegator. */
int oci_want_all(struct ferry_run *run, struct ferry_upstream *up,
    const char *name, enum ferry_want how, struct ferry_error *err);
/* oci_files.c: the same of images_from. */
int oci_files_want(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err);

#endif
