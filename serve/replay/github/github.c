#include "serve/replay/github/github.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/format.h"
#include "serve/replay/github/find.h"
#include "serve/replay/github/json.h"
#include "serve/replay/github/version.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "store/access/user_token.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"

#define TYPES_MAX 16 /* of GitHub's packages */
#define JSON "application/json; charset=utf-8"
#define PER_PAGE 30
#define PER_PAGE_MAX 100
#define DOCUMENTATION "https://docs.github.com/rest/packages/packages"

static const char *const prefixes[] = { "/api/v3/", NULL };
static const char *const hosts[] = { "api.", NULL };

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	static const enum ferry_action actions[] = { [FERRY_GITHUB_ROOT] =
							 FERRY_ACTION_SERVICE,
		[FERRY_GITHUB_USER] = FERRY_ACTION_IDENTITY,
		[FERRY_GITHUB_PACKAGES] = FERRY_ACTION_LIST,
		[FERRY_GITHUB_PACKAGE] = FERRY_ACTION_READ,
		[FERRY_GITHUB_VERSIONS] = FERRY_ACTION_READ,
		[FERRY_GITHUB_VERSION] = FERRY_ACTION_READ,
		[FERRY_GITHUB_CONFLICTS] = FERRY_ACTION_LIST };
	struct ferry_resource *r = &call->resource;
	const struct ferry_format *format;
	struct ferry_github_path path;

	(void)rest;
	(void)err;
	ferry_github_path_of(call, &path);
	/* Packages of a format that is not held here are not there, in
	 * whatever format one looks. */
	format = ferry_github_format(path.type);
	r->format = (format == NULL ? ferry_format_at(0) : format)->name;
	r->login = r->hides = true;
	r->kind = path.endpoint;
	if (path.endpoint == FERRY_GITHUB_NOTHING)
		return 0;
	r->action = actions[path.endpoint];
	if (path.endpoint == FERRY_GITHUB_VERSION)
		(void)snprintf(
		    r->item, sizeof(r->item), "%" PRIu64, path.version);
	return 1;
}

/* Answers */

static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf quoted = FERRY_BUF_INIT;

	if (status == 404)
		text = "Not Found";
	else if (status == 401)
		text = call->identity.claim.kind == FERRY_CLAIM_NONE
		           ? "Requires authentication"
		           : "Bad credentials";
	(void)ferry_span_quote(
	    &quoted, ferry_bytes_str(text == NULL ? "" : text), &err);
	ferry_response_text(res, status, JSON,
	    "{\"message\":%s,\"documentation_url\":\"" DOCUMENTATION
	    "\",\"status\":\"%u\"}\n",
	    quoted.n == 0 ? "\"\"" : (const char *)quoted.p, status);
	ferry_buf_free(&quoted);
}

struct place {
	struct ferry_buf api, pages;
	struct ferry_github_urls urls;
};

static int
find_place(
    const struct ferry_call *call, struct place *out, struct ferry_error *err)
{
	struct ferry_buf origin = FERRY_BUF_INIT;
	const char *p;
	int rc = -1;

	*out = (struct place){ FERRY_BUF_INIT, FERRY_BUF_INIT, { NULL, NULL } };
	if (ferry_view_base(call, &out->api, err) == -1 ||
	    ferry_view_origin(call->site, call->rq, &origin, err) == -1)
		goto out;
	p = (const char *)origin.p;
	/* api.HOST's pages are HOST's. */
	if (call->own_host && call->site->public_url == NULL) {
		const char *host = strstr(p, "://") + 3;

		if (ferry_buf_addf(&out->pages, err, "%.*s%s", (int)(host - p),
			p, host + strlen(hosts[0])) == -1)
			goto out;
	} else if (ferry_buf_adds(&out->pages, p, err) == -1) {
		goto out;
	}
	out->urls = (struct ferry_github_urls){ (const char *)out->api.p,
		(const char *)out->pages.p };
	rc = 0;
out:
	ferry_buf_free(&origin);
	return rc;
}

static void
place_free(struct place *place)
{

	ferry_buf_free(&place->api);
	ferry_buf_free(&place->pages);
}

