#include "serve/replay/nuget/registration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/document.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/versions.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/format/nuget/name.h"

#define JSON "application/json"
#define PAGE 64 /* versions */

/* URLs */

void
ferry_nuget_put_base(
    struct ferry_out *out, const struct ferry_nuget_place *place)
{

	ferry_out_str(out, place->base);
	if (place->origin[0] != 0)
		ferry_out_fmt(out, "%s/", place->origin);
}

static void
put_id(struct ferry_out *out, const struct ferry_nuget_place *place)
{

	ferry_out_url(out, ferry_bytes_str(place->id));
}

/* "BASE/registration/ID/" */
static void
put_registration(struct ferry_out *out, const struct ferry_nuget_place *place)
{

	ferry_nuget_put_base(out, place);
	ferry_out_fmt(out, "%s/", place->hive);
	put_id(out, place);
	ferry_out_str(out, "/");
}

/* "BASE/download/ID/VERSION/" */
static void
put_folder(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held)
{

	ferry_nuget_put_base(out, place);
	ferry_out_str(out, "download/");
	put_id(out, place);
	ferry_out_fmt(out, "/%s/", held->key);
}

void
ferry_nuget_put_nupkg_url(struct ferry_out *out,
    const struct ferry_nuget_place *place, const struct ferry_nuget_held *held)
{

	put_folder(out, place, held);
	put_id(out, place);
	ferry_out_fmt(out, ".%s.nupkg", held->key);
}

/* Parts */

static void
put_member(struct ferry_out *out, const char *name, const char *text)
{

	ferry_out_fmt(out, ",\"%s\":", name);
	ferry_out_json(out, ferry_bytes_str(text));
}

/* A file that is in the nupkg, or else the URL that the nuspec has. */
static void
put_file(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held, const char *member, const char *file)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_file found;

	if (ferry_files_find(held->record, file, &found, &ignored) == 1) {
		ferry_out_fmt(out, ",\"%s\":\"", member);
		put_folder(out, place, held);
		ferry_out_fmt(out, "%s\"", file);
	} else {
		put_member(
		    out, member, ferry_nuget_about(held->record, member));
	}
}

/* Tags are separated by blanks, and by commas of those who do not know. */
static void
put_tags(struct ferry_out *out, const char *tags)
{
	const char *comma = "";

	ferry_out_str(out, ",\"tags\":[");
	for (tags += strspn(tags, " ,;\t\r\n"); *tags != 0;
	     tags += strspn(tags, " ,;\t\r\n")) {
		size_t n = strcspn(tags, " ,;\t\r\n");

		ferry_out_str(out, comma);
		ferry_out_json(out, ferry_bytes_of(tags, n));
		comma = ",";
		tags += n;
	}
	ferry_out_str(out, "]");
}

static void
put_json(struct ferry_out *out, const json_t *record, const char *name)
{
	const json_t *value = json_object_get(record, name);
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	if (value == NULL)
		return;
	if (ferry_json_add(&text, value, &err) == 0) {
		ferry_out_fmt(out, ",\"%s\":", name);
		ferry_out_bytes(out, ferry_bytes_buf(&text));
	}
	ferry_buf_free(&text);
}

void
ferry_nuget_put_about(struct ferry_out *out,
    const struct ferry_nuget_place *place, const struct ferry_nuget_held *held)
{
	const json_t *r = held->record;

	put_member(out, "description", ferry_nuget_about(r, "description"));
	put_file(out, place, held, "iconUrl", "icon");
	put_file(out, place, held, "licenseUrl", "license");
	put_member(out, "licenseExpression",
	    ferry_nuget_about(r, "licenseExpression"));
	put_member(out, "projectUrl", ferry_nuget_about(r, "projectUrl"));
	put_member(out, "summary", ferry_nuget_about(r, "summary"));
	put_member(out, "title", ferry_nuget_about(r, "title"));
	put_tags(out, ferry_nuget_about(r, "tags"));
	put_json(out, r, "deprecation");
	put_json(out, r, "vulnerabilities");
}

/* "1900-01-01…" is how clients have been told of what is not listed since
 * before there was `listed`. */
