#include "serve/replay/nuget/query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/http/http.h"
#include "serve/replay/document.h"
#include "serve/replay/nuget/path.h"
#include "serve/replay/nuget/registration.h"
#include "serve/replay/nuget/versions.h"
#include "serve/replay/search.h"
#include "serve/replay/view.h"
#include "store/base/error.h"
#include "store/base/out.h"
#include "store/format/nuget/name.h"

#define JSON "application/json"
#define WORDS_MAX 8
#define TAKE_DEFAULT 20
#define TAKE_MAX 1000
#define TEXT_MAX 1000 /* bytes of a description that are searched */

/*
 * The answer of an entry: four characters, then the package's types, a blank
 * behind each, then a line end and the id.  A character is '1' if a search
 * without and with pre-releases, of SemVer 1 and of all, finds the package.
 */
static size_t
variant(bool prerelease, bool semver2)
{

	return (prerelease ? 1 : 0) + (semver2 ? 2 : 0);
}

/* The index */

static void
put_types(struct ferry_out *out, const json_t *record)
{
	const json_t *type, *types = json_object_get(record, "types");
	size_t i;

	if (json_array_size(types) == 0)
		ferry_out_str(out, "Dependency ");
	json_array_foreach (types, i, type) {
		const char *name = json_string_value(type);

		if (name != NULL && strpbrk(name, " \n") == NULL)
			ferry_out_fmt(out, "%s ", name);
	}
}

static void
put_words(struct ferry_out *out, const char *text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf lower = FERRY_BUF_INIT;
	struct ferry_bytes s = ferry_bytes_str(text);

	if (s.n > TEXT_MAX)
		s.n = TEXT_MAX;
	if (ferry_nuget_lower(&lower, s, &ignored) == 0) {
		ferry_out_str(out, " ");
		ferry_out_bytes(out, ferry_bytes_buf(&lower));
	}
	ferry_buf_free(&lower);
}

static void
put_all_words(struct ferry_out *out, const struct ferry_nuget_held *held)
{

	put_words(out, ferry_nuget_about(held->record, "title"));
	put_words(out, ferry_nuget_about(held->record, "tags"));
	put_words(out, ferry_nuget_about(held->record, "description"));
}

static int
make_entry(const struct ferry_nuget_versions *versions, const char *name,
    const char *owner, struct ferry_search_entry *e, struct ferry_error *err)
{
	const struct ferry_nuget_held *newest =
	    ferry_nuget_versions_latest(versions, true, true);
	const struct ferry_nuget_held *release =
	    ferry_nuget_versions_latest(versions, false, true);
	struct ferry_buf answer = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_out to, words;
	int rc = -1;

	if (newest == NULL)
		return 0;
	ferry_out_begin(&to, &answer);
	ferry_out_begin(&words, &text);
	for (size_t i = 0; i < 4; i++)
		ferry_out_str(&to, ferry_nuget_versions_latest(versions,
				       (i & 1) != 0, (i & 2) != 0) == NULL
				       ? "0"
				       : "1");
	put_types(&to, newest->record);
	ferry_out_fmt(&to, "\n%s", ferry_nuget_said(newest->record, "id"));
	ferry_out_str(&words, name);
	put_all_words(&words, newest);
	if (release != NULL && release != newest)
		put_all_words(&words, release);
	if (ferry_out_end(&to, err) == 0 && ferry_out_end(&words, err) == 0 &&
	    ferry_strdup(&e->name, name, err) == 0 &&
	    ferry_strdup(&e->owner, owner, err) == 0 &&
	    ferry_strndup(&e->text, ferry_bytes_buf(&text), err) == 0 &&
	    ferry_strndup(&e->answer, ferry_bytes_buf(&answer), err) == 0)
		rc = 1;
	ferry_buf_free(&answer);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_nuget_search_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err)
{
	struct ferry_nuget_versions versions;
	int rc = ferry_nuget_versions_load(&versions, view, name, owner, err);

	if (rc == 0)
		rc = make_entry(&versions, name, owner, out, err);
	ferry_nuget_versions_free(&versions);
	return rc;
}

