#include "serve/replay/nuget/v2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/http/http.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/query.h"
#include "serve/replay/nuget/registration.h"
#include "serve/replay/nuget/versions.h"
#include "serve/replay/view.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/out.h"
#include "store/format/nuget/name.h"

#define FEED "application/atom+xml;type=feed;charset=utf-8"
#define ENTRY "application/atom+xml;type=entry;charset=utf-8"
#define XML "application/xml;charset=utf-8"
#define HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define SPACES                                                                 \
	" xmlns=\"http://www.w3.org/2005/Atom\""                               \
	" xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\""   \
	" xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/"    \
	"metadata\""
#define TAKE_DEFAULT 30
#define TAKE_MAX 100

/* What is written, and for which request. */
struct v2 {
	const struct ferry_call *call;
	struct ferry_out out;
	struct ferry_buf base; /* of the registry, of an owner: with a '/' */
	bool semver2, prerelease;
};

/* Requests */

/* A parameter without the quotes around it. */
static int
parameter(const struct ferry_request *rq, const char *name,
    struct ferry_buf *out, struct ferry_error *err)
{
	int rc = ferry_request_query(rq, name, out, err);

	if (rc == 1 && out->n > 1 && out->p[0] == '\'' &&
	    out->p[out->n - 1] == '\'') {
		memmove(out->p, out->p + 1, out->n - 2);
		out->n -= 2;
		out->p[out->n] = 0;
	}
	return rc == -1 ? -1 : ferry_buf_adds(out, "", err);
}

int
ferry_nuget_v2_filter(const struct ferry_request *rq, struct ferry_buf *id,
    struct ferry_error *err)
{
	static const char *const forms[] = { "tolower(Id) eq '", "Id eq '" };
	struct ferry_buf filter = FERRY_BUF_INIT;
	int rc = ferry_request_query(rq, "$filter", &filter, err);

	if (rc == 1 && (rc = ferry_buf_adds(&filter, "", err)) == 0)
		for (size_t i = 0; i < 2 && rc == 0; i++) {
			const char *at =
			    filter.n == 0 ? NULL
					  : strstr((char *)filter.p, forms[i]);

			if (at == NULL)
				continue;
			at += strlen(forms[i]);
			rc = ferry_buf_add(id, at, strcspn(at, "'"), err) == -1
			         ? -1
			         : 1;
		}
	ferry_buf_free(&filter);
	return rc;
}

static bool
is_true(struct ferry_bytes s)
{

	return s.n == 4 && strncasecmp((const char *)s.p, "true", 4) == 0;
}

static int
begin(struct v2 *v, const struct ferry_call *call, struct ferry_buf *buf,
    struct ferry_error *err)
{
	struct ferry_buf level = FERRY_BUF_INIT, pre = FERRY_BUF_INIT;
	int rc = -1;

	*v = (struct v2){ .call = call };
	ferry_out_begin(&v->out, buf);
	if (ferry_view_base(call, &v->base, err) == 0 &&
	    (call->resource.origin[0] == 0 ||
		ferry_buf_addf(&v->base, err, "%s/", call->resource.origin) ==
		    0) &&
	    parameter(call->rq, "semVerLevel", &level, err) == 0 &&
	    parameter(call->rq, "includePrerelease", &pre, err) == 0) {
		v->semver2 = level.n > 0 && level.p[0] == '2';
		v->prerelease = is_true(ferry_bytes_buf(&pre));
		rc = 0;
	}
	ferry_buf_free(&level);
	ferry_buf_free(&pre);
	return rc;
}

static void
put_base(struct v2 *v)
{

	ferry_out_html(&v->out, ferry_bytes_buf(&v->base));
}

/* Entries */

static void
put_text(struct v2 *v, const char *name, const char *text)
{

	ferry_out_fmt(&v->out, "<d:%s>", name);
	ferry_out_html(&v->out, ferry_bytes_str(text));
	ferry_out_fmt(&v->out, "</d:%s>", name);
}

static void
put_bool(struct v2 *v, const char *name, bool is)
{

	ferry_out_fmt(&v->out, "<d:%s m:type=\"Edm.Boolean\">%s</d:%s>", name,
	    is ? "true" : "false", name);
}