/* Takes value; NULL is no memory. */
static int
answer_json(json_t *value, struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = -1;

	if (value == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_json_add(&buf, value, err) == 0)
		rc = ferry_response_take(res, JSON, &buf, err);
	ferry_buf_free(&buf);
	json_decref(value);
	return rc;
}

static int
answer_user(const struct ferry_call *call, const struct ferry_github_urls *urls,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_identity *who = &call->identity;

	if (who->claim.kind != FERRY_CLAIM_USER) {
		refuse(call, 403,
		    "this is a workflow's token, which is no user's", res);
		return 1;
	}
	return answer_json(
	    ferry_github_user_json(urls, who->claim.user, who->name, false),
	    res, err);
}

/* Pages */

struct pages {
	uint64_t page, per_page;
	size_t n; /* of all there are */
	size_t from, to;
};

static void
read_pages(const struct ferry_call *call, size_t n, struct pages *out)
{
	uint64_t from;

	out->n = n;
	out->page = ferry_request_query_u64(call->rq, "page", 1, 1000000000, 1);
	out->per_page = ferry_request_query_u64(
	    call->rq, "per_page", 1, PER_PAGE_MAX, PER_PAGE);
	from = (out->page - 1) * out->per_page;
	out->from = from > n ? n : (size_t)from;
	out->to = n - out->from > out->per_page
	              ? out->from + (size_t)out->per_page
	              : n;
}

static int
add_link(struct ferry_buf *buf, const struct ferry_call *call,
    const char *query, const struct pages *pages, uint64_t page,
    const char *rel, struct ferry_error *err)
{
	struct ferry_bytes path = call->rq->path;
	struct ferry_buf origin = FERRY_BUF_INIT;
	int rc = -1;

	if (path.n <= 600 &&
	    (call->own_host ? ferry_view_base(call, &origin, err)
			    : ferry_view_origin(
				  call->site, call->rq, &origin, err)) == 0)
		rc = ferry_buf_addf(buf, err,
		    "%s<%.*s%.*s?%s%sper_page=%" PRIu64 "&page=%" PRIu64
		    ">; rel=\"%s\"",
		    buf->n == 0 ? "" : ", ",
		    (int)(origin.n - (call->own_host ? 1 : 0)),
		    (const char *)origin.p, (int)path.n, (const char *)path.p,
		    query, *query == 0 ? "" : "&", pages->per_page, page, rel);
	ferry_buf_free(&origin);
	return path.n > 600 ? 0 : rc;
}

/* query is what else the next page must be asked for. */
static int
add_links(const struct ferry_call *call, const char *query,
    const struct pages *p, struct ferry_response *res, struct ferry_error *err)
{
	uint64_t last = p->n == 0 ? 1 : (p->n - 1) / p->per_page + 1;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = -1;

	if (p->page > 1 &&
	    (add_link(&buf, call, query, p,
		 p->page - 1 > last ? last : p->page - 1, "prev", err) == -1 ||
		add_link(&buf, call, query, p, 1, "first", err) == -1))
		goto out;
	if (p->page < last &&
	    (add_link(&buf, call, query, p, p->page + 1, "next", err) == -1 ||
		add_link(&buf, call, query, p, last, "last", err) == -1))
		goto out;
	if (buf.n > 0)
		ferry_response_header(res, "Link", (const char *)buf.p);
	rc = 0;
out:
	ferry_buf_free(&buf);
	return rc;
}

/* A field of the query that is one of words, which are literals: 1 and *out, 0
 * if it is not there, or -1 (FERRY_EFORMAT). */
static int
read_word(const struct ferry_call *call, const char *field,
    const char *const *words, const char **out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_request_query(call->rq, field, &text, err);

	if (rc == 1) {
		while (
		    *words != NULL && strcmp(*words, (const char *)text.p) != 0)
			words++;
		if ((*out = *words) == NULL)
			rc = ferry_error_set(err, FERRY_EFORMAT,
			    "%s has a value that it cannot have", field);
	}
	ferry_buf_free(&text);
	return rc;
}

