#ifndef FERRY_SYNC_UPSTREAM_GITHUB_GITHUB_H
#define FERRY_SYNC_UPSTREAM_GITHUB_GITHUB_H

/*
 * What a run knows of one GitHub upstream.
 *
 * Flow: owners' accounts, then their lists, whose items go into facts and,
 * where they are packages, into wants; when no transfer is left, the facts
 * become a permission snapshot, and the upstreams of packages that this one
 * delegates to are told what is wanted.
 *
 * Life cycle: a list lives from its first request to its last page; everything
 * else as long as the upstream.
 */

#include "store/format/format.h"
#include "sync/permissions/facts.h"
#include "sync/upstream/pages.h"
#include "sync/upstream/run.h"

#define GITHUB_OWNERS_MAX 1000
#define GITHUB_PAGES_MAX 1000000 /* of all lists */
#define GITHUB_VERSION "X-GitHub-Api-Version: 2022-11-28"

enum github_profile { GITHUB_COM, GITHUB_GHES, GITHUB_GHE_COM };

/* What is wanted of a delegate when all lists are here. */
struct github_want {
	char *name;
	char *called, *repository; /* as of struct ferry_want_about */
	enum ferry_want how;
};
/* The packages of one format.  Invariant: without usable, up is empty and
 * there are no wants. */
struct github_part {
	const struct ferry_format *format;
	bool wanted, legacy_wanted; /* its type, its older type */
	bool usable; /* it has a registry here */
	char url_option[40]; /* "npm_url" */
	char *host; /* a URL of the host by which clients know that */
	struct ferry_upstream up;
	struct github_want *wants;
	size_t n, cap;
};

struct github {
	struct ferry_run *run;
	struct ferry_upstream *up;
	enum github_profile profile;
	char *api; /* without a slash at its end */
	struct ferry_fetch_origin origin; /* of the API */
	const char *enterprise; /* slug, or NULL */
	struct github_part *parts; /* in the order of formats */
	size_t parts_n;
	struct github_owner *owners;
	size_t owners_n, owners_cap;

	struct ferry_facts *facts;
	struct ferry_pages asked; /* of this run: none is asked for twice */
	uint64_t items;
	bool broken; /* the facts are not whole: the snapshot stays */
	bool listed; /* all lists came */
};

struct github_owner {
	struct github *gh;
	const char *name; /* as configured */
	struct ferry_facts_owner account;
};

#endif