/* Hits */

struct collecting {
	const struct ferry_nuget_query *query;
	struct ferry_nuget_hits *out;
};

/* Whether types, of an entry's answer, have the one that is asked for. */
static bool
has_type(const char *types, const char *type)
{
	size_t n = strlen(type);

	if (n == 0)
		return true;
	while (*types != '\n' && *types != 0) {
		size_t m = strcspn(types, " \n");

		if (m == n && strncasecmp(types, type, n) == 0)
			return true;
		types += m + (types[m] == ' ');
	}
	return false;
}

static bool
in_origin(const struct ferry_search_entry *e, const char *origin)
{
	struct ferry_bytes owner =
	    ferry_nuget_name_owner(ferry_bytes_str(e->name));

	if (owner.n == 0)
		return origin[0] == 0 || strcmp(e->owner, origin) == 0;
	return strlen(origin) == owner.n &&
	       strncasecmp((const char *)owner.p, origin, owner.n) == 0;
}

static int
add_hit(struct ferry_nuget_hits *out, const struct ferry_search_entry *e,
    struct ferry_error *err)
{
	struct ferry_nuget_hit *hit = &out->list[out->n++];
	const char *id = strchr(e->answer, '\n');

	*hit = (struct ferry_nuget_hit){ NULL, NULL, NULL };
	return ferry_strdup(&hit->name, e->name, err) == -1 ||
	               ferry_strdup(&hit->owner, e->owner, err) == -1 ||
	               ferry_strdup(&hit->id, id == NULL ? "" : id + 1, err) ==
	                   -1
	           ? -1
	           : 0;
}

static int
collect(void *ctx, const struct ferry_search_hit *hits, size_t n,
    struct ferry_error *err)
{
	const struct collecting *c = ctx;
	const struct ferry_nuget_query *q = c->query;
	size_t v = variant(q->prerelease, q->semver2);

	if (ferry_calloc(&c->out->list, (size_t)q->take + 1,
		sizeof(*c->out->list), err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct ferry_search_entry *e = hits[i].entry;

		if (e->answer[v] != '1' || !has_type(e->answer + 4, q->type) ||
		    !in_origin(e, q->origin))
			continue;
		if (c->out->total++ >= q->skip && c->out->n < q->take &&
		    add_hit(c->out, e, err) == -1)
			return -1;
	}
	return 0;
}

/* Words in lower case; the names of fields are left out, what they should have
 * is a word like others. */
static size_t
split(char *text, const char *words[WORDS_MAX])
{
	static const char *const fields[] = { "packageid:", "id:", "version:",
		"title:", "tags:", "author:", "description:", "summary:",
		"owner:" };
	char *p, *save = NULL;
	size_t n = 0;

	for (p = strtok_r(text, " \t\r\n,\"", &save);
	     p != NULL && n < WORDS_MAX;
	     p = strtok_r(NULL, " \t\r\n,\"", &save)) {
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (strncmp(p, fields[i], strlen(fields[i])) == 0) {
				p += strlen(fields[i]);
				break;
			}
		if (*p != 0)
			words[n++] = p;
	}
	return n;
}

int
ferry_nuget_search(struct ferry_nuget_hits *out, struct ferry_search *search,
    const struct ferry_permit *permit, const struct ferry_nuget_query *query,
    struct ferry_error *err)
{
	struct collecting collecting = { query, out };
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *words[WORDS_MAX];
	int rc = -1;