/* "ID:RANGE:FRAMEWORK|…"; a group without any has a framework alone. */
static void
put_dependencies(struct v2 *v, const json_t *record)
{
	const json_t *group, *one;
	const char *bar = "";
	size_t i, k;

	ferry_out_str(&v->out, "<d:Dependencies>");
	json_array_foreach (json_object_get(record, "dependencies"), i, group) {
		const json_t *needs = json_object_get(group, "needs");
		const char *framework = ferry_nuget_said(group, "framework");

		if (json_array_size(needs) == 0 && framework[0] != 0) {
			ferry_out_fmt(&v->out, "%s::", bar);
			ferry_out_html(&v->out, ferry_bytes_str(framework));
			bar = "|";
		}
		json_array_foreach (needs, k, one) {
			const char *id =
			    json_string_value(json_array_get(one, 0));
			const char *range =
			    json_string_value(json_array_get(one, 1));

			if (id == NULL || range == NULL)
				continue;
			ferry_out_str(&v->out, bar);
			ferry_out_html(&v->out, ferry_bytes_str(id));
			ferry_out_str(&v->out, ":");
			ferry_out_html(&v->out, ferry_bytes_str(range));
			ferry_out_str(&v->out, ":");
			ferry_out_html(&v->out, ferry_bytes_str(framework));
			bar = "|";
		}
	}
	ferry_out_str(&v->out, "</d:Dependencies>");
}