static void
put_published(struct ferry_out *out, const struct ferry_nuget_held *held)
{
	const char *text = ferry_nuget_said(held->record, "published");
	char buf[FERRY_TIME_TEXT];

	if (!held->listed)
		text = "1900-01-01T00:00:00+00:00";
	else if (text[0] == 0)
		text = ferry_time_text(json_integer_value(json_object_get(
					   held->record, "pulled_at")),
		    buf);
	put_member(out, "published", text);
	ferry_out_fmt(out, ",\"listed\":%s", held->listed ? "true" : "false");
}

static void
put_dependency(struct ferry_out *out, const struct ferry_nuget_place *place,
    const json_t *one, const char *group, size_t group_i)
{
	const char *id = json_string_value(json_array_get(one, 0));
	const char *range = json_string_value(json_array_get(one, 1));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;

	if (id == NULL || range == NULL ||
	    ferry_nuget_lower(&key, ferry_bytes_str(id), &ignored) == -1) {
		ferry_buf_free(&key);
		return;
	}
	ferry_out_fmt(
	    out, "{\"@id\":\"%s#dependencygroup/%zu/", group, group_i);
	ferry_out_url(out, ferry_bytes_buf(&key));
	ferry_out_str(out, "\",\"@type\":\"PackageDependency\",\"id\":");
	ferry_out_json(out, ferry_bytes_str(id));
	ferry_out_str(out, ",\"range\":");
	ferry_out_json(out, ferry_bytes_str(range));
	ferry_out_str(out, ",\"registration\":\"");
	ferry_nuget_put_base(out, place);
	ferry_out_fmt(out, "%s/", place->hive);
	ferry_out_url(out, ferry_bytes_buf(&key));
	ferry_out_str(out, "/index.json\"}");
	ferry_buf_free(&key);
}

/* url is of the document that the groups are a part of. */
static void
put_groups(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held, const char *url)
{
	const json_t *group, *one;
	size_t i, k;

	ferry_out_str(out, ",\"dependencyGroups\":[");
	json_array_foreach (
	    json_object_get(held->record, "dependencies"), i, group) {
		const char *framework =
		    json_string_value(json_object_get(group, "framework"));

		ferry_out_fmt(out,
		    "%s{\"@id\":\"%s#dependencygroup/%zu\","
		    "\"@type\":\"PackageDependencyGroup\"",
		    i == 0 ? "" : ",", url, i);
		if (framework != NULL)
			put_member(out, "targetFramework", framework);
		ferry_out_str(out, ",\"dependencies\":[");
		json_array_foreach (json_object_get(group, "needs"), k, one) {
			ferry_out_str(out, k == 0 ? "" : ",");
			put_dependency(out, place, one, url, i);
		}
		ferry_out_str(out, "]}");
	}
	ferry_out_str(out, "]");
}

/* catalogEntry */
static void
put_entry(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held)
{
	const json_t *r = held->record;
	const char *client = ferry_nuget_about(r, "minClientVersion");
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_out to;

	ferry_out_begin(&to, &url);
	ferry_nuget_put_base(&to, place);
	ferry_out_str(&to, "catalog/");
	put_id(&to, place);
	ferry_out_fmt(&to, "/%s.json", held->key);
	if (ferry_out_end(&to, &ignored) == -1)
		ferry_buf_reset(&url);
	ferry_out_fmt(out,
	    "{\"@id\":\"%s\",\"@type\":\"PackageDetails\",\"id\":",
	    url.p == NULL ? "" : (const char *)url.p);
	ferry_out_json(out, ferry_bytes_str(ferry_nuget_said(r, "id")));
	put_member(out, "version", ferry_nuget_said(r, "version"));
	put_member(out, "authors", ferry_nuget_about(r, "authors"));
	ferry_nuget_put_about(out, place, held);
	put_member(out, "language", ferry_nuget_about(r, "language"));
	if (client[0] != 0)
		put_member(out, "minClientVersion", client);
	put_file(out, place, held, "readmeUrl", "readme");
	ferry_out_fmt(out, ",\"requireLicenseAcceptance\":%s",
	    json_is_true(json_object_get(
		json_object_get(r, "about"), "requireLicenseAcceptance"))
		? "true"
		: "false");
	put_published(out, held);
	ferry_out_str(out, ",\"packageContent\":\"");
	ferry_nuget_put_nupkg_url(out, place, held);
	ferry_out_str(out, "\"");
	put_groups(out, place, held, url.p == NULL ? "" : (const char *)url.p);
	ferry_out_str(out, "}");
	ferry_buf_free(&url);
}

