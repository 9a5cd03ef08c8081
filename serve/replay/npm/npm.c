#include "serve/replay/npm/npm.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/document.h"
#include "serve/replay/format.h"
#include "serve/replay/npm/entry.h"
#include "serve/replay/npm/keys.h"
#include "serve/replay/npm/load.h"
#include "serve/replay/npm/login.h"
#include "serve/replay/npm/packument.h"
#include "serve/replay/npm/parts.h"
#include "serve/replay/npm/query.h"
#include "serve/replay/npm/tarball.h"
#include "serve/replay/npm/times.h"
#include "serve/replay/page.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"
#include "store/pull/message.h"

enum kind {
	ROOT,
	PING,
	WHOAMI,
	SEARCH,
	KEYS,
	AUDIT,
	ATTESTATIONS, /* item: the version */
	DIST_TAGS,
	PACKUMENT,
	VERSION, /* item: a version or a tag */
	FILE_, /* item: the whole path, with the query */
	UPSTREAM_PATH, /* item: the same, of which any part may be a package */
	LOGIN, /* with a token */
	SIGN_IN, /* with a password */
	LOGOUT,
};

#define JSON "application/json"
#define ABBREVIATED "application/vnd.npm.install-v1+json"

static const char *const prefixes[] = { "/npm/", "/_registry/npm/", NULL };
static const char *const hosts[] = { "npm.", NULL };

/* Paths */

/* Copy n bytes as a string.  Returns whether they fit and are a name: what
 * becomes a part of a catalog key and of messages. */
