#ifndef FERRY_SYNC_UPSTREAM_GITHUB_LIST_H
#define FERRY_SYNC_UPSTREAM_GITHUB_LIST_H

/*
 * Lists of GitHub's REST API, page by page, and what is said of those that
 * cannot be read.
 *
 * Of a page ferry keeps its validator, where the next one is, and of its items
 * the members that count: the local record `answer UPSTREAM URL`.  So a sync
 * with nothing new costs a 304 a page, and these do not count against the rate
 * limit.  The pages behind a page that did not change are asked for all the
 * same; the record says where they are, as a 304 need not.
 *
 * Source: store/access/PROTOCOL.md, sections 3.1 (pagination) and 3.2; GitHub,
 *     "Best practices for using the REST API", conditional requests.
 */

#include "sync/upstream/github/github.h"

#define GITHUB_WHAT_MAX 400

/*
 * A list of the API: what it is about, and what becomes of its items.
 */
struct github_list {
	struct github *gh;
	struct github_owner *owner; /* NULL: of no owner */
	enum ferry_fact fact; /* FERRY_FACTS: its items are no facts */
	uint64_t id; /* see struct ferry_fact_about */
	char role[16];
	/* Of packages; type is one of its types. */
	struct github_part *part;
	const char *type;
	char what[GITHUB_WHAT_MAX]; /* "the members of octo" */
	const char *meaning; /* what not knowing it means; a literal */
	const char
	    *member; /* see ferry_github_page_read(); a literal, or NULL */
	/* For every item, after it became a fact.  -1: the list is no good
	 * (FERRY_EFORMAT, FERRY_ELIMIT), or nothing goes on. */
	int (*on_item)(struct github_list *list, const json_t *item,
	    struct ferry_error *err);
	/* It cannot be read (403, 404), instead of a note; may be NULL. */
	void (*on_unread)(struct github_list *list, long status,
	    const struct ferry_error *why);

	char *url; /* private to list.c from here on */
	unsigned pages;
};

/*
 * Ask for a list, unless this run has asked for it.  Copies list; path starts
 * with a slash, and may have a query.
 */
int ferry_github_list(
    const struct github_list *list, const char *path, struct ferry_error *err);
/* Forget the pages that were not asked for in this run. */
int ferry_github_forget(struct github *gh, struct ferry_error *err);

/* What is not known, and so not allowed, in the summary. */
void ferry_github_unknown(struct github *gh, const char *text);
/* What could not be read behind so many pages that could, in the summary and
 * in the snapshot; of a list, behind what came of it. */
void ferry_github_unread(struct github *gh, const char *what, unsigned pages,
    long status, const char *meaning);
void ferry_github_list_unread(const struct github_list *list, long status);
/* The facts are not whole: report it; the snapshot stays as it was. */
void ferry_github_broken(
    struct github *gh, const char *what, const struct ferry_error *why);

#endif
