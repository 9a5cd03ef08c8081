#include "sync/upstream/github/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/store.h"
#include "sync/permissions/github_page.h"
#include "sync/upstream/ask.h"

#define ACCEPT "application/vnd.github+json"
#define PAGE_MAX (16U << 20) /* bytes; a page of repositories has 700 kB */
#define ITEMS_MAX 5000000 /* of all lists */

/* One page under way. */
struct page {
	struct github_list *list;
	json_t *known; /* the record of the last time, or NULL */
};

static void
list_free(struct github_list *list)
{

	free(list->url);
	free(list);
}

static void
page_free(struct page *page)
{

	json_decref(page->known);
	free(page);
}

void
ferry_github_unknown(struct github *gh, const char *text)
{
	char item[300];

	(void)snprintf(
	    item, sizeof(item), "permissions of '%.200s'", gh->up->name);
	ferry_run_unknown(gh->run, item, text);
}

void
ferry_github_unread(struct github *gh, const char *what, unsigned pages,
    long status, const char *meaning)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[GITHUB_WHAT_MAX + 300], code[32] = "";

	if (status != 200)
		(void)snprintf(code, sizeof(code), " (%ld)", status);
	/* What was read is true, and stays. */
	if (pages > 0)
		(void)snprintf(text, sizeof(text),
		    "%s could be read up to page %u only%s; of the rest: %s",
		    what, pages, code, meaning);
	else
		(void)snprintf(text, sizeof(text), "%s could not be read%s: %s",
		    what, code, meaning);
	ferry_github_unknown(gh, text);
	if (ferry_facts_note(gh->facts, text, &err) == -1)
		ferry_run_fatal(gh->run, &err);
}

void
ferry_github_list_unread(const struct github_list *list, long status)
{

	ferry_github_unread(
	    list->gh, list->what, list->pages, status, list->meaning);
}

void
ferry_github_broken(
    struct github *gh, const char *what, const struct ferry_error *why)
{
	struct ferry_error err = *why;
	char item[300];

	if (!gh->broken)
		ferry_error_in(&err,
		    "reading %s; the permission snapshot stays as it was",
		    what);
	else
		ferry_error_in(&err, "reading %s", what);
	gh->broken = true;
	(void)snprintf(
	    item, sizeof(item), "permissions of '%.200s'", gh->up->name);
	ferry_run_fail(gh->run, item, &err);
}

/* 403 and 404 are what a token hears that may not know. */
static void
list_failed(
    struct github_list *list, const struct ferry_error *why, long status)
{

	if (status != 403 && status != 404)
		ferry_github_broken(list->gh, list->what, why);
	else if (list->on_unread != NULL)
		list->on_unread(list, status, why);
	else
		ferry_github_list_unread(list, status);
}

/* Key of the record; 0 if the URL is too long for one. */
static int
record_key(const struct github_list *list, struct ferry_key *key)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	return ferry_key_make(key, &ignored, "answer", list->gh->up->name,
		   list->url, NULL) == 0;
}