static bool
set(char *out, size_t room, const char *s, size_t n)
{

	if (n == 0 || n >= room || s[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	memcpy(out, s, n);
	out[n] = 0;
	return true;
}

/* The length of the package name that s starts with, or 0. */
static size_t
name_length(const char *s)
{
	size_t n = strcspn(s, "/"), m;

	if (s[0] != '@')
		return n;
	if (n < 2 || s[n] != '/')
		return 0;
	m = strcspn(s + n + 1, "/");
	return m == 0 ? 0 : n + 1 + m;
}

static int
set_package(struct ferry_resource *r, const char *s, size_t n)
{

	return set(r->package, sizeof(r->package), s, n) ? 1 : 0;
}

/* Below "-/": what belongs to the registry as a whole. */
static int
parse_service(struct ferry_resource *r, const char *s)
{
	static const char tags[] = "/dist-tags", package[] = "package/",
			  attestations[] = "npm/v1/attestations/",
			  user[] = "user/org.couchdb.user:",
			  token[] = "user/token/";
	size_t n = strlen(s);
	const char *at;

	r->action = FERRY_ACTION_SERVICE;
	if (strcmp(s, "ping") == 0) {
		r->kind = PING;
	} else if (strcmp(s, "whoami") == 0) {
		r->kind = WHOAMI;
		r->action = FERRY_ACTION_IDENTITY;
	} else if (strncmp(s, user, sizeof(user) - 1) == 0) {
		r->kind = LOGIN;
		r->action = FERRY_ACTION_IDENTITY;
	} else if (strncmp(s, token, sizeof(token) - 1) == 0) {
		r->kind = LOGOUT;
		r->action = FERRY_ACTION_SIGN;
	} else if (strcmp(s, "v1/search") == 0) {
		r->kind = SEARCH;
		r->action = FERRY_ACTION_LIST;
	} else if (strcmp(s, "npm/v1/keys") == 0) {
		r->kind = KEYS;
	} else if (strncmp(s, "npm/v1/security/", 16) == 0) {
		r->kind = AUDIT;
	} else if (strncmp(s, package, sizeof(package) - 1) == 0 &&
		   n > sizeof(package) + sizeof(tags) - 2 &&
		   strcmp(s + n - (sizeof(tags) - 1), tags) == 0) {
		r->kind = DIST_TAGS;
		r->action = FERRY_ACTION_READ;
		return set_package(r, s + sizeof(package) - 1,
		    n - (sizeof(package) - 1) - (sizeof(tags) - 1));
	} else if (strncmp(s, attestations, sizeof(attestations) - 1) == 0) {
		s += sizeof(attestations) - 1;
		at = strrchr(s, '@');
		if (at == NULL || at == s)
			return 0;
		r->kind = ATTESTATIONS;
		r->action = FERRY_ACTION_READ;
		return set(r->item, sizeof(r->item), at + 1, strlen(at + 1)) &&
		       set_package(r, s, (size_t)(at - s));
	} else {
		return 0;
	}
	return 1;
}

/* The path of a file, with the query: upstream's URLs may differ in that alone,
 * and lock files repeat them. */
static bool
set_path(struct ferry_resource *r, const char *s, struct ferry_bytes query)
{
	char whole[FERRY_ITEM_NAME];
	int n = snprintf(whole, sizeof(whole), "%s%s%.*s", s,
	    query.n > 0 ? "?" : "", (int)query.n, (const char *)query.p);

	return n > 0 && (size_t)n < sizeof(whole) &&
	       set(r->item, sizeof(r->item), whole, (size_t)n);
}

static int
parse_path(struct ferry_resource *r, const char *s, struct ferry_bytes query)
{
	const char *tail;
	size_t n;

	r->action = FERRY_ACTION_SERVICE;
	r->kind = ROOT;
	if (*s == 0)
		return 1;
	/* There is a package "-". */
	if (strncmp(s, "-/", 2) == 0 && strncmp(s, "-/-/", 4) != 0 &&
	    !isdigit((unsigned char)s[2]))
		return parse_service(r, s + 2);
	r->action = FERRY_ACTION_READ;
	if ((n = name_length(s)) == 0)
		return 0;
	tail = s + n;
	if (*tail == 0) {
		r->kind = PACKUMENT;
		return set_package(r, s, n);
	}
	if (strncmp(tail, "/-/", 3) == 0 && tail[3] != 0) {
		r->kind = FILE_;
		return set_path(r, s, query) && set_package(r, s, n);
	}
	if (strchr(tail + 1, '/') != NULL) {
		r->kind = UPSTREAM_PATH;
		return set_path(r, s, query);
	}
	r->kind = VERSION;
	return set(r->item, sizeof(r->item), tail + 1, strlen(tail + 1)) &&
	       set_package(r, s, n);
}

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	const struct ferry_request *rq = call->rq;
	struct ferry_resource *r = &call->resource;
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	/* Decoded first: "@s/n", "@s%2fn" and "@s%2Fn" are one name. */
	if (ferry_url_decode(&path, rest, err) == 0 &&
	    ferry_buf_adds(&path, "", err) == 0) {
		if (path.n > 1 && path.p[path.n - 1] == '/')
			path.p[--path.n] = 0;
		rc = parse_path(r, (const char *)path.p, rq->query);
	}
	if (rc == 1 && (r->kind == LOGIN || r->kind == LOGOUT) &&
	    ferry_request_reads(rq))
		rc = 0;
	/* What is malformed is so with any method; an audit writes nothing, and
	 * neither does a login. */
	r->any_method =
	    rc == -1 ||
	    (rc == 1 && r->kind == AUDIT && rq->method == FERRY_POST) ||
	    (rc == 1 && r->kind == LOGIN && rq->json.n > 0 &&
		strcmp(rq->method_text, "PUT") == 0) ||
	    (rc == 1 && r->kind == LOGOUT &&
		strcmp(rq->method_text, "DELETE") == 0);
	if (rc == 1 && r->kind == LOGIN && r->any_method &&
	    ferry_npm_login_by_password(rq)) {
		r->kind = SIGN_IN;
		r->action = FERRY_ACTION_SIGN;
	}
	ferry_buf_free(&path);
	return rc;
}

/* Who the client is, and whose package it wants */

static void
identify(struct ferry_call *call, const char *authorization)
{
	const struct ferry_resource *r = &call->resource;

	/* What is logged in with counts, not what was used before. */
	if (r->kind == LOGIN && r->action == FERRY_ACTION_IDENTITY)
		ferry_npm_login_identify(call);
	else
		ferry_access_identify(ferry_store_view_access(call->view),
		    r->action == FERRY_ACTION_SIGN ? NULL : authorization,
		    &call->identity);
}

static int
find_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{

	return ferry_view_owner(call->view, "npm", call->resource.package,
	    lookup, call->owner, err);
}

/*
 * A path of no shape that we know may be a tarball's path upstream, as lock
 * files have it: the package is one of the names in it.  Which it is, is
 * known by the version; of what may not be read none is looked at, and nobody
 * hears that it is here.
 */
static int
find_upstream_path(struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_digest file;
	const char *p = r->item;
	unsigned tries = 0;
	size_t n;
	int rc;

	for (; (n = name_length(p)) > 0 && p[n] != 0 && tries < 12; tries++) {
		if (set_package(r, p, n) == 1) {
			rc = find_owner(call, FERRY_LOOKUP_CACHED, err);
			if (rc == 1 && !ferry_view_may_read(call, "npm")) {
				(void)find_owner(
				    call, FERRY_LOOKUP_FRESH, &ignored);
				rc = 0;
			}
			if (rc == 1)
				rc = ferry_npm_tarball_find(call->view,
				    r->package, call->owner, r->item, &file,
				    err);
			if (rc != 0)
				return rc;
		}
		p += strcspn(p, "/");
		p += strspn(p, "/");
	}
	r->package[0] = call->owner[0] = 0;
	return 0;
}

static int
owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{

	return call->resource.kind == UPSTREAM_PATH &&
	               lookup == FERRY_LOOKUP_CACHED
	           ? find_upstream_path(call, err)
	           : find_owner(call, lookup, err);
}

/* Answers */

static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	const struct ferry_resource *r = &call->resource;
	char whole[FERRY_PACKAGE_NAME + FERRY_ITEM_NAME + 256];
	bool named = r->package[0] != 0 &&
	             (r->kind != UPSTREAM_PATH || call->owner[0] != 0);

	if (text == NULL)
		text = !named ? "this registry has no such URL"
		       : call->owner[0] == 0
		           ? "this package is not in the mirror"
		           : "this version or file is not in the mirror";
	if (status == 401 || status == 403) {
		(void)snprintf(whole, sizeof(whole), "%s: %.400s",
		    status == 401 ? "unauthenticated" : "permission_denied",
		    text);
		text = whole;
	}
	if (status == 404 && named) {
		bool item = r->kind == VERSION || r->kind == FILE_ ||
		            r->kind == UPSTREAM_PATH;

		(void)snprintf(whole, sizeof(whole), "%s%s%s: %.200s",
		    r->package, item ? " " : "", item ? r->item : "", text);
		text = whole;
	}
	ferry_response_json_error(res, status, text);
}