/* `"@id":"…","@type":"Package", …` of a leaf, up to its catalogEntry. */
static void
put_leaf_head(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held)
{

	ferry_out_str(out, "{\"@id\":\"");
	put_registration(out, place);
	ferry_out_fmt(out, "%s.json\",\"@type\":\"Package\"", held->key);
	ferry_out_str(out, ",\"packageContent\":\"");
	ferry_nuget_put_nupkg_url(out, place, held);
	ferry_out_str(out, "\",\"registration\":\"");
	put_registration(out, place);
	ferry_out_str(out, "index.json\",\"catalogEntry\":");
}

static void
put_item(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held)
{

	put_leaf_head(out, place, held);
	put_entry(out, place, held);
	ferry_out_str(out, "}");
}

static void
put_leaf(struct ferry_out *out, const struct ferry_nuget_place *place,
    const struct ferry_nuget_held *held)
{

	put_leaf_head(out, place, held);
	ferry_out_str(out, "\"");
	ferry_nuget_put_base(out, place);
	ferry_out_str(out, "catalog/");
	put_id(out, place);
	ferry_out_fmt(out, "/%s.json\"", held->key);
	put_published(out, held);
	ferry_out_str(out, "}\n");
}

/* Documents */

/* A page of the versions from first to last, which are n; with their items or
 * only with the URL that has them. */
static void
put_page(struct ferry_out *out, const struct ferry_nuget_place *place,
    struct ferry_nuget_held *const *list, size_t n, bool items)
{

	ferry_out_str(out, "{\"@id\":\"");
	put_registration(out, place);
	ferry_out_fmt(out,
	    "page/%s/%s.json\",\"@type\":\"catalog:CatalogPage\","
	    "\"count\":%zu",
	    list[0]->key, list[n - 1]->key, n);
	put_member(out, "lower", list[0]->key);
	put_member(out, "upper", list[n - 1]->key);
	ferry_out_str(out, ",\"parent\":\"");
	put_registration(out, place);
	ferry_out_str(out, "index.json\"");
	if (items) {
		ferry_out_str(out, ",\"items\":[");
		for (size_t i = 0; i < n; i++) {
			ferry_out_str(out, i == 0 ? "" : ",");
			put_item(out, place, list[i]);
		}
		ferry_out_str(out, "]");
	}
	ferry_out_str(out, "}");
}

static void
put_index(struct ferry_out *out, const struct ferry_nuget_place *place,
    struct ferry_nuget_held *const *list, size_t n)
{
	size_t pages = (n + PAGE - 1) / PAGE;

	ferry_out_str(out, "{\"@id\":\"");
	put_registration(out, place);
	ferry_out_fmt(out,
	    "index.json\",\"@type\":[\"catalog:CatalogRoot\","
	    "\"PackageRegistration\",\"catalog:Permalink\"],"
	    "\"count\":%zu,\"items\":[",
	    pages);
	for (size_t i = 0; i < n; i += PAGE) {
		ferry_out_str(out, i == 0 ? "" : ",");
		put_page(out, place, list + i, n - i < PAGE ? n - i : PAGE,
		    pages == 1);
	}
	ferry_out_str(out, "]}\n");
}

static const struct ferry_nuget_held *
find_version(struct ferry_nuget_held *const *list, size_t n, const char *key)
{

	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i]->key, key) == 0)
			return list[i];
	return NULL;
}

/* {"versions":[…]}: all that can be downloaded, also what is not listed. */
static void
put_versions(
    struct ferry_out *out, struct ferry_nuget_held *const *list, size_t n)
{

	ferry_out_str(out, "{\"versions\":[");
	for (size_t i = 0; i < n; i++)
		ferry_out_fmt(out, "%s\"%s\"", i == 0 ? "" : ",", list[i]->key);
	ferry_out_str(out, "]}\n");
}

