#include "serve/replay/nuget/v2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/http/http.h"
#include "serve/replay/nuget/odata.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/query.h"
#include "serve/replay/nuget/v2_entry.h"
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
#define TAKE_DEFAULT 30
#define TAKE_MAX 100
#define SKIP_MAX 10000
#define LOOKED_MAX 10000 /* versions that one search looks at */
#define ALL (1U << 30)

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

			if (at == NULL || strstr(at, " or ") != NULL ||
			    strstr((char *)filter.p, "not") != NULL)
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
begin(struct ferry_nuget_v2 *v, const struct ferry_call *call,
    struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_buf level = FERRY_BUF_INIT, pre = FERRY_BUF_INIT;
	int rc = -1;

	*v = (struct ferry_nuget_v2){ .call = call };
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
put_feed_head(struct ferry_nuget_v2 *v, const char *title)
{

	ferry_out_fmt(&v->out, HEAD "<feed%s><id>", FERRY_NUGET_V2_SPACES);
	ferry_nuget_v2_base(v);
	ferry_out_fmt(&v->out,
	    "v2/%s</id><title type=\"text\">%s</title>"
	    "<updated>1970-01-01T00:00:00Z</updated>\n",
	    title, title);
}

/* Answers */

/* Which entries are asked for, and in which order. */
struct choice {
	struct ferry_buf filter; /* "": all */
	bool newest_first;
	uint64_t skip, top;
	uint64_t looked; /* versions so far */
};

static int
read_choice(struct choice *choice, const struct ferry_request *rq, uint64_t top,
    uint64_t top_max, struct ferry_error *err)
{
	struct ferry_buf order = FERRY_BUF_INIT;
	int rc = -1;

	*choice = (struct choice){ .filter = FERRY_BUF_INIT,
		.skip = ferry_request_query_u64(rq, "$skip", 0, ALL, 0),
		.top = ferry_request_query_u64(rq, "$top", 0, top_max, top) };
	if (ferry_request_query(rq, "$filter", &choice->filter, err) != -1 &&
	    ferry_buf_adds(&choice->filter, "", err) == 0 &&
	    parameter(rq, "$orderby", &order, err) == 0) {
		choice->newest_first = strstr((char *)order.p, "desc") != NULL;
		if (choice->skip > SKIP_MAX)
			choice->top = 0;
		rc = 0;
	}
	ferry_buf_free(&order);
	return rc;
}

/* Write those of a package's versions that are chosen, and count them off.
 * Returns: 0, -1. */
static int
put_chosen(struct ferry_nuget_v2 *v, struct choice *choice,
    const struct ferry_nuget_versions *versions, bool listed,
    struct ferry_error *err)
{
	const struct ferry_nuget_held *latest =
	    ferry_nuget_versions_latest(versions, false, v->semver2);
	const struct ferry_nuget_held *absolute =
	    ferry_nuget_versions_latest(versions, true, v->semver2);

	for (size_t i = 0; i < versions->n && choice->top > 0; i++) {
		const struct ferry_nuget_held *held =
		    &versions
			 ->list[choice->newest_first ? versions->n - 1 - i : i];
		struct ferry_odata_entry entry = { held, held == latest,
			held == absolute };
		int rc;

		if ((held->semver2 && !v->semver2) ||
		    (listed && (!held->listed ||
				   (!v->prerelease && held->v.labels.n > 0))))
			continue;
		rc = ferry_odata_holds(
		    (const char *)choice->filter.p, &entry, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		if (choice->skip > 0) {
			choice->skip--;
			continue;
		}
		ferry_nuget_v2_entry(v, versions, held, "");
		choice->top--;
	}
	return 0;
}

static int
answer_versions(struct ferry_nuget_v2 *v, struct ferry_error *err)
{
	const struct ferry_call *call = v->call;
	struct ferry_nuget_versions versions;
	struct choice choice = { .filter = FERRY_BUF_INIT };
	int rc = ferry_nuget_versions_load(
	    &versions, call->view, call->resource.package, call->owner, err);

	if (rc == 0)
		rc = read_choice(&choice, call->rq, ALL, ALL, err);
	put_feed_head(v, "FindPackagesById");
	if (rc == 0)
		rc = put_chosen(v, &choice, &versions, false, err);
	ferry_out_str(&v->out, "</feed>\n");
	ferry_buf_free(&choice.filter);
	ferry_nuget_versions_free(&versions);
	return rc == -1 ? -1 : 1;
}

static int
answer_one(struct ferry_nuget_v2 *v, struct ferry_error *err)
{
	const struct ferry_call *call = v->call;
	struct ferry_nuget_versions versions;
	int rc = ferry_nuget_versions_load(
	    &versions, call->view, call->resource.package, call->owner, err);

	for (size_t i = 0; i < versions.n && rc == 0; i++)
		if (strcmp(versions.list[i].key, call->resource.item) == 0) {
			ferry_out_str(&v->out, HEAD);
			ferry_nuget_v2_entry(v, &versions, &versions.list[i],
			    FERRY_NUGET_V2_SPACES);
			rc = 1;
		}
	ferry_nuget_versions_free(&versions);
	return rc;
}

/* Clients that search want the newest version of each package, and say so by
 * one of two filters: then a page of packages is a page of entries. */
static bool
wants_newest(const struct choice *choice)
{
	const char *filter = (const char *)choice->filter.p;

	return strcmp(filter, "IsLatestVersion") == 0 ||
	       strcmp(filter, "IsAbsoluteLatestVersion") == 0;
}

static int
put_hit(struct ferry_nuget_v2 *v, const struct ferry_nuget_hit *hit,
    struct choice *choice, struct ferry_error *err)
{
	struct ferry_nuget_versions versions;
	const struct ferry_nuget_held *newest;
	int rc = ferry_nuget_versions_load(
	    &versions, v->call->view, hit->name, hit->owner, err);

	choice->looked += versions.n;
	if (rc == 0 && choice->looked > LOOKED_MAX)
		rc = ferry_error_set(err, FERRY_ELIMIT,
		    "$filter: so little of %d versions fits that the search "
		    "ends; say more in searchTerm",
		    LOOKED_MAX);
	else if (rc == 0 && !wants_newest(choice))
		rc = put_chosen(v, choice, &versions, true, err);
	else if (rc == 0 && (newest = ferry_nuget_versions_latest(
				 &versions, v->prerelease, v->semver2)) != NULL)
		ferry_nuget_v2_entry(v, &versions, newest, "");
	ferry_nuget_versions_free(&versions);
	return rc;
}

/* One page of packages.  Returns: how many there were; -1. */
static int
put_hits(struct ferry_nuget_v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, const struct ferry_nuget_query *query,
    struct choice *choice, struct ferry_error *err)
{
	struct ferry_nuget_hits hits = { .n = 0 };
	int rc = ferry_nuget_search(&hits, search, permit, query, err);
	int n = (int)hits.n;

	for (size_t i = 0; i < hits.n && rc == 0 && choice->top > 0; i++)
		rc = put_hit(v, &hits.list[i], choice, err);
	ferry_nuget_hits_free(&hits);
	return rc == -1 ? -1 : n;
}

static int
put_count(struct ferry_nuget_v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, const struct ferry_nuget_query *query,
    struct ferry_error *err)
{
	struct ferry_nuget_hits hits = { .n = 0 };
	int rc = ferry_nuget_search(&hits, search, permit, query, err);

	ferry_out_fmt(&v->out, "%llu", (unsigned long long)hits.total);
	ferry_nuget_hits_free(&hits);
	return rc;
}

static int
put_found(struct ferry_nuget_v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, struct ferry_nuget_query *query,
    struct choice *choice, struct ferry_error *err)
{
	int n;

	if (wants_newest(choice)) {
		query->skip = choice->skip;
		query->take = choice->top;
		return put_hits(v, search, permit, query, choice, err);
	}
	query->take = TAKE_MAX;
	do {
		n = put_hits(v, search, permit, query, choice, err);
		query->skip += TAKE_MAX;
	} while (n == TAKE_MAX && choice->top > 0 && query->skip < SKIP_MAX);
	return n;
}

/* Returns: 1, -1. */
static int
answer_search(struct ferry_nuget_v2 *v, struct ferry_search *search,
    const struct ferry_permit *permit, struct ferry_error *err)
{
	const struct ferry_request *rq = v->call->rq;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_nuget_query query = { .type = "",
		.origin = v->call->resource.origin,
		.prerelease = v->prerelease,
		.semver2 = v->semver2 };
	struct choice choice = { .filter = FERRY_BUF_INIT };
	int rc = parameter(rq, "searchTerm", &text, err);

	if (rc == 0)
		rc = read_choice(&choice, rq, TAKE_DEFAULT, TAKE_MAX, err);
	query.text = (const char *)text.p;
	if (rc == 0 && v->call->resource.kind == FERRY_NUGET_V2_SEARCH_COUNT) {
		rc = put_count(v, search, permit, &query, err);
	} else if (rc == 0) {
		put_feed_head(v, "Search");
		rc = put_found(v, search, permit, &query, &choice, err);
		ferry_out_str(&v->out, "</feed>\n");
	}
	ferry_buf_free(&choice.filter);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 1;
}

static void
put_service(struct ferry_nuget_v2 *v)
{

	ferry_out_str(&v->out, HEAD "<service xml:base=\"");
	ferry_nuget_v2_base(v);
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
write_answer(struct ferry_nuget_v2 *v, struct ferry_search *search,
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
	struct ferry_nuget_v2 v;
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
