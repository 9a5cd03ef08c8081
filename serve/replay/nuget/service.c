#include "serve/replay/nuget/service.h"

#include <stdio.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/document.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/versions.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/access/access.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/out.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"

#define JSON "application/json"
#define PAGES_MAX 64
#define PAGE_MAX (128U << 20)

/* Vulnerabilities */

/* One page of an upstream; strings are of record. */
struct page {
	json_t *record;
	char called[300]; /* "UPSTREAM-NAME" */
	const char *updated, *comment;
	struct ferry_file file;
};
struct pages {
	const struct ferry_call *call;
	struct page list[PAGES_MAX];
	size_t n;
};

static int
add_page(struct pages *pages, const char *upstream, json_t *record,
    const json_t *one, struct ferry_error *err)
{
	const char *name = ferry_nuget_said(one, "name");
	char file[200];
	struct page *page = &pages->list[pages->n];
	int rc;

	(void)snprintf(file, sizeof(file), "vulnerabilities-%.150s", name);
	if (pages->n == PAGES_MAX ||
	    (rc = ferry_files_find(record, file, &page->file, err)) == 0)
		return 0;
	if (rc == -1)
		return -1;
	page->record = json_incref(record);
	page->updated = ferry_nuget_said(one, "updated");
	page->comment = ferry_nuget_said(one, "comment");
	(void)snprintf(page->called, sizeof(page->called), "%.140s-%.150s",
	    upstream, name);
	pages->n++;
	return 0;
}

/* Whether the lists of an upstream are for this client's URL, and everybody. */
static bool
is_shown(
    const struct ferry_call *call, const char *upstream, const json_t *record)
{
	const char *origin = call->resource.origin;

	return (origin[0] == 0 || strcmp(origin, upstream) == 0) &&
	       (!ferry_access_restricts(ferry_store_view_access(call->view)) ||
		   strcmp(ferry_nuget_said(record, "visibility"), "public") ==
		       0);
}

static int
on_upstream(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct pages *pages = ctx;
	const char *upstream = ferry_key_part(key, 1);
	const json_t *one;
	size_t i;

	if (!is_shown(pages->call, upstream, record))
		return 0;
	json_array_foreach (json_object_get(record, "vulnerabilities"), i, one)
		if (add_page(pages, upstream, record, one, err) == -1)
			return -1;
	return 0;
}

static void
pages_free(struct pages *pages)
{

	for (size_t i = 0; i < pages->n; i++)
		json_decref(pages->list[i].record);
}

static int
pages_load(
    struct pages *pages, const struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_key prefix;

	pages->call = call;
	pages->n = 0;
	if (ferry_key_make(&prefix, err, "upstream", NULL) == 0 &&
	    ferry_catalog_each(ferry_store_view_store(call->view), &prefix,
		on_upstream, pages, err) == 0)
		return 0;
	pages_free(pages);
	return -1;
}

static int
load_page(
    void *ctx, struct ferry_buf *out, const char *base, struct ferry_error *err)
{
	const struct pages *pages = ctx;
	const char *called = pages->call->resource.item;

	(void)base;
	for (size_t i = 0; i < pages->n; i++)
		if (strcmp(pages->list[i].called, called) == 0)
			return ferry_blob_load(
				   ferry_store_view_store(pages->call->view),
				   &pages->list[i].file.sha256, PAGE_MAX, out,
				   err) == -1
			           ? -1
			           : 1;
	return 0;
}

/* The page's bytes are upstream's; its URLs are those of advisories. */
static int
answer_page(const struct pages *pages, struct ferry_response *res,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	const struct ferry_document doc = { .call = pages->call,
		.format = "nuget",
		.package = "",
		.name = hex,
		.on_write = load_page,
		.ctx = (void *)(uintptr_t)pages };

	for (size_t i = 0; i < pages->n; i++)
		if (strcmp(pages->list[i].called, pages->call->resource.item) ==
		    0) {
			(void)ferry_digest_hex(
			    &pages->list[i].file.sha256, hex);
			return ferry_document_answer(
			    &doc, JSON, "Accept-Encoding", res, err);
		}
	return 0;
}

static void
put_base(struct ferry_out *out, const struct ferry_call *call,
    const struct ferry_buf *base)
{

	ferry_out_bytes(out, ferry_bytes_buf(base));
	if (call->resource.origin[0] != 0)
		ferry_out_fmt(out, "%s/", call->resource.origin);
}

static void
put_pages(struct ferry_out *out, const struct pages *pages,
    const struct ferry_buf *base)
{

	ferry_out_str(out, "[");
	for (size_t i = 0; i < pages->n; i++) {
		const struct page *page = &pages->list[i];

		ferry_out_fmt(out, "%s{\"@name\":", i == 0 ? "" : ",");
		ferry_out_json(out, ferry_bytes_str(page->called));
		ferry_out_str(out, ",\"@id\":\"");
		put_base(out, pages->call, base);
		ferry_out_str(out, "vulnerabilities/");
		ferry_out_url(out, ferry_bytes_str(page->called));
		ferry_out_str(out, ".json\",\"@updated\":");
		ferry_out_json(out, ferry_bytes_str(page->updated));
		ferry_out_str(out, ",\"comment\":");
		ferry_out_json(out, ferry_bytes_str(page->comment));
		ferry_out_str(out, "}");
	}
	ferry_out_str(out, "]\n");
}

