/*
 * What a repository has: its tags, and what refers to a digest.
 *
 * Source: OCI Distribution Specification 1.1, "Listing Tags", "Listing
 *     Referrers".
 */

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "serve/replay/oci/oci.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "store/format/oci/manifest.h"

/* Of one answer; clients take manifests of 4 MiB, and an index is one. */
#define REFERRERS_MAX 1000
#define REFERRERS_BYTES (3U << 20)

/* Whether a version is there and was not deleted: 1, 0, -1.  subject, if not
 * NULL, is what it must say that it refers to. */
static int
is_there(const struct ferry_call *call, const char *version,
    const char *subject, struct ferry_error *err)
{
	const char *says;
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "version", "oci", call->resource.package,
		call->owner, version, NULL) == -1)
		return -1;
	rc = ferry_catalog_get(
	    ferry_store_view_store(call->view), &key, &record, err);
	if (rc == 1)
		rc = ferry_oci_is_live(record);
	if (rc == 1 && subject != NULL) {
		says = json_string_value(json_object_get(record, "subject"));
		rc = says != NULL && strcmp(says, subject) == 0;
	}
	json_decref(record);
	return rc;
}

/* Whether a record is what it should be.  One that is not (imports once asked
 * less of them) is passed over, and does not take the others with it. */
static bool
is_sound(const struct ferry_key *key, const json_t *record)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	return ferry_record_check(key, record, &ignored) == 0;
}

/* Link: </v2/CALLED/WHAT?QUERY>; rel="next", where query ends in "last=". */
static int
add_link(const struct ferry_call *call, const char *what, const char *query,
    struct ferry_bytes last, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_buf link = FERRY_BUF_INIT, ns = FERRY_BUF_INIT;
	int rc = -1, named;

	if (ferry_buf_addf(&link, err, "</v2/%s/%s?%s",
		call->resource.client_name, what, query) == -1 ||
	    ferry_url_encode(&link, last, err) == -1 ||
	    (named = ferry_oci_namespace(call, &ns, err)) == -1)
		goto out;
	if (named == 1 &&
	    (ferry_buf_adds(&link, "&ns=", err) == -1 ||
		ferry_url_encode(&link, ferry_bytes_buf(&ns), err) == -1))
		goto out;
	if (ferry_buf_adds(&link, ">; rel=\"next\"", err) == -1)
		goto out;
	ferry_response_header(res, "Link", (const char *)link.p);
	rc = 1;
out:
	ferry_buf_free(&ns);
	ferry_buf_free(&link);
	return rc;
}

/* Tags */

int
ferry_oci_has_versions(struct ferry_store *store, const char *package,
    const char *owner, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc, live = 0;

	if (ferry_key_make(
		&prefix, err, "version", "oci", package, owner, NULL) == -1 ||
	    ferry_catalog_iter_new(&it, store, &prefix, NULL, err) == -1)
		return -1;
	while (live == 0 &&
	       (rc = ferry_record_iter_next(it, &key, &record, err)) != 0) {
		if (rc == -1) {
			live = -1;
			break;
		}
		live = ferry_oci_is_live(record);
		json_decref(record);
	}
	ferry_record_iter_free(it);
	return live;
}

/* Each tag whose manifest is there, and a line's end; in byte order. */
static int
make_tags(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	struct ferry_record_iter *it = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_key prefix, key;
	const char *version;
	json_t *record;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "tag", "oci", call->resource.package,
		call->owner, NULL) == -1 ||
	    ferry_catalog_iter_new(&it, ferry_store_view_store(call->view),
		&prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		const char *tag = ferry_key_part(&key, 4);

		rc = 0;
		if (is_sound(&key, record) &&
		    (rc = ferry_json_str(record, "version", &version, err)) ==
			0)
			rc = is_there(call, version, NULL, err);
		json_decref(record);
		if (rc == 1)
			rc = ferry_buf_addf(&buf, err, "%s\n", tag);
		if (rc == -1)
			break;
	}
	/* A repository of which nothing is left is not there. */
	if (rc == 0)
		rc = buf.n > 0 ? 1
		               : ferry_oci_has_versions(
				     ferry_store_view_store(call->view),
				     call->resource.package, call->owner, err);
	if (rc == 1)
		rc = ferry_body_new(out, &buf, err) == -1 ? -1 : 1;
	ferry_record_iter_free(it);
	ferry_buf_free(&buf);
	return rc;
}

/*
 * Append at most n of the tags behind last as JSON strings.  *end is the last
 * one of them if there are more, else empty.
 */
