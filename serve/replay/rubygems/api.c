#include "serve/replay/rubygems/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/call.h"
#include "serve/replay/document.h"
#include "serve/replay/format.h"
#include "serve/replay/rubygems/info.h"
#include "serve/replay/rubygems/path.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/catalog/catalog.h"
#include "store/format/rubygems/gem.h"

#define JSON "application/json; charset=utf-8"
#define HITS 30 /* of a page */
#define WORDS_MAX 8

/* The versions of a gem that are shown, the highest first. */
struct shown {
	char *version;
	json_t *record;
};
struct gem {
	const char *name;
	struct shown *list;
	size_t n, cap;
};

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct gem *gem = ctx;

	if (!ferry_gem_is_shown(record))
		return 0;
	if (ferry_array_grow(&gem->list, &gem->cap, gem->n + 1,
		sizeof(*gem->list), err) == -1)
		return -1;
	gem->list[gem->n] = (struct shown){ NULL, json_incref(record) };
	return ferry_strdup(
	    &gem->list[gem->n++].version, ferry_key_part(key, 4), err);
}

static int
by_version_down(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	return ferry_gem_version_cmp(
	    ferry_bytes_str(y->version), ferry_bytes_str(x->version));
}

static int
gem_load(struct gem *gem, struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_error *err)
{
	struct ferry_key prefix;

	*gem = (struct gem){ .name = name };
	if (ferry_key_version(&prefix, "rubygems", name, owner, NULL, err) ==
		-1 ||
	    ferry_catalog_each(ferry_store_view_store(view), &prefix,
		add_version, gem, err) == -1)
		return -1;
	if (gem->n > 1)
		qsort(gem->list, gem->n, sizeof(*gem->list), by_version_down);
	return 0;
}

static void
gem_free(struct gem *gem)
{

	for (size_t i = 0; i < gem->n; i++) {
		free(gem->list[i].version);
		json_decref(gem->list[i].record);
	}
	free(gem->list);
}

/* The newest release, or pre-release where there is no other: for every
 * platform if it can be.  NULL if nothing is shown. */
static const struct shown *
latest(const struct gem *gem)
{
	const struct shown *best = NULL;

	for (size_t i = 0; i < gem->n; i++) {
		struct ferry_bytes v = ferry_bytes_str(gem->list[i].version);

		if (ferry_gem_version_prerelease(v))
			continue;
		if (best == NULL)
			best = &gem->list[i];
		if (!ferry_bytes_equal(ferry_gem_version_number(v),
			ferry_gem_version_number(
			    ferry_bytes_str(best->version))))
			break;
		if (ferry_bytes_is(ferry_gem_version_platform(v), "ruby"))
			best = &gem->list[i];
	}
	return best == NULL && gem->n > 0 ? gem->list : best;
}

/* Writing */

static struct ferry_bytes
line_of(const struct shown *v)
{

	return ferry_bytes_str(
	    json_string_value(json_object_get(v->record, "line")));
}

static const json_t *
about(const struct shown *v, const char *name)
{

	return json_object_get(json_object_get(v->record, "about"), name);
}

/* "Anna, Bert" */
static void
put_authors(struct ferry_out *out, const struct shown *v)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *one;
	size_t i;

	json_array_foreach (about(v, "authors"), i, one)
		(void)ferry_buf_addf(&text, &ignored, "%s%s",
		    i == 0 ? "" : ", ", json_string_value(one));
	ferry_out_json(out, ferry_bytes_buf(&text));
	ferry_buf_free(&text);
}

static void
put_text(struct ferry_out *out, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		ferry_out_str(out, "null");
	else
		ferry_out_json(out, ferry_bytes_str(text));
}

static void
put_licenses(struct ferry_out *out, const struct shown *v)
{
	json_t *one;
	size_t i;

	ferry_out_str(out, "[");
	json_array_foreach (about(v, "licenses"), i, one) {
		ferry_out_str(out, i == 0 ? "" : ",");
		put_text(out, one);
	}
	ferry_out_str(out, "]");
}

/* ">= 1.0, < 3" of ">= 1.0&< 3". */
static void
put_requirement(struct ferry_out *out, struct ferry_bytes text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (text.n == 0)
		text = ferry_bytes_str(">= 0");
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '&')
			(void)ferry_buf_adds(&buf, ", ", &ignored);
		else
			(void)ferry_buf_add(&buf, text.p + i, 1, &ignored);
	ferry_out_json(out, ferry_bytes_buf(&buf));
	ferry_buf_free(&buf);
}

static void
put_string(struct ferry_out *out, const char *name, struct ferry_bytes value)
{

	ferry_out_fmt(out, ",\"%s\":", name);
	if (value.n == 0)
		ferry_out_str(out, "null");
	else
		ferry_out_json(out, value);
}