	*out = (struct ferry_nuget_hits){ .n = 0 };
	if (ferry_nuget_lower(&text, ferry_bytes_str(query->text), err) == 0 &&
	    ferry_buf_adds(&text, "", err) == 0)
		rc = ferry_search_find(search, permit, words,
		    text.n == 0 ? 0 : split((char *)text.p, words), collect,
		    &collecting, err);
	ferry_buf_free(&text);
	if (rc == -1)
		ferry_nuget_hits_free(out);
	return rc;
}

void
ferry_nuget_hits_free(struct ferry_nuget_hits *hits)
{

	for (size_t i = 0; i < hits->n; i++) {
		free(hits->list[i].name);
		free(hits->list[i].owner);
		free(hits->list[i].id);
	}
	free(hits->list);
	*hits = (struct ferry_nuget_hits){ .n = 0 };
}

/* A result, which is a document of its package */

struct result {
	const struct ferry_call *call;
	const struct ferry_nuget_hit *hit;
	bool prerelease, semver2;
};

static void
put_result_versions(struct ferry_out *out, const struct result *r,
    const struct ferry_nuget_place *place,
    const struct ferry_nuget_versions *versions)
{
	const char *comma = "";

	ferry_out_str(out, ",\"versions\":[");
	for (size_t i = 0; i < versions->n; i++) {
		const struct ferry_nuget_held *held = &versions->list[i];

		if (!held->listed || (held->semver2 && !r->semver2) ||
		    (held->v.labels.n > 0 && !r->prerelease))
			continue;
		ferry_out_fmt(out, "%s{\"version\":", comma);
		ferry_out_json(out,
		    ferry_bytes_str(ferry_nuget_said(held->record, "version")));
		ferry_out_str(out, ",\"downloads\":0,\"@id\":\"");
		ferry_nuget_put_base(out, place);
		ferry_out_fmt(out, "%s/", place->hive);
		ferry_out_url(out, ferry_bytes_str(place->id));
		ferry_out_fmt(out, "/%s.json\"}", held->key);
		comma = ",";
	}
	ferry_out_str(out, "]");
}

static void
put_result_types(struct ferry_out *out, const json_t *record)
{
	const json_t *type, *types = json_object_get(record, "types");
	size_t i;

	ferry_out_str(out, ",\"packageTypes\":[");
	if (json_array_size(types) == 0)
		ferry_out_str(out, "{\"name\":\"Dependency\"}");
	json_array_foreach (types, i, type) {
		ferry_out_fmt(out, "%s{\"name\":", i == 0 ? "" : ",");
		ferry_out_json(out, ferry_bytes_str(json_string_value(type)));
		ferry_out_str(out, "}");
	}
	ferry_out_str(out, "]");
}

static void
put_result(struct ferry_out *out, const struct result *r,
    const struct ferry_nuget_place *place,
    const struct ferry_nuget_versions *versions,
    const struct ferry_nuget_held *newest)
{
	const json_t *record = newest->record;

	ferry_out_str(out, "{\"@id\":\"");
	ferry_nuget_put_base(out, place);
	ferry_out_fmt(out, "%s/", place->hive);
	ferry_out_url(out, ferry_bytes_str(place->id));
	ferry_out_str(
	    out, "/index.json\",\"@type\":\"Package\",\"registration\":\"");
	ferry_nuget_put_base(out, place);
	ferry_out_fmt(out, "%s/", place->hive);
	ferry_out_url(out, ferry_bytes_str(place->id));
	ferry_out_str(out, "/index.json\",\"id\":");
	ferry_out_json(out, ferry_bytes_str(ferry_nuget_said(record, "id")));
	ferry_out_str(out, ",\"version\":");
	ferry_out_json(
	    out, ferry_bytes_str(ferry_nuget_said(record, "version")));
	ferry_nuget_put_about(out, place, newest);
	ferry_out_str(out, ",\"authors\":[");
	ferry_out_json(
	    out, ferry_bytes_str(ferry_nuget_about(record, "authors")));
	ferry_out_str(
	    out, "],\"owners\":[],\"totalDownloads\":0,\"verified\":false");
	put_result_types(out, record);
	put_result_versions(out, r, place, versions);
	ferry_out_str(out, "}");
}

static int
write_result(
    void *ctx, struct ferry_buf *buf, const char *base, struct ferry_error *err)
{
	const struct result *r = ctx;
	struct ferry_bytes id =
	    ferry_nuget_name_id(ferry_bytes_str(r->hit->name));
	const struct ferry_nuget_place place = { base, r->call->resource.origin,
		(const char *)id.p,
		r->semver2 ? "registration-semver2" : "registration" };
	struct ferry_nuget_versions versions;
	const struct ferry_nuget_held *newest;
	struct ferry_out out;
	int rc = ferry_nuget_versions_load(
	    &versions, r->call->view, r->hit->name, r->hit->owner, err);

	if (rc == 0 && (newest = ferry_nuget_versions_latest(
			    &versions, r->prerelease, r->semver2)) != NULL) {
		ferry_out_begin(&out, buf);
		put_result(&out, r, &place, &versions, newest);
		rc = ferry_out_end(&out, err) == -1 ? -1 : 1;
	}
	ferry_nuget_versions_free(&versions);
	return rc;
}

/* Append the document, with its holes. */
static int
add_result(const struct result *r, const char *comma, struct ferry_buf *buf,
    struct ferry_error *err)
{
	char name[3 * FERRY_OWNER_NAME + 40];
	const struct ferry_document doc = { .call = r->call,
		.format = "nuget",
		.package = r->hit->name,
		.name = name,
		.on_write = write_result,
		.ctx = (void *)(uintptr_t)r };
	struct ferry_body *body = NULL;
	ssize_t got = 0;
	int rc;