/* Of one visibility, or all; what has lost all its versions is not listed. */
static int
list_packages(const struct ferry_call *call, const struct ferry_permit *permit,
    const struct ferry_github_urls *urls, struct ferry_github_package *v,
    const struct pages *pages, json_t *list, struct ferry_error *err)
{

	for (size_t i = pages->from; i < pages->to; i++) {
		struct ferry_github_versions versions;
		int rc;

		if (ferry_github_versions(call, &v[i], &versions, err) == -1)
			return -1;
		rc = ferry_json_push(list,
		    ferry_github_package_json(urls, permit, &v[i], &versions),
		    err);
		ferry_github_versions_free(&versions);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Leave out what is not of that visibility, or has no versions. */
static int
filter(const struct ferry_call *call, struct ferry_github_package *v, size_t *n,
    const char *visibility, struct ferry_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		struct ferry_github_versions versions;

		if (visibility != NULL &&
		    strcmp(visibility, ferry_visibility_name(
					   ferry_github_visibility(&v[i]))) !=
			0)
			continue;
		if (ferry_github_versions(call, &v[i], &versions, err) == -1)
			return -1;
		if (versions.live > 0)
			v[kept++] = v[i];
		ferry_github_versions_free(&versions);
	}
	*n = kept;
	return 0;
}

static int
answer_packages(const struct ferry_call *call,
    const struct ferry_permit *permit, const struct ferry_github_path *path,
    const struct ferry_github_urls *urls, struct ferry_response *res,
    struct ferry_error *err)
{
	static const char *const words[] = { "public", "internal", "private",
		NULL };
	const char *types[TYPES_MAX + 1] = { NULL }, *type = NULL,
				      *visibility = NULL;
	struct ferry_github_package *v = NULL;
	json_t *list = NULL;
	struct pages pages;
	char query[80];
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < TYPES_MAX; i++)
		types[i] = ferry_github_type_at(i);
	if ((rc = read_word(call, "package_type", types, &type, err)) == 0)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "package_type is missing, such as %s", types[0]);
	if (rc == -1 || type == NULL ||
	    read_word(call, "visibility", words, &visibility, err) == -1)
		return -1;
	rc = ferry_github_packages(
	    call, permit, path, ferry_github_format(type), &v, &n, err);
	if (rc == 1 && filter(call, v, &n, visibility, err) == -1)
		rc = -1;
	if (rc != 1)
		goto out;
	(void)snprintf(query, sizeof(query), "package_type=%s%s%s", type,
	    visibility == NULL ? "" : "&visibility=",
	    visibility == NULL ? "" : visibility);
	read_pages(call, n, &pages);
	list = json_array();
	rc = -1;
	if (list_packages(call, permit, urls, v, &pages, list, err) == 0)
		rc = answer_json(json_incref(list), res, err);
	if (rc == 1 && add_links(call, query, &pages, res, err) == -1)
		rc = -1;
out:
	json_decref(list);
	free(v);
	return rc;
}

/* What was deleted is for those to see who could restore it. */
static bool
sees_deleted(
    const struct ferry_permit *permit, const struct ferry_github_package *p)
{

	return ferry_access_role(permit, p->format->name,
		   ferry_snapshot_meta(p->snapshot)->upstream,
		   p->package->name) == FERRY_ADMIN;
}

static int
answer_versions(const struct ferry_call *call,
    const struct ferry_permit *permit, const struct ferry_github_urls *urls,
    const struct ferry_github_package *p,
    struct ferry_github_versions *versions, struct ferry_response *res,
    struct ferry_error *err)
{
	static const char *const states[] = { "active", "deleted", NULL };
	const char *state = "active";
	json_t *list = json_array();
	struct pages pages;
	char query[32];
	size_t n = 0;
	int rc = -1;