struct packument {
	const struct ferry_call *call;
	enum ferry_npm_form form;
};

static int
write_packument(
    void *ctx, struct ferry_buf *out, const char *base, struct ferry_error *err)
{
	const struct packument *p = ctx;
	const char *package = p->call->resource.package;
	struct ferry_buf upstream = FERRY_BUF_INIT;
	struct ferry_held held = { 0 };
	int rc = ferry_npm_load(
	    p->call->view, package, p->call->owner, &upstream, &held, err);

	if (rc == 1)
		rc = ferry_npm_document(out, ferry_bytes_buf(&upstream),
		    package, &held, p->form, base, err);
	ferry_held_free(&held);
	ferry_buf_free(&upstream);
	return rc;
}

/* A version's document, or the tags: a part of the full packument. */
static int
answer_part(const struct ferry_document *doc, struct ferry_response *res,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &doc->call->resource;
	struct ferry_body *whole;
	struct ferry_npm_part part;
	int rc = ferry_document_body(doc, &whole, err);

	if (rc != 1)
		return rc;
	rc = ferry_npm_part_find(
	    doc->call, whole, r->kind == VERSION ? r->item : NULL, &part, err);
	if (rc == 1)
		rc = ferry_document_answer_part(
		    doc->call, whole, part.offset, part.size, JSON, res, err);
	ferry_body_unref(whole);
	return rc;
}

/* The packument, or a part of it. */
static int
answer_document(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	const char *accept = ferry_request_header(call->rq, "Accept");
	bool abbreviated = r->kind == PACKUMENT && accept != NULL &&
	                   strstr(accept, ABBREVIATED) != NULL;
	struct packument packument = { call,
		abbreviated ? FERRY_NPM_ABBREVIATED : FERRY_NPM_FULL };
	const struct ferry_document doc = { .call = call,
		.format = "npm",
		.package = r->package,
		.name = abbreviated ? "abbreviated" : "full",
		.on_write = write_packument,
		.ctx = &packument };

	if (call->owner[0] == 0)
		return 0;
	return r->kind == PACKUMENT ? ferry_document_answer(&doc,
					  abbreviated ? ABBREVIATED : JSON,
					  "Accept, Accept-Encoding", res, err)
	                            : answer_part(&doc, res, err);
}

static int
answer_file(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_body *body;
	int rc;

	if (call->owner[0] == 0)
		return 0;
	rc = ferry_npm_tarball_body(call->view, call->resource.package,
	    call->owner, call->resource.item, &body, err);
	if (rc != 1)
		return rc;
	/* No Content-Encoding, ever: clients would unpack it once more. */
	ferry_response_body(res, "application/octet-stream", body);
	res->ranges = true;
	res->cache = "public, max-age=31536000, immutable";
	return 1;
}

static int
answer_search(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_npm_query(call->state, call->rq, permit, &buf, err) == 0)
		rc = ferry_response_take(res, JSON, &buf, err);
	ferry_buf_free(&buf);
	return rc;
}