	(void)snprintf(name, sizeof(name), "result %zu %s %s",
	    variant(r->prerelease, r->semver2), r->hit->owner,
	    r->call->resource.origin);
	if ((rc = ferry_document_body(&doc, &body, err)) != 1)
		return rc;
	if ((rc = ferry_buf_adds(buf, comma, err)) == 0 &&
	    (rc = ferry_buf_reserve(buf, (size_t)body->size, err)) == 0) {
		for (uint64_t at = 0; at < body->size; at += (uint64_t)got) {
			got = ferry_body_read(
			    body, at, buf->p + buf->n, body->size - at);
			if (got <= 0)
				break;
			buf->n += (size_t)got;
		}
		rc = got < 0 ? ferry_error_errno(err, "reading a document") : 1;
		buf->p[buf->n] = 0;
	}
	ferry_body_unref(body);
	return rc;
}

/* Requests */

struct request {
	struct ferry_buf text, type, level, prerelease;
	struct ferry_nuget_query query;
};

static bool
is_true(const struct ferry_buf *buf)
{

	return buf->n == 4 && strncasecmp((char *)buf->p, "true", 4) == 0;
}

static const char *
string(const struct ferry_buf *buf)
{

	return buf->p == NULL ? "" : (const char *)buf->p;
}

static int
read_request(
    struct request *rq, const struct ferry_call *call, struct ferry_error *err)
{

	*rq = (struct request){ .query = { .take = 0 } };
	if (ferry_request_query(call->rq, "q", &rq->text, err) == -1 ||
	    ferry_request_query(call->rq, "packageType", &rq->type, err) ==
		-1 ||
	    ferry_request_query(call->rq, "semVerLevel", &rq->level, err) ==
		-1 ||
	    ferry_request_query(call->rq, "prerelease", &rq->prerelease, err) ==
		-1)
		return -1;
	rq->query = (struct ferry_nuget_query){ .text = string(&rq->text),
		.type = string(&rq->type),
		.origin = call->resource.origin,
		.prerelease = is_true(&rq->prerelease),
		.semver2 = rq->level.n > 0 && rq->level.p[0] == '2',
		.skip =
		    ferry_request_query_u64(call->rq, "skip", 0, 1U << 30, 0),
		.take = ferry_request_query_u64(
		    call->rq, "take", 0, TAKE_MAX, TAKE_DEFAULT) };
	return 0;
}

static void
request_free(struct request *rq)
{

	ferry_buf_free(&rq->text);
	ferry_buf_free(&rq->type);
	ferry_buf_free(&rq->level);
	ferry_buf_free(&rq->prerelease);
}

static int
add_results(const struct ferry_call *call,
    const struct ferry_nuget_query *query, const struct ferry_nuget_hits *hits,
    struct ferry_buf *buf, struct ferry_error *err)
{
	const char *comma = "";

