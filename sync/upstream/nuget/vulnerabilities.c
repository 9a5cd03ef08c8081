#include "sync/upstream/nuget/vulnerabilities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/format/nuget/leaf.h"
#include "store/store.h"
#include "sync/upstream/nuget/base.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

#define INDEX_MAX (1U << 20)
#define PAGE_MAX (128U << 20)
#define PAGES_MAX 16

/* One page. */
struct page {
	struct listing *listing;
	char *name, *updated, *comment, *url; /* but for name and url or NULL */
	struct ferry_digest sha256;
	uint64_t size;
};
/* What a base has.  pending counts pages, and one more for the index. */
struct listing {
	struct ferry_packages *packages;
	struct page pages[PAGES_MAX];
	size_t n, pending;
	bool failed;
};

static void
listing_free(struct listing *l)
{

	for (size_t i = 0; i < l->n; i++) {
		free(l->pages[i].name);
		free(l->pages[i].updated);
		free(l->pages[i].comment);
		free(l->pages[i].url);
	}
	free(l);
}

static void
note_failure(struct listing *l, const struct ferry_error *why)
{
	char item[100], text[600];

	(void)snprintf(item, sizeof(item),
	    "the vulnerabilities of upstream '%.50s'", l->packages->up->name);
	(void)snprintf(text, sizeof(text),
	    "cannot be fetched; those of an earlier sync, if any, stay: %s",
	    why->text);
	if (!l->failed)
		ferry_run_skip(l->packages->run, item, text);
	l->failed = true;
}

/* The record */

static int
add_page(json_t *more, const struct page *page, struct ferry_error *err)
{
	json_t *list = json_object_get(more, "vulnerabilities");
	char name[128];

	(void)snprintf(
	    name, sizeof(name), "vulnerabilities-%.100s", page->name);
	if (ferry_files_add(more, name, page->size, &page->sha256, NULL, err) ==
	    -1)
		return -1;
	return ferry_json_push(list,
	    json_pack("{s:s,s:s*,s:s*}", "name", page->name, "updated",
		page->updated, "comment", page->comment),
	    err);
}

static int
put_record(const struct listing *l, struct ferry_error *err)
{
	json_t *more = json_pack("{s:[],s:[]}", "files", "vulnerabilities");
	int rc =
	    more == NULL ? ferry_error_set(err, FERRY_ENOMEM, "no memory") : 0;

	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = add_page(more, &l->pages[i], err);
	if (rc == 0)
		rc = ferry_upstream_put(
		    l->packages->run, l->packages->up, more, err);
	json_decref(more);
	return rc;
}

int
ferry_nuget_vulnerabilities_open(
    struct ferry_packages *packages, struct ferry_error *err)
{
	json_t *record = NULL, *more = NULL;
	struct ferry_key key;
	int rc = -1;

	if (ferry_key_make(&key, err, "upstream", packages->up->name, NULL) ==
		-1 ||
	    ferry_catalog_get(packages->run->st, &key, &record, err) == -1)
		goto out;
	if (json_object_get(record, "vulnerabilities") != NULL &&
	    (more = json_pack("{s:O,s:O*}", "vulnerabilities",
		 json_object_get(record, "vulnerabilities"), "files",
		 json_object_get(record, "files"))) == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
		goto out;
	}
	if (ferry_upstream_put(packages->run, packages->up, more, err) == 0)
		rc = ferry_packages_ready(packages, err);
out:
	json_decref(more);
	json_decref(record);
	return rc;
}

/* Pages */

static void
settle(struct listing *l)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (--l->pending > 0)
		return;
	if (!l->failed && put_record(l, &err) == -1)
		ferry_run_fatal(l->packages->run, &err);
	listing_free(l);
}

static int
check_page(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{
	struct ferry_bytes root;

	(void)ctx;
	if (ferry_span_check(view, &root, err) == -1)
		return -1;
	return ferry_span_type(root) == FERRY_SPAN_OBJECT
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "this is not a page of vulnerabilities");
}