static int
add_tags(struct ferry_buf *buf, struct ferry_bytes lines, uint64_t n,
    struct ferry_bytes last, struct ferry_bytes *end, struct ferry_error *err)
{
	struct ferry_bytes before = ferry_bytes_str("");
	uint64_t count = 0;

	*end = before;
	while (lines.n > 0) {
		const uint8_t *stop = memchr(lines.p, '\n', lines.n);
		size_t length = (size_t)(stop - lines.p);
		struct ferry_bytes tag = ferry_bytes_of(lines.p, length);

		lines = ferry_bytes_of(stop + 1, lines.n - length - 1);
		if (last.n > 0 && ferry_bytes_cmp(tag, last) <= 0)
			continue;
		if (count == n) {
			*end = before;
			return 0;
		}
		if ((count++ > 0 && ferry_buf_adds(buf, ",", err) == -1) ||
		    ferry_span_quote(buf, tag, err) == -1)
			return -1;
		before = tag;
	}
	return 0;
}

int
ferry_oci_answer_tags(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	uint64_t n =
	    ferry_request_query_u64(call->rq, "n", 0, UINT64_MAX, UINT64_MAX);
	struct ferry_buf last = FERRY_BUF_INIT, buf = FERRY_BUF_INIT;
	struct ferry_body *tags = NULL;
	struct ferry_bytes end;
	char query[40];
	int rc = -1;

	if (call->owner[0] == 0)
		return 0;
	if (ferry_request_query(call->rq, "last", &last, err) == -1)
		goto out;
	rc = ferry_store_view_get(call->view, &tags, make_tags,
	    (void *)(uintptr_t)call, err, "oci", call->resource.package, "tags",
	    call->owner, NULL);
	if (rc != 1)
		goto out;
	rc = -1;
	if (ferry_buf_addf(&buf, err, "{\"name\":\"%s\",\"tags\":[",
		call->resource.client_name) == -1 ||
	    add_tags(&buf, ferry_bytes_buf(&tags->bytes), n,
		ferry_bytes_buf(&last), &end, err) == -1 ||
	    ferry_buf_adds(&buf, "]}\n", err) == -1 ||
	    ferry_response_take(res, "application/json", &buf, err) == -1)
		goto out;
	rc = 1;
	(void)snprintf(query, sizeof(query), "n=%" PRIu64 "&last=", n);
	if (end.n > 0)
		rc = add_link(call, "tags/list", query, end, res, err);
out:
	ferry_body_unref(tags);
	ferry_buf_free(&buf);
	ferry_buf_free(&last);
	return rc;
}

/* Referrers */

struct referrers {
	const struct ferry_call *call;
	const char *type; /* artifactType that is wanted, or NULL */
	const char *after; /* "": from the first one */
	struct ferry_buf buf;
	bool more;
	char last[FERRY_OCI_DIGEST_TEXT]; /* seen, if there are more */
};

/* The record without what is only ours. */
static int
add_descriptor(
    struct ferry_buf *buf, json_t *record, bool first, struct ferry_error *err)
{

	(void)json_object_del(record, "seq");
	(void)json_object_del(record, "files");
	if (!first && ferry_buf_adds(buf, ",", err) == -1)
		return -1;
	return ferry_json_add(buf, record, err);
}

static bool
is_wanted(const struct referrers *job, const json_t *record)
{
	const char *type =
	    json_string_value(json_object_get(record, "artifactType"));

	return job->type == NULL ||
	       (type != NULL && strcmp(type, job->type) == 0);
}

/* As many as one answer takes; looking at no more than it could take. */
static int
add_referrers(struct referrers *job, struct ferry_record_iter *it,
    struct ferry_error *err)
{
	bool first = true;
	json_t *record;
	struct ferry_key key;
	size_t seen = 0;
	int rc;

	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		const char *digest = ferry_key_part(&key, 5);

		if (strcmp(digest, job->after) == 0 ||
		    strlen(digest) >= sizeof(job->last)) {
			json_decref(record);
			continue;
		}
		job->more =
		    seen++ == REFERRERS_MAX || job->buf.n > REFERRERS_BYTES;
		if (!job->more && is_wanted(job, record) &&
		    is_sound(&key, record) &&
		    (rc = is_there(job->call, digest, job->call->resource.item,
			 err)) == 1) {
			rc = add_descriptor(&job->buf, record, first, err);
			first = false;
		}
		json_decref(record);
		if (rc == -1 || job->more)
			return rc == -1 ? -1 : 0;
		(void)snprintf(job->last, sizeof(job->last), "%s", digest);
	}
	return rc;
}

