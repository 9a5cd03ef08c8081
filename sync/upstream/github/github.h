#ifndef FERRY_SYNC_UPSTREAM_GITHUB_GITHUB_H
#define FERRY_SYNC_UPSTREAM_GITHUB_GITHUB_H

/*
 * What the files of the GitHub upstream share: github.c (the kind, and what
 * happens after all lists came), github_conf.c (profiles and hosts),
 * github_list.c (pages of the API), github_owner.c (which lists are asked for),
 * github_enterprise.c (who is in the enterprise).
 *
 * Flow: owners' accounts, then their lists, whose items go into facts and,
 * where they are packages, into wants; when no transfer is left, the facts
 * become a permission snapshot, and the upstreams of packages that this one
 * delegates to are told what is wanted.
 *
 * Life cycle: a list lives from its first request to its last page; everything
 * else as long as the upstream.
 */

#include "sync/permissions/facts.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/pages.h"
#include "sync/upstream/run.h"

#define GITHUB_OWNERS_MAX 1000
#define GITHUB_PAGES_MAX 1000000 /* of all lists */
#define GITHUB_PAGE_MAX                                                        \
	(16U << 20) /* bytes; a page of repositories has 700 kB */
#define GITHUB_ITEMS_MAX 5000000 /* of all lists */
#define GITHUB_WHAT_MAX 400
#define GITHUB_VERSION "X-GitHub-Api-Version: 2022-11-28"

enum github_profile { GITHUB_COM, GITHUB_GHES, GITHUB_GHE_COM };

/* What is wanted of a delegate when all lists are here. */
struct github_want {
	char *name;
	enum ferry_want how;
};
struct github_part {
	const char *type; /* "npm", "container" */
	bool usable; /* it has a registry here */
	struct ferry_upstream up;
	struct github_want *wants;
	size_t n, cap;
};
enum { GITHUB_NPM, GITHUB_CONTAINER, GITHUB_PARTS };

struct github {
	struct ferry_run *run;
	struct ferry_upstream *up;
	enum github_profile profile;
	char *api; /* without a slash at its end */
	struct ferry_fetch_origin origin; /* of the API */
	char *host; /* of containers */
	const char *enterprise; /* slug, or NULL */
	struct github_part parts[GITHUB_PARTS];
	struct github_owner *owners;
	size_t owners_n, owners_cap;
	bool npm, container, docker; /* types that are wanted */

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

/*
 * A list of the API: what it is about, and what becomes of its items.
 */
struct github_list {
	struct github *gh;
	struct github_owner *owner; /* NULL: of no owner */
	enum ferry_fact fact; /* FERRY_FACTS: its items are no facts */
	uint64_t id; /* see struct ferry_fact_about */
	char role[16];
	const char *type; /* a literal */
	char what[GITHUB_WHAT_MAX]; /* "the members of octo" */
	const char *meaning; /* what not knowing it means; a literal */
	const char *member; /* see ferry_facts_reduce(); a literal, or NULL */
	/* For every item, after it became a fact.  -1: the list is no good
	 * (FERRY_EFORMAT, FERRY_ELIMIT), or nothing goes on. */
	int (*on_item)(struct github_list *list, const json_t *item,
	    struct ferry_error *err);
	/* It cannot be read (403, 404), instead of a note; may be NULL. */
	void (*on_unread)(struct github_list *list, long status,
	    const struct ferry_error *why);

	char *url; /* private to github_list.c from here on */
	unsigned pages;
};

/* github_conf.c */
int github_configure(struct github *gh, struct ferry_error *err);

/*
 * github_list.c: ask for a list, unless this run has asked for it.  Copies
 * list; path starts with a slash, and may have a query.
 */
int github_list(
    const struct github_list *list, const char *path, struct ferry_error *err);
/* What is not known, and so not allowed, in the summary. */
void github_unknown(struct github *gh, const char *text);
/* What could not be read behind so many pages that could, in the summary and
 * in the snapshot. */
void github_unread(struct github *gh, const char *what, unsigned pages,
    long status, const char *meaning);
void github_list_unread(const struct github_list *list, long status);
/* The facts are not whole: report it; the snapshot stays as it was. */
void github_broken(
    struct github *gh, const char *what, const struct ferry_error *why);
void github_fatal(struct github *gh, const struct ferry_error *why);
/* Forget the pages that were not asked for in this run. */
int github_forget(struct github *gh, struct ferry_error *err);

/* github_owner.c: begin with an owner. */
int github_owner(struct github_owner *owner, struct ferry_error *err);

/* github_enterprise.c: who is in the enterprise. */
int github_enterprise(struct github *gh, struct ferry_error *err);

#endif