/* Returns: 1; 0 if there is nothing of that kind. */
static int
put_document(struct ferry_out *out, const struct ferry_resource *r,
    const char *base, struct ferry_nuget_held **list, size_t n)
{
	struct ferry_bytes id =
	    ferry_nuget_name_id(ferry_bytes_str(r->package));
	const struct ferry_nuget_place place = { base, r->origin,
		(const char *)id.p,
		r->item[0] == '1' ? "registration" : "registration-semver2" };
	const struct ferry_nuget_held *one;

	switch ((enum ferry_nuget_kind)r->kind) {
	case FERRY_NUGET_VERSIONS:
		put_versions(out, list, n);
		return 1;
	case FERRY_NUGET_REGISTRATION:
		put_index(out, &place, list, n);
		return 1;
	case FERRY_NUGET_PAGE:
		put_page(out, &place, list, n, true);
		return 1;
	case FERRY_NUGET_LEAF:
		one = find_version(list, n, r->item + 1);
		if (one != NULL)
			put_leaf(out, &place, one);
		return one != NULL;
	case FERRY_NUGET_ENTRY:
		one = find_version(list, n, r->item);
		if (one != NULL)
			put_entry(out,
			    &(const struct ferry_nuget_place){ base, r->origin,
				(const char *)id.p, "registration-semver2" },
			    one);
		return one != NULL;
	default:
		return 0;
	}
}

/* Whether clients of the hive may see the version. */
static bool
in_hive(const struct ferry_resource *r, const struct ferry_nuget_held *held)
{

	switch ((enum ferry_nuget_kind)r->kind) {
	case FERRY_NUGET_REGISTRATION:
	case FERRY_NUGET_PAGE:
	case FERRY_NUGET_LEAF:
		return r->item[0] == '2' || !held->semver2;
	default:
		return true;
	}
}

/* From which version to which a page goes; a leaf is one of one. */
static bool
bounds(const struct ferry_resource *r, struct ferry_nuget_version *lower,
    struct ferry_nuget_version *upper)
{
	const char *first =
	    r->kind == FERRY_NUGET_ENTRY ? r->item : r->item + 1;
	const char *slash = strchr(first, '/');
	struct ferry_error ignored = FERRY_ERROR_INIT;
	size_t n = slash == NULL ? strlen(first) : (size_t)(slash - first);

	return ferry_nuget_version_parse(
		   lower, ferry_bytes_of(first, n), &ignored) == 0 &&
	       ferry_nuget_version_parse(upper,
		   ferry_bytes_str(slash == NULL ? first : slash + 1),
		   &ignored) == 0;
}

static int
load(struct ferry_nuget_versions *out, const struct ferry_call *call,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_nuget_version lower, upper;

	*out = (struct ferry_nuget_versions){ .n = 0 };
	if (r->kind == FERRY_NUGET_VERSIONS ||
	    r->kind == FERRY_NUGET_REGISTRATION)
		return ferry_nuget_versions_load(
		    out, call->view, r->package, call->owner, err);
	return !bounds(r, &lower, &upper)
	           ? 0
	           : ferry_nuget_versions_load_between(out, call->view,
			 r->package, call->owner, &lower, &upper, err);
}

static int
write_document(
    void *ctx, struct ferry_buf *buf, const char *base, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const struct ferry_resource *r = &call->resource;
	struct ferry_nuget_held **list = NULL;
	struct ferry_nuget_versions versions;
	struct ferry_out out;
	size_t n = 0;
	int rc = load(&versions, call, err);

	if (rc == 0)
		rc = ferry_calloc(&list, versions.n + 1, sizeof(*list), err);
	for (size_t i = 0; i < versions.n && rc == 0; i++)
		if (in_hive(r, &versions.list[i]))
			list[n++] = &versions.list[i];
	if (n > 0 && rc == 0) {
		ferry_out_begin(&out, buf);
		rc = put_document(&out, r, base, list, n);
		if (ferry_out_end(&out, err) == -1)
			rc = -1;
	}
	ferry_nuget_versions_free(&versions);
	free(list);
	return rc;
}

int
ferry_nuget_answer_document(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	char name[2 * FERRY_OWNER_NAME + FERRY_ITEM_NAME + 40];
	const struct ferry_document doc = { .call = call,
		.format = "nuget",
		.package = r->package,
		.name = name,
		.on_write = write_document,
		.ctx = (void *)(uintptr_t)call };

	if (call->owner[0] == 0)
		return 0;
	(void)snprintf(name, sizeof(name), "%d %s %s %s", r->kind, r->item,
	    call->owner, r->origin);
	return ferry_document_answer(&doc, JSON, "Accept-Encoding", res, err);
}