static int
keep_page(const struct page *page, const struct ferry_fetch_result *result,
    json_t *items, const char *next, struct ferry_error *err)
{
	struct ferry_run *run = page->list->gh->run;
	struct ferry_key key;
	json_t *record;
	int rc;

	if (run->dry_run || result->etag == NULL ||
	    !record_key(page->list, &key))
		return 0;
	record = json_pack("{s:s,s:s*,s:O}", "etag", result->etag, "next", next,
	    "items", items);
	if (record == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for an answer");
	rc = ferry_local_put(run->st, &key, record, err);
	json_decref(record);
	return rc;
}

static int
take_item(struct github_list *list, const json_t *item, struct ferry_error *err)
{
	struct ferry_fact_about about = {
		.owner = list->owner == NULL ? NULL : &list->owner->account,
		.id = list->id,
		.role = list->role,
		.type = list->type
	};

	if (++list->gh->items > ITEMS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "there are more than %d users, teams, repositories and "
		    "packages",
		    ITEMS_MAX);
	if (list->fact != FERRY_FACTS &&
	    ferry_facts_add(list->gh->facts, list->fact, &about, item, err) ==
		-1)
		return -1;
	return list->on_item == NULL ? 0 : list->on_item(list, item, err);
}

/* The items of a page and the URL of the next, or NULL; both are the
 * caller's. */
static int
read_page(struct page *page, const struct ferry_fetch_result *result,
    struct ferry_bytes body, json_t **items, char **next,
    struct ferry_error *err)
{
	const struct github_list *list = page->list;
	const char *text;
	int rc;

	if (result->status == 304) {
		json_t *known;

		if (page->known == NULL)
			return ferry_error_set(err, FERRY_EHTTP,
			    "the server answered 304 (not modified) to a "
			    "first request");
		if (ferry_json_array(page->known, "items", &known, err) == -1 ||
		    ferry_json_str_opt(page->known, "next", NULL, &text, err) ==
			-1 ||
		    (text != NULL && ferry_strdup(next, text, err) == -1))
			return -1;
		*items = json_incref(known);
		return 0;
	}
	rc = ferry_answer_next(result, list->gh->api, list->url, next, err);
	if (rc == -1 ||
	    ferry_github_page_read(items, body, list->member, err) == -1)
		return -1;
	return keep_page(page, result, *items, *next, err);
}

static int ask_page(struct github_list *list, struct ferry_error *err);

/* Returns: 1 there is more, 0 that was all, -1. */
static int
take_page(struct page *page, const struct ferry_fetch_result *result,
    struct ferry_bytes body, struct ferry_error *err)
{
	struct github_list *list = page->list;
	json_t *items = NULL, *item;
	char *next = NULL;
	size_t i;
	int rc = -1;

	if (result->error.code != FERRY_OK) {
		*err = result->error;
		return -1;
	}
	if (read_page(page, result, body, &items, &next, err) == -1)
		goto out;
	json_array_foreach (items, i, item)
		if (take_item(list, item, err) == -1)
			goto out;
	rc = next != NULL;
	list->pages += next != NULL;
	list->gh->asked.items = list->gh->items;
	if (next != NULL && ferry_pages_add(&list->gh->asked, "the list",
				list->pages, next, err) == -1)
		rc = -1;
	if (rc == 1) {
		free(list->url);
		list->url = next;
		next = NULL;
	}
out:
	json_decref(items);
	free(next);
	return rc;
}

static void
on_page(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct page *page = ctx;
	struct github_list *list = page->list;
	int rc = take_page(page, result, body, &err);

	page_free(page);
	if (rc == 1 && ask_page(list, &err) == 0)
		return;
	if (rc == 1 || (rc == -1 && (err.code == FERRY_ENOMEM ||
					err.code == FERRY_EINDEX ||
					err.code == FERRY_ESYSTEM)))
		ferry_run_fatal(list->gh->run, &err);
	else if (rc == -1)
		list_failed(list, &err,
		    result->error.code == FERRY_OK ? 0 : result->status);
	list_free(list);
}

static void
on_drop(void *ctx)
{
	struct page *page = ctx;

	list_free(page->list);
	page_free(page);
}

/* Ask for the list's page at its url, which is noted in gh->asked.  Takes list
 * only on success. */
static int
ask_page(struct github_list *list, struct ferry_error *err)
{
	struct github *gh = list->gh;
	struct ferry_ask a = {
		.origin = &gh->origin,
		.url = list->url,
		.accept = ACCEPT,
		.extra = GITHUB_VERSION,
		.max_size = PAGE_MAX,
		.on_done = on_page,
		.on_drop = on_drop,
	};
	struct ferry_key key;
	struct page *page;

	if (ferry_calloc(&page, 1, sizeof(*page), err) == -1)
		return -1;
	page->list = list;
	a.ctx = page;
	if (record_key(list, &key) &&
	    ferry_local_get(gh->run->st, &key, &page->known, err) == -1)
		goto fail;
	a.if_none_match =
	    json_string_value(json_object_get(page->known, "etag"));
	if (ferry_run_ask(gh->run, &a, err) == 0)
		return 0;
fail:
	page_free(page);
	return -1;
}

int
ferry_github_list(
    const struct github_list *list, const char *path, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct github_list *copy = NULL;

	if (ferry_buf_addf(&url, err, "%s%s", list->gh->api, path) == -1)
		return -1;
	if (ferry_pages_has(&list->gh->asked, (char *)url.p)) {
		ferry_buf_free(&url);
		return 0;
	}
	if (ferry_calloc(&copy, 1, sizeof(*copy), err) == -1) {
		ferry_buf_free(&url);
		return -1;
	}
	*copy = *list;
	copy->url = (char *)url.p;
	copy->pages = 0;
	if (ferry_pages_add(&list->gh->asked, "the list", 0, copy->url, err) ==
		0 &&
	    ask_page(copy, err) == 0)
		return 0;
	list_free(copy);
	return -1;
}

int
ferry_github_forget(struct github *gh, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "answer", gh->up->name, NULL) == -1 ||
	    ferry_local_iter_new(&it, gh->run->st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if (!ferry_pages_has(&gh->asked, ferry_key_part(&key, 2)) &&
		    ferry_local_delete(gh->run->st, &key, err) == -1) {
			rc = -1;
			break;
		}
	ferry_record_iter_free(it);
	return rc;
}
