#include "serve/replay/nuget/nuget.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/format.h"
#include "serve/replay/nuget/files.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/query.h"
#include "serve/replay/nuget/registration.h"
#include "serve/replay/nuget/service.h"
#include "serve/replay/nuget/v2.h"
#include "serve/replay/nuget/versions.h"
#include "serve/replay/page.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/out.h"

#define TEXT "text/plain; charset=utf-8"

static const char *const prefixes[] = { "/nuget/", "/_registry/nuget/", NULL };
static const char *const hosts[] = { "nuget.", NULL };

/* An id that stands in the query. */
static int
parse_query_id(struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_buf id = FERRY_BUF_INIT;
	const char *text;
	int rc = ferry_request_query(call->rq, "id", &id, err);

	if (rc == 0 && r->kind == FERRY_NUGET_AUTOCOMPLETE)
		return 1;
	if (rc == 1 && ferry_buf_adds(&id, "", err) == -1)
		rc = -1;
	if (rc == 1) {
		text = (const char *)id.p;
		/* V2 puts it into quotes. */
		if (r->kind == FERRY_NUGET_V2_FIND && id.n > 1 &&
		    text[0] == '\'' && text[id.n - 1] == '\'') {
			id.p[--id.n] = 0;
			text++;
		}
		if (r->kind == FERRY_NUGET_AUTOCOMPLETE)
			r->kind = FERRY_NUGET_ENUMERATE;
		rc = ferry_nuget_path_set_id(r, text, err);
	}
	ferry_buf_free(&id);
	return rc;
}

/* Packages() of one id is what FindPackagesById() is. */
static int
parse_filter(struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT;
	int rc = ferry_nuget_v2_filter(call->rq, &id, err);

	if (rc == 1) {
		call->resource.kind = FERRY_NUGET_V2_FIND;
		rc = ferry_nuget_path_set_id(
		    &call->resource, id.p == NULL ? "" : (char *)id.p, err);
	} else if (rc == 0) {
		rc = 1;
	}
	ferry_buf_free(&id);
	return rc;
}

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_url_decode(&path, rest, err) == 0 &&
	    ferry_buf_adds(&path, "", err) == 0)
		rc = ferry_nuget_path_parse(&call->resource,
		    path.p == NULL ? "" : (const char *)path.p, err);
	if (rc == 1 && (call->resource.kind == FERRY_NUGET_AUTOCOMPLETE ||
			   call->resource.kind == FERRY_NUGET_V2_FIND))
		rc = parse_query_id(call, err);
	else if (rc == 1 && call->resource.kind == FERRY_NUGET_V2_PACKAGES)
		rc = parse_filter(call, err);
	ferry_buf_free(&path);
	return rc;
}

/* Clients show no bodies, only the status; people who look with curl do. */
static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	const struct ferry_resource *r = &call->resource;

	if (text == NULL)
		text = r->package[0] == 0 ? "this registry has no such URL"
		       : call->owner[0] == 0
		           ? "this package is not in the mirror"
		           : "this version or file is not in the mirror";
	if (status == 404 && r->package[0] != 0)
		ferry_response_text(
		    res, status, TEXT, "%s: %.300s\n", r->package, text);
	else
		ferry_response_text(res, status, TEXT, "%.500s\n", text);
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{

	switch ((enum ferry_nuget_kind)call->resource.kind) {
	case FERRY_NUGET_INDEX:
		return ferry_nuget_answer_index(call, res, err);
	case FERRY_NUGET_VULNERABILITIES:
	case FERRY_NUGET_VULNERABILITY_PAGE:
		return ferry_nuget_answer_vulnerabilities(call, res, err);
	case FERRY_NUGET_VERSIONS:
	case FERRY_NUGET_REGISTRATION:
	case FERRY_NUGET_PAGE:
	case FERRY_NUGET_LEAF:
	case FERRY_NUGET_ENTRY:
		return ferry_nuget_answer_document(call, res, err);
	case FERRY_NUGET_FILE:
		return ferry_nuget_answer_file(call, res, err);
	case FERRY_NUGET_QUERY:
	case FERRY_NUGET_AUTOCOMPLETE:
	case FERRY_NUGET_ENUMERATE:
		return ferry_nuget_answer_query(
		    call->state, call, permit, res, err);
	case FERRY_NUGET_V2_SERVICE:
	case FERRY_NUGET_V2_METADATA:
	case FERRY_NUGET_V2_FIND:
	case FERRY_NUGET_V2_PACKAGES:
	case FERRY_NUGET_V2_PACKAGE:
	case FERRY_NUGET_V2_SEARCH:
	case FERRY_NUGET_V2_SEARCH_COUNT:
		return ferry_nuget_answer_v2(
		    call->state, call, permit, res, err);
	}
	return 0;
}

static int
start(void **state, struct ferry_store_view *view, uint64_t search_bytes,
    struct ferry_error *err)
{
	struct ferry_search *search;

	if (ferry_search_new(&search, view, "nuget", ferry_nuget_search_entry,
		search_bytes, err) == -1)
		return -1;
	*state = search;
	return 0;
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN) {
		ferry_page_add(page, "dotnet, nuget",
		    "<!-- nuget.config, in <configuration> -->\n"
		    "<packageSourceCredentials>\n  <ferry>\n"
		    "    <add key=\"Username\" value=\"ferry\" />\n"
		    "    <add key=\"ClearTextPassword\" value=\"TOKEN\" />\n"
		    "  </ferry>\n</packageSourceCredentials>");
		return;
	}
	ferry_page_add(page, "dotnet, nuget",
	    page->plain
		? "<!-- nuget.config -->\n"
		  "<configuration>\n  <packageSources>\n    <clear />\n"
		  "    <add key=\"ferry\" value=\"{url}/nuget/index.json\" "
		  "allowInsecureConnections=\"true\" />\n"
		  "  </packageSources>\n</configuration>"
		: "<!-- nuget.config -->\n"
		  "<configuration>\n  <packageSources>\n    <clear />\n"
		  "    <add key=\"ferry\" value=\"{url}/nuget/index.json\" />\n"
		  "  </packageSources>\n</configuration>");
	ferry_page_add(page,
	    "dotnet: signatures, without asking the internet for revocations",
	    "export NUGET_CERT_REVOCATION_MODE=offline");
}

static int
times(struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_times *out, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_versions versions;
	int64_t at;
	int rc =
	    ferry_nuget_versions_load(&versions, view, package, owner, err);

	if (rc == 0 && (out->versions = json_object()) == NULL)
		rc = ferry_error_set(err, FERRY_ENOMEM, "no memory");
	for (size_t i = 0; i < versions.n && rc == 0; i++)
		if (ferry_time_parse(&at,
			ferry_bytes_str(ferry_nuget_said(
			    versions.list[i].record, "published")),
			&ignored) == 0)
			rc = ferry_json_set(out->versions, versions.list[i].key,
			    json_integer((json_int_t)at), err);
	ferry_nuget_versions_free(&versions);
	return rc;
}

const struct ferry_replay ferry_replay_nuget = {
	.name = "nuget",
	.format = "nuget",
	.prefixes = prefixes,
	.hosts = hosts,
	.parse = parse,
	.owner = ferry_nuget_owner,
	.answer = answer,
	.wants = ferry_nuget_wants,
	.supplies = ferry_nuget_supplies,
	.refuse = refuse,
	.start = start,
	.changed = ferry_search_changed,
	.stop = ferry_search_free,
	.page = write_page,
	.times = times,
};