static void
on_page(void *ctx, const struct ferry_pulled *pulled)
{
	struct page *page = ctx;

	if (pulled->error.code != FERRY_OK)
		note_failure(page->listing, &pulled->error);
	page->sha256 = pulled->sha256;
	page->size = pulled->size;
	settle(page->listing);
}

static void
on_drop(void *ctx)
{
	struct page *page = ctx;

	if (--page->listing->pending == 0)
		listing_free(page->listing);
}

/* The index */

/* A name that may be a part of a URL. */
static bool
is_name(const struct ferry_buf *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return name->n > 0 && name->n <= 64 && name->p[0] != '.' &&
	       strspn((const char *)name->p, letters) == name->n;
}

static int
read_page_entry(
    struct listing *l, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, url = FERRY_BUF_INIT,
			 updated = FERRY_BUF_INIT, comment = FERRY_BUF_INIT;
	struct page *page = &l->pages[l->n];
	int rc = -1;

	if (ferry_nuget_member(object, "@name", &name, err) == -1 ||
	    ferry_nuget_member(object, "@id", &url, err) == -1 ||
	    ferry_nuget_member(object, "@updated", &updated, err) == -1 ||
	    ferry_nuget_member(object, "comment", &comment, err) == -1)
		goto out;
	if (!is_name(&name) || url.n == 0) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "an entry of the index has no good @name and @id");
		goto out;
	}
	*page = (struct page){ l, (char *)name.p, (char *)updated.p,
		(char *)comment.p, (char *)url.p, { .n = 0 }, 0 };
	l->n++;
	return 0;
out:
	ferry_buf_free(&name);
	ferry_buf_free(&url);
	ferry_buf_free(&updated);
	ferry_buf_free(&comment);
	return rc;
}

static int
read_index(struct listing *l, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes root;
	struct ferry_span_iter it;

	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (ferry_span_type(root) != FERRY_SPAN_ARRAY)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is not an index of vulnerabilities");
	ferry_span_iter(&it, root);
	while (ferry_span_next(&it)) {
		if (l->n == PAGES_MAX)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "the index has more than %d pages", PAGES_MAX);
		if (read_page_entry(l, it.value, err) == -1)
			return -1;
	}
	return 0;
}

static int
ask_pages(struct listing *l, struct ferry_error *err)
{

	for (size_t i = 0; i < l->n; i++) {
		const struct ferry_pull pull = { .up = l->packages->up,
			.url = l->pages[i].url,
			.accept = "application/json",
			.kind = FERRY_BLOB_IS_DOCUMENT,
			.max_size = PAGE_MAX,
			.ctx = &l->pages[i],
			.on_check = check_page,
			.on_done = on_page,
			.on_drop = on_drop };

		if (ferry_run_pull(l->packages->run, &pull, err) == -1)
			return -1;
		l->pending++;
	}
	return 0;
}

static void
on_index(void *ctx, const struct ferry_pulled *pulled)
{
	struct listing *l = ctx;
	struct ferry_error why = pulled->error, err = FERRY_ERROR_INIT;

	if (why.code == FERRY_OK)
		(void)read_index(l, pulled->view, &why);
	if (why.code != FERRY_OK)
		note_failure(l, &why);
	else if (ask_pages(l, &err) == -1)
		ferry_run_fatal(l->packages->run, &err);
	settle(l);
}

static void
on_index_drop(void *ctx)
{
	struct listing *l = ctx;

	if (--l->pending == 0)
		listing_free(l);
}

int
ferry_nuget_vulnerabilities_ask(
    struct nuget_base *base, struct ferry_error *err)
{
	struct ferry_pull pull = { .up = base->packages->up,
		.url = base->vulnerabilities,
		.accept = "application/json",
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = INDEX_MAX,
		.on_done = on_index,
		.on_drop = on_index_drop };
	struct listing *l;

	if (base->vulnerabilities == NULL)
		return 0;
	if (ferry_calloc(&l, 1, sizeof(*l), err) == -1)
		return -1;
	l->packages = base->packages;
	l->pending = 1;
	pull.ctx = l;
	if (ferry_run_pull(base->packages->run, &pull, err) == 0)
		return 0;
	free(l);
	return -1;
}
