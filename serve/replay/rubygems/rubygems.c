#include "serve/replay/rubygems/rubygems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/document.h"
#include "serve/replay/format.h"
#include "serve/replay/page.h"
#include "serve/replay/rubygems/api.h"
#include "serve/replay/rubygems/files.h"
#include "serve/replay/rubygems/index.h"
#include "serve/replay/rubygems/info.h"
#include "serve/replay/rubygems/lists.h"
#include "serve/replay/rubygems/path.h"
#include "serve/replay/rubygems/upstreams.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/out.h"

#define TEXT "text/plain; charset=utf-8"
#define BINARY "application/octet-stream"

static const char *const prefixes[] = { "/rubygems/", "/_registry/rubygems/",
	NULL };
static const char *const hosts[] = { "rubygems.", NULL };

struct gems {
	struct ferry_gem_index *index;
	struct ferry_gem_lists *lists;
	struct ferry_search *search;
};

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_url_decode(&path, rest, err) == 0 &&
	    ferry_buf_adds(&path, "", err) == 0)
		rc = ferry_gem_path_parse(&call->resource,
		    path.p == NULL ? "" : (const char *)path.p);
	ferry_buf_free(&path);
	return rc;
}

/* gem prints what it is told about a push, and nothing else of bodies. */
static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	const struct ferry_resource *r = &call->resource;

	if (text == NULL)
		text = r->package[0] == 0 && r->item[0] == 0
		           ? "this registry has no such URL"
		       : call->owner[0] == 0
		           ? "this gem is not in the mirror"
		           : "this version or file is not in the mirror";
	if (status == 404 && (r->item[0] != 0 || r->package[0] != 0))
		ferry_response_text(res, status, TEXT, "%s: %.300s\n",
		    r->item[0] != 0 ? r->item : r->package, text);
	else
		ferry_response_text(res, status, TEXT, "%.500s\n", text);
}

/* Documents of the compact index */

/* Whether the client takes the packed form; a part of it would be of no use. */
static bool
takes_packed(const struct ferry_call *call)
{

	return ferry_request_takes_gzip(call->rq) &&
	       ferry_request_header(call->rq, "Range") == NULL;
}

static void
answer_text(struct ferry_response *res, struct ferry_body *body, bool packed)
{

	ferry_response_body(res, TEXT, body);
	res->encoding = packed ? "gzip" : NULL;
	res->ranges = !packed;
	res->vary = "Accept-Encoding";
	res->cache = "no-cache";
}

static int
make_info(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	struct ferry_gem_info info = { .n = 0 };
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_gem_info_load(&info, call->view, call->resource.package,
		call->owner, err) == 0 &&
	    ferry_gem_info_text(&info, &text, err) == 0 &&
	    ferry_gem_body(out, &text, err) == 0)
		rc = 1;
	ferry_gem_info_free(&info);
	ferry_buf_free(&text);
	return rc;
}

static int
info_body(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err)
{

	return ferry_store_view_get(call->view, out, make_info,
	    (void *)(uintptr_t)call, err, "rubygems", call->resource.package,
	    "info", call->owner, NULL);
}

/* ETag and digest stay those of what clients unpack. */
static int
make_packed_info(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_buf packed = FERRY_BUF_INIT;
	struct ferry_body *body = NULL;
	int rc = info_body(ctx, &body, err);

	if (rc == 1 && (ferry_document_gzip(ferry_bytes_buf(&body->bytes),
			    &packed, err) == -1 ||
			   ferry_body_new(out, &packed, err) == -1))
		rc = -1;
	if (rc == 1) {
		memcpy((*out)->etag, body->etag, sizeof(body->etag));
		memcpy((*out)->digest, body->digest, sizeof(body->digest));
	}
	ferry_body_unref(body);
	ferry_buf_free(&packed);
	return rc;
}