/* The service index */

static const struct {
	const char *path, *type;
} resources[] = {
	{ "download/", "PackageBaseAddress/3.0.0" },
	{ "registration/", "RegistrationsBaseUrl" },
	{ "registration/", "RegistrationsBaseUrl/3.0.0-beta" },
	{ "registration/", "RegistrationsBaseUrl/3.0.0-rc" },
	{ "registration/", "RegistrationsBaseUrl/3.4.0" },
	{ "registration-semver2/", "RegistrationsBaseUrl/3.6.0" },
	{ "registration-semver2/", "RegistrationsBaseUrl/Versioned" },
	{ "query", "SearchQueryService" },
	{ "query", "SearchQueryService/3.0.0-beta" },
	{ "query", "SearchQueryService/3.0.0-rc" },
	{ "query", "SearchQueryService/3.5.0" },
	{ "autocomplete", "SearchAutocompleteService" },
	{ "autocomplete", "SearchAutocompleteService/3.0.0-beta" },
	{ "autocomplete", "SearchAutocompleteService/3.0.0-rc" },
	{ "autocomplete", "SearchAutocompleteService/3.5.0" },
	{ "download/{lower_id}/{lower_version}/readme",
	    "ReadmeUriTemplate/6.13.0" },
	/* `nuget list` of nuget.exe asks it.  Observed: tests/nuget/130. */
	{ "v2", "LegacyGallery/2.0.0" },
};

static void
put_resource(struct ferry_out *out, const struct ferry_call *call,
    const struct ferry_buf *base, const char *path, const char *type)
{

	ferry_out_str(out, "{\"@id\":\"");
	put_base(out, call, base);
	ferry_out_fmt(out, "%s\",\"@type\":\"%s\"}", path, type);
}

/* A list without pages would say that nothing is vulnerable: without any the
 * resource is left out. */
static void
put_index(struct ferry_out *out, const struct pages *pages,
    const struct ferry_buf *base)
{
	const struct ferry_call *call = pages->call;

	ferry_out_str(out, "{\"version\":\"3.0.0\",\"resources\":[");
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		ferry_out_str(out, i == 0 ? "" : ",");
		put_resource(
		    out, call, base, resources[i].path, resources[i].type);
	}
	if (pages->n > 0) {
		ferry_out_str(out, ",");
		put_resource(out, call, base, "vulnerabilities/index.json",
		    "VulnerabilityInfo/6.7.0");
	}
	ferry_out_str(out, "]}\n");
}

static int
answer_list(const struct pages *pages,
    void (*put)(struct ferry_out *out, const struct pages *pages,
	const struct ferry_buf *base),
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf base = FERRY_BUF_INIT, buf = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = ferry_view_base(pages->call, &base, err);

	ferry_out_begin(&out, &buf);
	put(&out, pages, &base);
	if (rc == -1 || ferry_out_end(&out, err) == -1)
		rc = -1;
	else
		rc = ferry_response_take(res, JSON, &buf, err);
	ferry_buf_free(&base);
	ferry_buf_free(&buf);
	return rc;
}

/* Whether something below the URL is for everybody: of an upstream that is. */
struct opening {
	const struct ferry_call *call;
	bool found;
};

static int
find_open(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct opening *opening = ctx;

	(void)err;
	if (strcmp(ferry_nuget_said(record, "format"), "nuget") == 0 &&
	    is_shown(opening->call, ferry_key_part(key, 1), record))
		opening->found = true;
	return 0;
}

static int
is_open(const struct ferry_call *call, struct ferry_error *err)
{
	struct opening opening = { call, false };
	struct ferry_key prefix;

	if (!ferry_access_restricts(ferry_store_view_access(call->view)) ||
	    call->identity.claim.kind != FERRY_CLAIM_NONE)
		return 1;
	if (ferry_key_make(&prefix, err, "upstream", NULL) == -1 ||
	    ferry_catalog_each(ferry_store_view_store(call->view), &prefix,
		find_open, &opening, err) == -1)
		return -1;
	return opening.found;
}

int
ferry_nuget_answer_index(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	struct pages pages;
	int rc = is_open(call, err);

	/* Clients show no credentials before a 401, and asking for them here
	 * says where it is that they are wanted. */
	if (rc == 0) {
		ferry_response_text(res, 401, "text/plain; charset=utf-8",
		    "log in to see packages here\n");
		ferry_response_header(
		    res, "WWW-Authenticate", "Basic realm=\"ferry\"");
		res->cache = "no-store";
		return 1;
	}
	if (rc == -1 || pages_load(&pages, call, err) == -1)
		return -1;
	rc = answer_list(&pages, put_index, res, err);
	pages_free(&pages);
	return rc;
}

int
ferry_nuget_answer_vulnerabilities(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	struct pages pages;
	int rc = pages_load(&pages, call, err);

	if (rc == -1)
		return -1;
	rc = call->resource.kind == FERRY_NUGET_VULNERABILITY_PAGE
	         ? answer_page(&pages, res, err)
	         : answer_list(&pages, put_pages, res, err);
	pages_free(&pages);
	return rc;
}