/* What both documents have of a version, after a first member. */
static void
put_version(struct ferry_out *out, const struct shown *v)
{
	struct ferry_bytes version = ferry_bytes_str(v->version);
	struct ferry_bytes line = line_of(v);

	put_string(out, "platform", ferry_gem_version_platform(version));
	ferry_out_fmt(out, ",\"prerelease\":%s,\"authors\":",
	    ferry_gem_version_prerelease(version) ? "true" : "false");
	put_authors(out, v);
	ferry_out_str(out, ",\"licenses\":");
	put_licenses(out, v);
	put_string(out, "sha", ferry_gem_line_value(line, "checksum"));
	ferry_out_str(out, ",\"metadata\":{}");
}

/* An element of /api/v1/versions/NAME.json. */
static void
put_listed(struct ferry_out *out, const struct shown *v)
{
	struct ferry_bytes line = line_of(v);

	ferry_out_str(out, "{\"number\":");
	ferry_out_json(
	    out, ferry_gem_version_number(ferry_bytes_str(v->version)));
	put_version(out, v);
	put_string(out, "created_at", ferry_gem_line_value(line, "created_at"));
	ferry_out_str(out, ",\"summary\":");
	put_text(out, about(v, "summary"));
	ferry_out_str(out, ",\"ruby_version\":");
	put_requirement(out, ferry_gem_line_value(line, "ruby"));
	ferry_out_str(out, ",\"rubygems_version\":");
	put_requirement(out, ferry_gem_line_value(line, "rubygems"));
	ferry_out_str(out, "}");
}

static void
put_needs(struct ferry_out *out, struct ferry_bytes rest)
{
	struct ferry_gem_dependency d;
	const char *comma = "";

	ferry_out_str(
	    out, ",\"dependencies\":{\"development\":[],\"runtime\":[");
	while (ferry_gem_line_dependency(&rest, &d)) {
		ferry_out_fmt(out, "%s{\"name\":", comma);
		ferry_out_json(out, d.name);
		ferry_out_str(out, ",\"requirements\":");
		put_requirement(out, d.requirement);
		ferry_out_str(out, "}");
		comma = ",";
	}
	ferry_out_str(out, "]}");
}

/* /api/v1/gems/NAME.json; base: of URLs, or NULL for none; origin: behind it, or
 * "". */
static void
put_gem(struct ferry_out *out, const struct gem *gem, const struct shown *v,
    const char *base, const char *origin)
{
	struct ferry_bytes name =
	    ferry_gem_name_base(ferry_bytes_str(gem->name));

	ferry_out_str(out, "{\"name\":");
	ferry_out_json(out, name);
	put_string(out, "version",
	    ferry_gem_version_number(ferry_bytes_str(v->version)));
	put_string(out, "version_created_at",
	    ferry_gem_line_value(line_of(v), "created_at"));
	put_version(out, v);
	ferry_out_str(out, ",\"info\":");
	put_text(out, about(v, "summary"));
	ferry_out_str(out, ",\"homepage_uri\":");
	put_text(out, about(v, "homepage"));
	if (base != NULL)
		ferry_out_fmt(out, ",\"gem_uri\":\"%s%s%sgems/%.*s-%s.gem\"",
		    base, origin, origin[0] == 0 ? "" : "/", (int)name.n,
		    (const char *)name.p, v->version);
	put_needs(out, line_of(v));
	ferry_out_str(out, "}");
}

/* Documents */

static int
write_document(
    void *ctx, struct ferry_buf *buf, const char *base, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const struct shown *newest;
	struct ferry_out out;
	struct gem gem;
	int rc = gem_load(
	    &gem, call->view, call->resource.package, call->owner, err);

	newest = rc == -1 ? NULL : latest(&gem);
	if (newest != NULL) {
		ferry_out_begin(&out, buf);
		if (call->resource.kind == FERRY_GEM_API_GEM) {
			put_gem(
			    &out, &gem, newest, base, call->resource.origin);
		} else if (call->resource.kind == FERRY_GEM_API_LATEST) {
			ferry_out_str(&out, "{\"version\":");
			ferry_out_json(
			    &out, ferry_gem_version_number(
				      ferry_bytes_str(newest->version)));
			ferry_out_str(&out, "}");
		} else {
			for (size_t i = 0; i < gem.n; i++) {
				ferry_out_str(&out, i == 0 ? "[" : ",");
				put_listed(&out, &gem.list[i]);
			}
			ferry_out_str(&out, "]");
		}
		rc = ferry_out_end(&out, err) == -1 ? -1 : 1;
	}
	gem_free(&gem);
	return rc;
}