static int
answer_info(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	bool packed = takes_packed(call);
	struct ferry_body *body = NULL;
	int rc;

	if (call->owner[0] == 0)
		return 0;
	rc = !packed
	         ? info_body(call, &body, err)
	         : ferry_store_view_get(call->view, &body, make_packed_info,
		       (void *)(uintptr_t)call, err, "rubygems",
		       call->resource.package, "info gzip", call->owner, NULL);
	if (rc == 1)
		answer_text(res, body, packed);
	return rc;
}

/* Lists */

/* Nothing is to be seen for this client: an empty index would tell it that
 * what it has was taken away by its authors. */
static int
refuse_empty(const struct ferry_call *call, struct ferry_response *res)
{

	if (!ferry_access_restricts(ferry_store_view_access(call->view)))
		return call->resource.origin[0] == 0 ? -1 : 0;
	if (call->identity.claim.kind == FERRY_CLAIM_NONE) {
		refuse(call, 401, "log in to see gems here", res);
		ferry_response_header(
		    res, "WWW-Authenticate", "Basic realm=\"ferry\"");
	} else {
		refuse(
		    call, 403, "there are no gems here that you may read", res);
	}
	res->cache = "no-store";
	return 1;
}

/* `gem` asks for what is newer than its copy, and takes 304 for it. */
static void
add_last_modified(struct ferry_response *res, time_t at)
{
	char text[64];
	struct tm tm;

	if (gmtime_r(&at, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		ferry_response_header(res, "Last-Modified", text);
}

/* With what upstreams list that are pulled through. */
static int
add_upstreams(const struct ferry_call *call, const struct ferry_permit *permit,
    enum ferry_gem_form form, struct ferry_gem_list *list,
    struct ferry_error *err)
{
	struct ferry_body *body = NULL;
	int rc = ferry_gem_upstream_versions(
	    call, permit, list->body, form, &body, err);

	if (rc != 1)
		return rc;
	/* What may not be read adds nothing. */
	list->empty = list->empty && form == FERRY_GEM_PLAIN &&
	              body->size == list->body->size;
	ferry_body_unref(list->body);
	list->body = body;
	return 1;
}

static int
answer_list(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct gems *gems = call->state;
	enum ferry_gem_kind kind = (enum ferry_gem_kind)call->resource.kind;
	bool text = kind == FERRY_GEM_VERSIONS || kind == FERRY_GEM_NAMES;
	bool packed = text ? takes_packed(call) : true;
	enum ferry_gem_form form = packed ? FERRY_GEM_PACKED : FERRY_GEM_PLAIN;
	struct ferry_gem_list list = { NULL, 0, false };
	bool pulled = kind == FERRY_GEM_VERSIONS && call->asker != NULL;
	int rc = ferry_gem_lists_get(gems->lists, call, permit,
	    pulled ? FERRY_GEM_PLAIN : form, &list, err);

	if (rc == 0 && pulled &&
	    (rc = add_upstreams(call, permit, form, &list, err)) == 0) {
		ferry_body_unref(list.body);
		list.body = NULL;
		rc = ferry_gem_lists_get(
		    gems->lists, call, permit, form, &list, err);
	}
	if (rc == -1) {
		ferry_body_unref(list.body);
		return -1;
	}
	if (list.empty && (rc = refuse_empty(call, res)) != -1) {
		ferry_body_unref(list.body);
		return rc;
	}
	if (text) {
		answer_text(res, list.body, packed);
	} else {
		ferry_response_body(res, BINARY, list.body);
		res->cache = "no-cache";
		add_last_modified(res, list.made_at);
	}
	return 1;
}

/* Files */

static int
answer_file(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_body *body = NULL;
	int rc;

	if (call->owner[0] == 0)
		return 0;
	if ((rc = ferry_gem_file(call, &body, err)) != 1)
		return rc;
	ferry_response_body(res, BINARY, body);
	res->ranges = true;
	res->cache = "public, max-age=31536000, immutable";
	return 1;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct gems *gems = call->state;

	switch ((enum ferry_gem_kind)call->resource.kind) {
	case FERRY_GEM_ROOT:
		/* HEAD / is how old clients find out whether there is a compact
		 * index. */
		ferry_response_text(res, 200, TEXT, "ferry\n");
		return 1;
	case FERRY_GEM_VERSIONS:
	case FERRY_GEM_NAMES:
	case FERRY_GEM_SPECS:
	case FERRY_GEM_LATEST_SPECS:
	case FERRY_GEM_PRERELEASE_SPECS:
		return answer_list(call, permit, res, err);
	case FERRY_GEM_INFO:
		return answer_info(call, res, err);
	case FERRY_GEM_FILE:
		return answer_file(call, res, err);
	case FERRY_GEM_API_GEM:
	case FERRY_GEM_API_VERSIONS:
	case FERRY_GEM_API_LATEST:
		return ferry_gem_answer_api(call, res, err);
	case FERRY_GEM_API_SEARCH:
		return ferry_gem_answer_search(
		    gems->search, call, permit, res, err);
	case FERRY_GEM_API_DEPENDENCIES:
		/* An empty list would hide every gem. */
		refuse(call, 404, "use the compact index instead", res);
		return 1;
	}
	return 0;
}

/* State */

static void
stop(void *state)
{
	struct gems *gems = state;

	if (gems == NULL)
		return;
	ferry_gem_lists_free(gems->lists);
	ferry_gem_index_free(gems->index);
	ferry_search_free(gems->search);
	free(gems);
}

static int
start(void **state, struct ferry_store_view *view, uint64_t search_bytes,
    struct ferry_error *err)
{
	struct gems *gems;

	if (ferry_calloc(&gems, 1, sizeof(*gems), err) == -1)
		return -1;
	if (ferry_gem_index_new(&gems->index, view, err) == -1 ||
	    ferry_gem_lists_new(&gems->lists, gems->index, err) == -1 ||
	    ferry_search_new(&gems->search, view, "rubygems",
		ferry_gem_search_entry, search_bytes, err) == -1) {
		stop(gems);
		return -1;
	}
	*state = gems;
	return 0;
}

static void
changed(void *state, const char *package)
{
	struct gems *gems = state;

	ferry_gem_index_changed(gems->index, package);
	ferry_search_changed(gems->search, package);
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN) {
		ferry_page_add(page, "Bundler",
		    page->plain
			? "bundle config set mirror.all "
			  "http://ferry:TOKEN@{host}/rubygems/\n\n"
			  "# or for the source in the Gemfile:\n"
			  "bundle config set {url}/rubygems/ ferry:TOKEN"
			: "bundle config set mirror.all "
			  "https://ferry:TOKEN@{host}/rubygems/\n\n"
			  "# or for the source in the Gemfile:\n"
			  "bundle config set {url}/rubygems/ ferry:TOKEN");
		ferry_page_add(page, "gem",
		    page->plain ? "gem sources --clear-all --add "
				  "http://ferry:TOKEN@{host}/rubygems/"
				: "gem sources --clear-all --add "
				  "https://ferry:TOKEN@{host}/rubygems/");
		return;
	}
	ferry_page_add(page, "Bundler",
	    "bundle config set mirror.all {url}/rubygems/\n\n"
	    "# or in the Gemfile:\nsource \"{url}/rubygems/\"");
	ferry_page_add(
	    page, "gem", "gem sources --clear-all --add {url}/rubygems/");
}

const struct ferry_replay ferry_replay_rubygems = {
	.name = "rubygems",
	.format = "rubygems",
	.prefixes = prefixes,
	.hosts = hosts,
	.parse = parse,
	.owner = ferry_gem_owner,
	.answer = answer,
	.wants = ferry_gem_wants,
	.supplies = ferry_gem_supplies,
	.refuse = refuse,
	.start = start,
	.changed = changed,
	.stop = stop,
	.page = write_page,
	.times = ferry_gem_times,
};