	if (read_word(call, "state", states, &state, err) == -1)
		goto out;
	if (*state == 'd' && !sees_deleted(permit, p))
		versions->n = 0;
	for (size_t i = 0; i < versions->n; i++)
		if ((versions->v[i].deleted_at != 0) == (*state == 'd'))
			versions->v[n++] = versions->v[i];
	read_pages(call, n, &pages);
	for (size_t i = pages.from; i < pages.to; i++)
		if (ferry_json_push(list,
			ferry_github_version_json(urls, p, &versions->v[i]),
			err) == -1)
			goto out;
	(void)snprintf(query, sizeof(query), "state=%s", state);
	if (answer_json(json_incref(list), res, err) == 1 &&
	    add_links(call, query, &pages, res, err) == 0)
		rc = 1;
out:
	json_decref(list);
	return rc;
}

static int
answer_package(const struct ferry_call *call, const struct ferry_permit *permit,
    const struct ferry_github_path *path, const struct ferry_github_urls *urls,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_github_versions versions;
	struct ferry_github_package p;
	int rc = 0;

	if (call->owner[0] == 0 ||
	    ferry_github_package_find(call, path, &p) == 0)
		return 0;
	if (ferry_github_versions(call, &p, &versions, err) == -1)
		return -1;
	if (path->endpoint == FERRY_GITHUB_VERSIONS)
		rc = answer_versions(
		    call, permit, urls, &p, &versions, res, err);
	else if (path->endpoint == FERRY_GITHUB_PACKAGE && versions.live > 0)
		rc = answer_json(
		    ferry_github_package_json(urls, permit, &p, &versions), res,
		    err);
	for (size_t i = 0;
	     path->endpoint == FERRY_GITHUB_VERSION && i < versions.n; i++)
		if (versions.v[i].id == path->version &&
		    versions.v[i].deleted_at == 0)
			rc = answer_json(
			    ferry_github_version_json(urls, &p, &versions.v[i]),
			    res, err);
	ferry_github_versions_free(&versions);
	return rc;
}

/* What the token may be used for: `gh` looks here. */
static void
add_scopes(const struct ferry_call *call, struct ferry_response *res)
{
	const struct ferry_claim *c = &call->identity.claim;
	char text[FERRY_SCOPES_TEXT], spaced[2 * FERRY_SCOPES_TEXT];
	size_t n = 0;

	if (c->kind != FERRY_CLAIM_USER)
		return;
	for (const char *p = ferry_scopes_text(c->scopes, text); *p != 0; p++) {
		spaced[n++] = *p;
		if (*p == ',')
			spaced[n++] = ' ';
	}
	spaced[n] = 0;
	ferry_response_header(res, "X-OAuth-Scopes", spaced);
	ferry_response_header(res, "X-Accepted-OAuth-Scopes", "read:packages");
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_github_path path;
	struct place place;
	int rc = -1;

	ferry_github_path_of(call, &path);
	if (find_place(call, &place, err) == -1)
		goto out;
	switch (path.endpoint) {
	case FERRY_GITHUB_ROOT:
		rc = answer_json(ferry_github_root_json(&place.urls), res, err);
		break;
	case FERRY_GITHUB_USER:
		rc = answer_user(call, &place.urls, res, err);
		break;
	case FERRY_GITHUB_PACKAGES:
		rc =
		    answer_packages(call, permit, &path, &place.urls, res, err);
		break;
	case FERRY_GITHUB_PACKAGE:
	case FERRY_GITHUB_VERSIONS:
	case FERRY_GITHUB_VERSION:
		rc = answer_package(call, permit, &path, &place.urls, res, err);
		break;
	case FERRY_GITHUB_CONFLICTS:
		/* Nothing is moved here. */
		rc = answer_json(json_array(), res, err);
		break;
	case FERRY_GITHUB_NOTHING:
		rc = 0;
		break;
	}
	if (rc == 1) {
		add_scopes(call, res);
		ferry_response_header(
		    res, "X-GitHub-Media-Type", "github.v3; format=json");
	}
out:
	place_free(&place);
	return rc;
}

const struct ferry_replay ferry_replay_github = {
	.name = "rest",
	.prefixes = prefixes,
	.hosts = hosts,
	.parse = parse,
	.owner = ferry_github_owner,
	.answer = answer,
	.refuse = refuse,
};