static int
list_referrers(struct referrers *job, struct ferry_error *err)
{
	const struct ferry_call *call = job->call;
	const struct ferry_resource *r = &call->resource;
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, from;
	int rc = -1;

	if (ferry_buf_adds(&job->buf,
		"{\"schemaVersion\":2,\"mediaType\":\"" FERRY_OCI_INDEX
		"\",\"manifests\":[",
		err) == -1 ||
	    ferry_key_make(&prefix, err, "referrer", "oci", r->package,
		call->owner, r->item, NULL) == -1 ||
	    ferry_key_make(&from, err, "referrer", "oci", r->package,
		call->owner, r->item, job->after[0] == 0 ? NULL : job->after,
		NULL) == -1 ||
	    ferry_catalog_iter_new(&it, ferry_store_view_store(call->view),
		&prefix, &from, err) == -1)
		return -1;
	if (add_referrers(job, it, err) == 0)
		rc = ferry_buf_adds(&job->buf, "]}\n", err);
	ferry_record_iter_free(it);
	return rc;
}

/* An answer that is whole; one that goes on is made each time. */
static int
make_referrers(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct referrers *job = ctx;

	if (list_referrers(job, err) == -1)
		return -1;
	if (job->more)
		return 0;
	return ferry_body_tagged(out, &job->buf, err) == -1 ? -1 : 1;
}

static int
answer_page(
    struct referrers *job, struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf what = FERRY_BUF_INIT, query = FERRY_BUF_INIT;
	int rc = -1;

	/* Another thread may have made it, and have found that it goes on. */
	if (job->buf.n == 0 && list_referrers(job, err) == -1)
		return -1;
	if (ferry_response_take(res, FERRY_OCI_INDEX, &job->buf, err) == -1)
		return -1;
	if (!job->more)
		return 1;
	if (ferry_buf_addf(
		&what, err, "referrers/%s", job->call->resource.item) == 0 &&
	    (job->type == NULL ||
		(ferry_buf_adds(&query, "artifactType=", err) == 0 &&
		    ferry_url_encode(&query, ferry_bytes_str(job->type), err) ==
			0 &&
		    ferry_buf_adds(&query, "&", err) == 0)) &&
	    ferry_buf_adds(&query, "last=", err) == 0)
		rc = add_link(job->call, (const char *)what.p,
		    (const char *)query.p, ferry_bytes_str(job->last), res,
		    err);
	ferry_buf_free(&query);
	ferry_buf_free(&what);
	return rc;
}

/* Always an answer: 404 would say that there is no such API. */
int
ferry_oci_answer_referrers(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf type = FERRY_BUF_INIT, last = FERRY_BUF_INIT;
	struct referrers job = { .call = call, .after = "" };
	struct ferry_body *body;
	int rc = ferry_request_query(call->rq, "artifactType", &type, err);

	if (rc == 1 && type.n > 0)
		job.type = (const char *)type.p;
	if (rc == -1 ||
	    ferry_request_query(call->rq, "last", &last, err) == -1) {
		rc = -1;
		goto out;
	}
	/* No digest is longer: what is behind it is behind its beginning. */
	if (last.n > 0) {
		if (last.n >= FERRY_OCI_DIGEST_TEXT)
			last.p[FERRY_OCI_DIGEST_TEXT - 1] = 0;
		job.after = (const char *)last.p;
	}
	if (call->owner[0] == 0) {
		ferry_response_text(res, 200, FERRY_OCI_INDEX,
		    "{\"schemaVersion\":2,\"mediaType\":\"" FERRY_OCI_INDEX
		    "\",\"manifests\":[]}\n");
		rc = 1;
	} else {
		rc = ferry_store_view_get(call->view, &body, make_referrers,
		    &job, err, "oci", call->resource.package, "referrers",
		    call->owner, call->resource.item, job.after,
		    job.type == NULL ? "" : job.type, NULL);
		if (rc == 1) {
			ferry_response_body(res, FERRY_OCI_INDEX, body);
			res->cache = "no-cache";
		} else if (rc == 0) {
			rc = answer_page(&job, res, err);
		}
	}
	if (rc == 1 && job.type != NULL)
		ferry_response_header(
		    res, "OCI-Filters-Applied", "artifactType");
out:
	ferry_buf_free(&job.buf);
	ferry_buf_free(&last);
	ferry_buf_free(&type);
	return rc;
}