static void
put_hash(struct v2 *v, const json_t *record)
{
	const json_t *file =
	    json_array_get(json_object_get(record, "files"), 0);
	const char *hex = json_string_value(json_object_get(file, "sha512"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest sha512;

	if (hex != NULL &&
	    ferry_digest_from_hex(
		&sha512, FERRY_SHA512, ferry_bytes_str(hex), &ignored) == 0 &&
	    ferry_base64_add(
		&text, ferry_bytes_of(sha512.v, sha512.n), &ignored) == 0) {
		put_text(v, "PackageHash", (char *)text.p);
		put_text(v, "PackageHashAlgorithm", "SHA512");
	}
	ferry_buf_free(&text);
	ferry_out_fmt(&v->out,
	    "<d:PackageSize m:type=\"Edm.Int64\">%lld</d:PackageSize>",
	    (long long)json_integer_value(json_object_get(file, "size")));
}

static const char *
published(const struct ferry_nuget_held *held, char buf[FERRY_TIME_TEXT])
{
	const char *text = ferry_nuget_said(held->record, "published");

	if (!held->listed)
		return "1900-01-01T00:00:00Z";
	return text[0] != 0
	           ? text
	           : ferry_time_text(json_integer_value(json_object_get(
					 held->record, "pulled_at")),
			 buf);
}

static void
put_properties(struct v2 *v, const struct ferry_nuget_held *held, bool latest,
    bool absolute)
{
	static const struct {
		const char *name, *member;
	} texts[] = { { "Authors", "authors" }, { "Title", "title" },
		{ "Description", "description" }, { "Summary", "summary" },
		{ "Tags", "tags" }, { "ProjectUrl", "projectUrl" },
		{ "IconUrl", "iconUrl" }, { "LicenseUrl", "licenseUrl" },
		{ "Copyright", "copyright" } };
	const json_t *r = held->record;
	char time[FERRY_TIME_TEXT];

	ferry_out_str(&v->out, "<m:properties>");
	put_text(v, "Id", ferry_nuget_said(r, "id"));
	put_text(v, "Version", ferry_nuget_said(r, "version"));
	put_text(v, "NormalizedVersion", held->key);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put_text(
		    v, texts[i].name, ferry_nuget_about(r, texts[i].member));
	put_dependencies(v, r);
	put_hash(v, r);
	ferry_out_fmt(&v->out,
	    "<d:Published m:type=\"Edm.DateTime\">%s</d:Published>"
	    "<d:DownloadCount m:type=\"Edm.Int32\">0</d:DownloadCount>",
	    published(held, time));
	put_bool(v, "IsLatestVersion", latest);
	put_bool(v, "IsAbsoluteLatestVersion", absolute);
	put_bool(v, "IsPrerelease", held->v.labels.n > 0);
	put_bool(v, "Listed", held->listed);
	put_bool(v, "RequireLicenseAcceptance",
	    json_is_true(json_object_get(
		json_object_get(r, "about"), "requireLicenseAcceptance")));
	ferry_out_str(&v->out, "</m:properties>");
}

static void
put_entry(struct v2 *v, const struct ferry_nuget_versions *versions,
    const struct ferry_nuget_held *held, const char *spaces)
{
	const json_t *r = held->record;
	struct ferry_bytes id = ferry_bytes_str(ferry_nuget_said(r, "id"));
	char time[FERRY_TIME_TEXT];

	ferry_out_fmt(&v->out, "<entry%s><id>", spaces);
	put_base(v);
	ferry_out_str(&v->out, "v2/Packages(Id='");
	ferry_out_html(&v->out, id);
	ferry_out_fmt(&v->out, "',Version='%s')</id>", held->key);
	ferry_out_str(&v->out,
	    "<category term=\"NuGetGallery.OData.V2FeedPackage\" "
	    "scheme=\"http://schemas.microsoft.com/ado/2007/08/dataservices/"
	    "scheme\" /><title type=\"text\">");
	ferry_out_html(&v->out, id);
	ferry_out_fmt(&v->out, "</title><updated>%s</updated><author><name>",
	    published(held, time));
	ferry_out_html(
	    &v->out, ferry_bytes_str(ferry_nuget_about(r, "authors")));
	ferry_out_str(&v->out,
	    "</name></author><content type=\"application/zip\" src=\"");
	put_base(v);
	ferry_out_str(&v->out, "v2/package/");
	ferry_out_url(&v->out, id);
	ferry_out_fmt(&v->out, "/%s\" />", held->key);
	put_properties(v, held,
	    held == ferry_nuget_versions_latest(versions, false, v->semver2),
	    held == ferry_nuget_versions_latest(versions, true, v->semver2));
	ferry_out_str(&v->out, "</entry>\n");
}

static void
put_feed_head(struct v2 *v, const char *title)
{

	ferry_out_fmt(&v->out, HEAD "<feed%s><id>", SPACES);
	put_base(v);
	ferry_out_fmt(&v->out,
	    "v2/%s</id><title type=\"text\">%s</title>"
	    "<updated>1970-01-01T00:00:00Z</updated>\n",
	    title, title);
}

static bool
is_shown(const struct v2 *v, const struct ferry_nuget_held *held)
{

	return v->semver2 || !held->semver2;
}

/* Answers */

/* Which versions of a package are asked for: what clients say to get the newest
 * one alone. */
struct choice {
	const struct ferry_nuget_held *only; /* if there is a filter */
	bool filtered, newest_first;
	uint64_t top;
};

static int
read_choice(struct choice *choice, const struct v2 *v,
    const struct ferry_nuget_versions *versions, struct ferry_error *err)
{
	struct ferry_buf filter = FERRY_BUF_INIT, order = FERRY_BUF_INIT;
	int rc = -1;

	*choice = (struct choice){ .top = ferry_request_query_u64(v->call->rq,
				       "$top", 0, 1U << 30, 1U << 30) };
	if (parameter(v->call->rq, "$filter", &filter, err) == 0 &&
	    parameter(v->call->rq, "$orderby", &order, err) == 0) {
		bool any = filter.n > 0 &&
		           strstr((char *)filter.p, "IsAbsoluteLatestVersion");

		choice->filtered =
		    any || (filter.n > 0 &&
			       strstr((char *)filter.p, "IsLatestVersion"));
		choice->only =
		    ferry_nuget_versions_latest(versions, any, v->semver2);
		choice->newest_first =
		    order.n > 0 && strstr((char *)order.p, "desc") != NULL;
		rc = 0;
	}
	ferry_buf_free(&filter);
	ferry_buf_free(&order);
	return rc;
}

static int
answer_versions(struct v2 *v, struct ferry_error *err)
{
	const struct ferry_call *call = v->call;
	struct ferry_nuget_versions versions;
	struct choice choice;

	if (ferry_nuget_versions_load(&versions, call->view,
		call->resource.package, call->owner, err) == -1 ||
	    read_choice(&choice, v, &versions, err) == -1) {
		ferry_nuget_versions_free(&versions);
		return -1;
	}
	put_feed_head(v, "FindPackagesById");
	for (size_t i = 0; i < versions.n && choice.top > 0; i++) {
		const struct ferry_nuget_held *held =
		    &versions
			 .list[choice.newest_first ? versions.n - 1 - i : i];

		if (!is_shown(v, held) ||
		    (choice.filtered && held != choice.only))
			continue;
		put_entry(v, &versions, held, "");
		choice.top--;
	}
	ferry_out_str(&v->out, "</feed>\n");
	ferry_nuget_versions_free(&versions);
	return 1;
}

static int
answer_one(struct v2 *v, struct ferry_error *err)
{
	const struct ferry_call *call = v->call;
	struct ferry_nuget_versions versions;
	int rc = ferry_nuget_versions_load(
	    &versions, call->view, call->resource.package, call->owner, err);

	for (size_t i = 0; i < versions.n && rc == 0; i++)
		if (strcmp(versions.list[i].key, call->resource.item) == 0) {
			ferry_out_str(&v->out, HEAD);
			put_entry(v, &versions, &versions.list[i], SPACES);
			rc = 1;
		}
	ferry_nuget_versions_free(&versions);
	return rc;
}

/* The newest of one that was found. */
static int
put_hit(
    struct v2 *v, const struct ferry_nuget_hit *hit, struct ferry_error *err)
{
	struct ferry_nuget_versions versions;
	const struct ferry_nuget_held *newest;
	int rc = ferry_nuget_versions_load(
	    &versions, v->call->view, hit->name, hit->owner, err);

	if (rc == 0 && (newest = ferry_nuget_versions_latest(
			    &versions, v->prerelease, v->semver2)) != NULL)
		put_entry(v, &versions, newest, "");
	ferry_nuget_versions_free(&versions);
	return rc;
}

static int
answer_search(struct v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, struct ferry_error *err)
{
	const struct ferry_request *rq = v->call->rq;
	struct ferry_nuget_hits hits = { .n = 0 };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_nuget_query query = { .type = "",
		.origin = v->call->resource.origin,
		.prerelease = v->prerelease,
		.semver2 = v->semver2,
		.skip = ferry_request_query_u64(rq, "$skip", 0, 1U << 30, 0),
		.take = ferry_request_query_u64(
		    rq, "$top", 0, TAKE_MAX, TAKE_DEFAULT) };
	int rc = parameter(rq, "searchTerm", &text, err);

	query.text = text.p == NULL ? "" : (const char *)text.p;
	if (rc == 0)
		rc = ferry_nuget_search(&hits, search, permit, &query, err);
	if (rc == 0 && v->call->resource.kind == FERRY_NUGET_V2_SEARCH_COUNT) {
		ferry_out_fmt(&v->out, "%llu", (unsigned long long)hits.total);
	} else if (rc == 0) {
		put_feed_head(v, "Search");
		for (size_t i = 0; i < hits.n && rc == 0; i++)
			rc = put_hit(v, &hits.list[i], err);
		ferry_out_str(&v->out, "</feed>\n");
	}
	ferry_nuget_hits_free(&hits);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 1;
}

static void
put_service(struct v2 *v)
{

	ferry_out_str(&v->out, HEAD "<service xml:base=\"");
	put_base(v);
	ferry_out_str(&v->out,
	    "v2/\" xmlns=\"http://www.w3.org/2007/app\" "
	    "xmlns:atom=\"http://www.w3.org/2005/Atom\"><workspace>"
	    "<atom:title>Default</atom:title><collection href=\"Packages\">"
	    "<atom:title>Packages</atom:title></collection></workspace>"
	    "</service>\n");
}

/* What can be asked: old clients look which functions there are. */
static const char metadata[] = HEAD
    "<edmx:Edmx Version=\"1.0\" "
    "xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\">"
    "<edmx:DataServices m:DataServiceVersion=\"2.0\" "
    "xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/"
    "metadata\"><Schema Namespace=\"NuGetGallery.OData\" "
    "xmlns=\"http://schemas.microsoft.com/ado/2006/04/edm\">"
    "<EntityType Name=\"V2FeedPackage\" m:HasStream=\"true\"><Key>"
    "<PropertyRef Name=\"Id\" /><PropertyRef Name=\"Version\" /></Key>"
    "<Property Name=\"Id\" Type=\"Edm.String\" Nullable=\"false\" />"
    "<Property Name=\"Version\" Type=\"Edm.String\" Nullable=\"false\" />"
    "<Property Name=\"NormalizedVersion\" Type=\"Edm.String\" />"
    "<Property Name=\"Authors\" Type=\"Edm.String\" />"
    "<Property Name=\"Title\" Type=\"Edm.String\" />"
    "<Property Name=\"Description\" Type=\"Edm.String\" />"
    "<Property Name=\"Summary\" Type=\"Edm.String\" />"
    "<Property Name=\"Tags\" Type=\"Edm.String\" />"
    "<Property Name=\"ProjectUrl\" Type=\"Edm.String\" />"
    "<Property Name=\"IconUrl\" Type=\"Edm.String\" />"
    "<Property Name=\"LicenseUrl\" Type=\"Edm.String\" />"
    "<Property Name=\"Copyright\" Type=\"Edm.String\" />"
    "<Property Name=\"Dependencies\" Type=\"Edm.String\" />"
    "<Property Name=\"PackageHash\" Type=\"Edm.String\" />"
    "<Property Name=\"PackageHashAlgorithm\" Type=\"Edm.String\" />"
    "<Property Name=\"PackageSize\" Type=\"Edm.Int64\" Nullable=\"false\" />"
    "<Property Name=\"Published\" Type=\"Edm.DateTime\" Nullable=\"false\" />"
    "<Property Name=\"DownloadCount\" Type=\"Edm.Int32\" Nullable=\"false\" />"
    "<Property Name=\"IsLatestVersion\" Type=\"Edm.Boolean\" "
    "Nullable=\"false\" />"
    "<Property Name=\"IsAbsoluteLatestVersion\" Type=\"Edm.Boolean\" "
    "Nullable=\"false\" />"
    "<Property Name=\"IsPrerelease\" Type=\"Edm.Boolean\" "
    "Nullable=\"false\" />"
    "<Property Name=\"Listed\" Type=\"Edm.Boolean\" Nullable=\"false\" />"
    "<Property Name=\"RequireLicenseAcceptance\" Type=\"Edm.Boolean\" "
    "Nullable=\"false\" /></EntityType>"
    "<EntityContainer Name=\"V2FeedContext\" "
    "m:IsDefaultEntityContainer=\"true\">"
    "<EntitySet Name=\"Packages\" "
    "EntityType=\"NuGetGallery.OData.V2FeedPackage\" />"
    "<FunctionImport Name=\"Search\" EntitySet=\"Packages\" "
    "ReturnType=\"Collection(NuGetGallery.OData.V2FeedPackage)\" "
    "m:HttpMethod=\"GET\">"
    "<Parameter Name=\"searchTerm\" Type=\"Edm.String\" />"
    "<Parameter Name=\"targetFramework\" Type=\"Edm.String\" />"
    "<Parameter Name=\"includePrerelease\" Type=\"Edm.Boolean\" />"
    "<Parameter Name=\"semVerLevel\" Type=\"Edm.String\" />"
    "</FunctionImport>"
    "<FunctionImport Name=\"FindPackagesById\" EntitySet=\"Packages\" "
    "ReturnType=\"Collection(NuGetGallery.OData.V2FeedPackage)\" "
    "m:HttpMethod=\"GET\">"
    "<Parameter Name=\"id\" Type=\"Edm.String\" />"
    "<Parameter Name=\"semVerLevel\" Type=\"Edm.String\" />"
    "</FunctionImport></EntityContainer></Schema></edmx:DataServices>"
    "</edmx:Edmx>\n";

static int
write_answer(struct v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, const char **type,
    struct ferry_error *err)
{

	switch ((enum ferry_nuget_kind)v->call->resource.kind) {
	case FERRY_NUGET_V2_SERVICE:
		put_service(v);
		return 1;
	case FERRY_NUGET_V2_METADATA:
		ferry_out_str(&v->out, metadata);
		return 1;
	case FERRY_NUGET_V2_PACKAGE:
		*type = ENTRY;
		return v->call->owner[0] == 0 ? 0 : answer_one(v, err);
	case FERRY_NUGET_V2_FIND:
		*type = FEED;
		if (v->call->owner[0] != 0)
			return answer_versions(v, err);
		/* What is not there is a feed without entries. */
		put_feed_head(v, "FindPackagesById");
		ferry_out_str(&v->out, "</feed>\n");
		return 1;
	case FERRY_NUGET_V2_SEARCH_COUNT:
		*type = "text/plain";
		return answer_search(v, search, permit, err);
	case FERRY_NUGET_V2_PACKAGES:
	case FERRY_NUGET_V2_SEARCH:
		*type = FEED;
		return answer_search(v, search, permit, err);
	default:
		return 0;
	}
}

int
ferry_nuget_answer_v2(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *type = XML;
	struct v2 v;
	int rc = begin(&v, call, &buf, err);

	if (rc == 0)
		rc = write_answer(&v, search, permit, &type, err);
	if (ferry_out_end(&v.out, err) == -1)
		rc = -1;
	if (rc == 1 && (rc = ferry_response_take(res, type, &buf, err)) == 1)
		ferry_response_header(res, "DataServiceVersion", "2.0");
	ferry_buf_free(&v.base);
	ferry_buf_free(&buf);
	return rc;
}