static int
answer_whoami(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc =
	    ferry_span_quote(&name, ferry_bytes_str(call->identity.name), err);

	if (rc == 0)
		ferry_response_text(res, 200, JSON, "{\"username\":%s}\n",
		    (const char *)name.p);
	ferry_buf_free(&name);
	return rc == -1 ? -1 : 1;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{

	switch ((enum kind)call->resource.kind) {
	case ROOT:
		ferry_response_text(
		    res, 200, JSON, "{\"registry\":\"ferry\"}\n");
		return 1;
	case PING:
		ferry_response_text(res, 200, JSON, "{}\n");
		return 1;
	case SEARCH:
		return answer_search(call, permit, res, err);
	case KEYS:
		return ferry_npm_answer_keys(call, permit, res, err);
	case AUDIT:
		/* An empty answer would say "no vulnerabilities". */
		refuse(call, 404, "this mirror carries no security advisories",
		    res);
		return 1;
	case ATTESTATIONS:
		return ferry_npm_answer_attestations(call, res, err);
	case DIST_TAGS:
	case PACKUMENT:
	case VERSION:
		return answer_document(call, res, err);
	case FILE_:
	case UPSTREAM_PATH:
		return answer_file(call, res, err);
	case WHOAMI:
		return answer_whoami(call, res, err);
	case LOGIN:
		return ferry_npm_answer_login(call, res, err);
	case SIGN_IN:
		return ferry_npm_answer_sign_in(call, refuse, res, err);
	case LOGOUT:
		return ferry_npm_answer_logout(call, refuse, res, err);
	}
	return 0;
}

static void
write_token_page(const struct ferry_page *page)
{

	ferry_page_add(page, "npm, pnpm, yarn 1",
	    "# .npmrc\n//{host}/npm/:_authToken=TOKEN");
	ferry_page_add(page, "yarn",
	    "yarn config set npmAuthToken TOKEN\n"
	    "yarn config set npmAlwaysAuth true");
	ferry_page_add(page, "bun",
	    "# bunfig.toml\n[install]\n"
	    "registry = { url = \"{url}/npm/\", token = \"TOKEN\" }");
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN) {
		write_token_page(page);
		return;
	}
	ferry_page_add(page, "npm, pnpm", "npm config set registry {url}/npm/");
	ferry_page_add(page, "yarn 1",
	    "yarn config set registry {url}/npm/\n"
	    "# a yarn.lock that names another registry's host:\n"
	    "ferry lockfile rewrite yarn.lock --to {url}/npm/");
	ferry_page_add(page, "yarn",
	    page->plain
		? "yarn config set npmRegistryServer {url}/npm\n"
		  "yarn config set unsafeHttpWhitelist --json '[\"{name}\"]'"
		: "yarn config set npmRegistryServer {url}/npm");
	ferry_page_add(
	    page, "bun", "# bunfig.toml\n[install]\nregistry = \"{url}/npm/\"");
}

static int
start(void **state, struct ferry_store_view *view, uint64_t search_bytes,
    struct ferry_error *err)
{
	struct ferry_search *search;

	if (ferry_search_new(&search, view, "npm", ferry_npm_entry_make,
		search_bytes, err) == -1)
		return -1;
	*state = search;
	return 0;
}

/* What a client asks for after a document is one tarball. */
static bool
wants(const struct ferry_call *call, struct ferry_pull_want *want)
{
	const struct ferry_resource *r = &call->resource;
	char version[FERRY_ITEM_NAME];

	switch ((enum kind)r->kind) {
	case DIST_TAGS:
	case PACKUMENT:
	case VERSION:
		want->what = FERRY_PULL_DOCUMENT;
		return true;
	case FILE_:
		want->what = FERRY_PULL_VERSION;
		if (!ferry_npm_tarball_version(r->package, r->item, version) ||
		    strlen(version) >= sizeof(want->version))
			return false;
		memcpy(want->version, version, strlen(version) + 1);
		/* With a query it may be another file. */
		want->grows = strchr(r->item, '?') == NULL;
		return true;
	default:
		return false;
	}
}

const struct ferry_replay ferry_replay_npm = {
	.name = "npm",
	.format = "npm",
	.prefixes = prefixes,
	.hosts = hosts,
	.parse = parse,
	.identify = identify,
	.owner = owner,
	.answer = answer,
	.wants = wants,
	.refuse = refuse,
	.start = start,
	.changed = ferry_search_changed,
	.stop = ferry_search_free,
	.page = write_page,
	.times = ferry_npm_times,
};