int
ferry_gem_answer_api(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	char name[FERRY_OWNER_NAME + 40];
	struct ferry_document doc = { .call = call,
		.format = "rubygems",
		.package = r->package,
		.name = name,
		.on_write = write_document,
		.ctx = (void *)(uintptr_t)call };

	if (call->owner[0] == 0)
		return 0;
	(void)snprintf(name, sizeof(name), "api %d %s%s", r->kind, call->owner,
	    r->origin[0] == 0 ? "" : " /");
	return ferry_document_answer(&doc, JSON, "Accept-Encoding", res, err);
}

/* Searching */

int
ferry_gem_search_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *e, struct ferry_error *err)
{
	struct ferry_buf json = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	const struct shown *newest;
	const char *summary;
	struct ferry_out out;
	struct gem gem;
	int rc = gem_load(&gem, view, name, owner, err);

	if (rc == -1 || (newest = latest(&gem)) == NULL)
		goto out;
	rc = -1;
	summary = json_string_value(about(newest, "summary"));
	ferry_out_begin(&out, &json);
	put_gem(&out, &gem, newest, NULL, "");
	if (ferry_out_end(&out, err) == -1 ||
	    ferry_buf_addf(&text, err, "%s %s", name,
		summary == NULL ? "" : summary) == -1 ||
	    ferry_strdup(&e->name, name, err) == -1 ||
	    ferry_strdup(&e->owner, owner, err) == -1 ||
	    ferry_strndup(&e->text, ferry_bytes_buf(&text), err) == -1 ||
	    ferry_strndup(&e->answer, ferry_bytes_buf(&json), err) == -1)
		goto out;
	for (char *p = e->text; *p != 0; p++)
		*p = (char)tolower((unsigned char)*p);
	rc = 1;
out:
	gem_free(&gem);
	ferry_buf_free(&json);
	ferry_buf_free(&text);
	return rc;
}

struct page {
	const char *base; /* an owner, or "" */
	uint64_t from;
	struct ferry_buf *out;
};

static bool
in_base(const struct ferry_search_entry *e, const char *base)
{
	size_t n = strlen(base);

	if (strchr(e->name, '/') == NULL)
		return n == 0 || strcmp(e->owner, base) == 0;
	return n > 0 && strncmp(e->name, base, n) == 0 && e->name[n] == '/';
}

static int
write_hits(void *ctx, const struct ferry_search_hit *hits, size_t n,
    struct ferry_error *err)
{
	const struct page *page = ctx;
	struct ferry_out out;
	uint64_t seen = 0;
	const char *comma = "";

	ferry_out_begin(&out, page->out);
	ferry_out_str(&out, "[");
	for (size_t i = 0; i < n && seen < page->from + HITS; i++) {
		if (!in_base(hits[i].entry, page->base) || seen++ < page->from)
			continue;
		ferry_out_str(&out, comma);
		ferry_out_str(&out, hits[i].entry->answer);
		comma = ",";
	}
	ferry_out_str(&out, "]\n");
	return ferry_out_end(&out, err);
}

int
ferry_gem_answer_search(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf query = FERRY_BUF_INIT, json = FERRY_BUF_INIT;
	struct page page = { call->resource.origin,
		HITS *
		    (ferry_request_query_u64(call->rq, "page", 1, 1U << 20, 1) -
			1),
		&json };
	const char *words[WORDS_MAX];
	char *p, *save = NULL;
	size_t n = 0;
	int rc = -1;

	if (ferry_request_query(call->rq, "query", &query, err) == -1 ||
	    ferry_buf_adds(&query, "", err) == -1)
		goto out;
	for (size_t i = 0; i < query.n; i++)
		query.p[i] = (uint8_t)tolower(query.p[i]);
	for (p = query.p == NULL ? NULL
	                         : strtok_r((char *)query.p, " \t,\"", &save);
	     p != NULL && n < WORDS_MAX; p = strtok_r(NULL, " \t,\"", &save))
		words[n++] = p;
	if (ferry_search_find(
		search, permit, words, n, write_hits, &page, err) == 0)
		rc = ferry_response_take(res, JSON, &json, err);
out:
	ferry_buf_free(&query);
	ferry_buf_free(&json);
	return rc;
}

/* Times */

int
ferry_gem_times(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_times *out, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct gem gem;
	int64_t at;
	int rc = gem_load(&gem, view, package, owner, err);

	if (rc == 0 && (out->versions = json_object()) == NULL)
		rc = ferry_error_set(err, FERRY_ENOMEM, "no memory");
	for (size_t i = 0; i < gem.n && rc == 0; i++)
		if (ferry_time_parse(&at,
			ferry_gem_line_value(
			    line_of(&gem.list[i]), "created_at"),
			&ignored) == 0)
			rc = ferry_json_set(out->versions, gem.list[i].version,
			    json_integer((json_int_t)at), err);
	gem_free(&gem);
	return rc;
}