	if (ferry_buf_addf(buf, err, "{\"totalHits\":%llu,\"data\":[",
		(unsigned long long)hits->total) == -1)
		return -1;
	for (size_t i = 0; i < hits->n; i++) {
		const struct result r = { call, &hits->list[i],
			query->prerelease, query->semver2 };
		int rc = add_result(&r, comma, buf, err);

		if (rc == -1)
			return -1;
		comma = rc == 1 ? "," : comma;
	}
	return ferry_buf_adds(buf, "]}\n", err);
}

static int
add_ids(const struct ferry_nuget_hits *hits, struct ferry_buf *buf,
    struct ferry_error *err)
{
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	ferry_out_fmt(&out, "{\"totalHits\":%llu,\"data\":[",
	    (unsigned long long)hits->total);
	for (size_t i = 0; i < hits->n; i++) {
		ferry_out_str(&out, i == 0 ? "" : ",");
		ferry_out_json(&out, ferry_bytes_str(hits->list[i].id));
	}
	ferry_out_str(&out, "]}\n");
	return ferry_out_end(&out, err);
}

/* Hand out text with its holes filled. */
static int
answer_filled(const struct ferry_call *call, const struct ferry_buf *text,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf base = FERRY_BUF_INIT, filled = FERRY_BUF_INIT;
	struct ferry_bytes rest = ferry_bytes_buf(text);
	const uint8_t *hole;
	int rc = ferry_view_base(call, &base, err);

	while (rc == 0 && rest.n > 0) {
		size_t n;

		hole = memchr(rest.p, FERRY_HOLE, rest.n);
		n = hole == NULL ? rest.n : (size_t)(hole - rest.p);
		rc = ferry_buf_add(&filled, rest.p, n, err);
		if (rc == 0 && hole != NULL)
			rc = ferry_buf_add(&filled, base.p, base.n, err);
		n += hole != NULL;
		rest = ferry_bytes_of(rest.p + n, rest.n - n);
	}
	if (rc == 0)
		rc = ferry_response_take(res, JSON, &filled, err);
	ferry_buf_free(&base);
	ferry_buf_free(&filled);
	return rc;
}

/* {"data":[…]}: the versions of an id. */
static int
answer_versions(const struct ferry_call *call, const struct request *rq,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_nuget_versions versions;
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *comma = "";
	struct ferry_out out;
	int rc;

	if (call->owner[0] == 0)
		return 0;
	rc = ferry_nuget_versions_load(
	    &versions, call->view, call->resource.package, call->owner, err);
	ferry_out_begin(&out, &buf);
	ferry_out_str(&out, "{\"data\":[");
	for (size_t i = 0; i < versions.n; i++) {
		const struct ferry_nuget_held *held = &versions.list[i];

		if (!held->listed || (held->semver2 && !rq->query.semver2) ||
		    (held->v.labels.n > 0 && !rq->query.prerelease))
			continue;
		ferry_out_str(&out, comma);
		ferry_out_json(&out,
		    ferry_bytes_str(ferry_nuget_said(held->record, "version")));
		comma = ",";
	}
	ferry_out_str(&out, "]}\n");
	ferry_nuget_versions_free(&versions);
	if (rc == -1 || ferry_out_end(&out, err) == -1)
		rc = -1;
	else
		rc = ferry_response_take(res, JSON, &buf, err);
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_nuget_answer_query(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_nuget_hits hits = { .n = 0 };
	struct request rq;
	int rc = read_request(&rq, call, err);

	if (rc == 0 && call->resource.kind == FERRY_NUGET_ENUMERATE) {
		rc = answer_versions(call, &rq, res, err);
	} else if (rc == 0 && (rc = ferry_nuget_search(&hits, search, permit,
				   &rq.query, err)) == 0) {
		rc = call->resource.kind == FERRY_NUGET_QUERY
		         ? add_results(call, &rq.query, &hits, &buf, err)
		         : add_ids(&hits, &buf, err);
		if (rc == 0)
			rc = answer_filled(call, &buf, res, err);
	}
	ferry_nuget_hits_free(&hits);
	ferry_buf_free(&buf);
	request_free(&rq);
	return rc;
}
