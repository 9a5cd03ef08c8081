#include "serve/replay/oci/list.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/call.h"
#include "serve/replay/held.h"
#include "serve/replay/oci/name.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "store/catalog/withdrawn.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

/* Of one answer; clients take manifests of 4 MiB, and an index is one. */
#define REFERRERS_MAX 1000
#define REFERRERS_BYTES (3U << 20)

/* Whether a version can be served: 1, 0, -1.  subject, if not NULL, is what it
 * must say that it refers to. */
static int
is_there(const struct ferry_call *call, const char *version,
    const char *subject, struct ferry_error *err)
{
	const char *says;
	json_t *record = NULL;
	int rc = ferry_held_record(call->view, "oci", call->resource.package,
	    call->owner, version, &record, err);

	if (rc == 1 && subject != NULL) {
		says = json_string_value(json_object_get(record, "subject"));
		rc = says != NULL && strcmp(says, subject) == 0;
	}
	json_decref(record);
	return rc;
}

/* Whether a record is what it should be.  One that is not (imports once asked
 * less of them) is skipped, and does not take the others with it. */
static bool
is_sound(const struct ferry_key *key, const json_t *record)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	return ferry_record_check(key, record, &ignored) == 0;
}

/* Link: </v2/CALLED/WHAT?QUERYlast=LAST>; rel="next" */
static int
add_link(const struct ferry_call *call, const char *what, const char *query,
    struct ferry_bytes last, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_buf link = FERRY_BUF_INIT, ns = FERRY_BUF_INIT;
	struct ferry_out out;
	int named = ferry_oci_namespace(call, &ns, err), rc = -1;

	ferry_out_begin(&out, &link);
	ferry_out_fmt(&out, "</v2/%s/%s?%slast=", call->resource.client_name,
	    what, query);
	ferry_out_url(&out, last);
	if (named == 1) {
		ferry_out_str(&out, "&ns=");
		ferry_out_url(&out, ferry_bytes_buf(&ns));
	}
	ferry_out_str(&out, ">; rel=\"next\"");
	if (named != -1 && ferry_out_end(&out, err) == 0) {
		ferry_response_header(res, "Link", (const char *)link.p);
		rc = 1;
	}
	ferry_buf_free(&ns);
	ferry_buf_free(&link);
	return rc;
}

/* Tags */

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
		if (is_sound(&key, record) && !ferry_withdrawn_hidden(record) &&
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
		               : ferry_held_any(call->view, "oci",
				     call->resource.package, call->owner, err);
	if (rc == 1)
		rc = ferry_body_new(out, &buf, err) == -1 ? -1 : 1;
	ferry_record_iter_free(it);
	ferry_buf_free(&buf);
	return rc;
}

/* Write at most n of the tags behind last.  Returns the last one of them if
 * there are more, else "". */
static struct ferry_bytes
put_tags(struct ferry_out *out, struct ferry_bytes lines, uint64_t n,
    struct ferry_bytes last)
{
	struct ferry_bytes before = ferry_bytes_str(""), tag;
	uint64_t count = 0;

	while (ferry_bytes_line(&lines, &tag)) {
		if (last.n > 0 && ferry_bytes_cmp(tag, last) <= 0)
			continue;
		if (count == n)
			return before;
		ferry_out_str(out, count++ == 0 ? "" : ",");
		ferry_out_json(out, tag);
		before = tag;
	}
	return ferry_bytes_str("");
}

int
ferry_oci_answer_tags(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	uint64_t n =
	    ferry_request_query_u64(call->rq, "n", 0, UINT64_MAX, UINT64_MAX);
	struct ferry_buf last = FERRY_BUF_INIT, buf = FERRY_BUF_INIT;
	struct ferry_out out;
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
	ferry_out_begin(&out, &buf);
	ferry_out_fmt(
	    &out, "{\"name\":\"%s\",\"tags\":[", call->resource.client_name);
	end = put_tags(
	    &out, ferry_bytes_buf(&tags->bytes), n, ferry_bytes_buf(&last));
	ferry_out_str(&out, "]}\n");
	rc = ferry_out_end(&out, err) == -1
	         ? -1
	         : ferry_response_take(res, "application/json", &buf, err);
	(void)snprintf(query, sizeof(query), "n=%" PRIu64 "&", n);
	if (rc == 1 && end.n > 0)
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
	struct ferry_buf query = FERRY_BUF_INIT;
	struct ferry_out out;
	char what[FERRY_ITEM_NAME + 16];
	int rc;

	/* Another thread may have made it, and have found that it goes on. */
	if ((job->buf.n == 0 && list_referrers(job, err) == -1) ||
	    ferry_response_take(res, FERRY_OCI_INDEX, &job->buf, err) == -1)
		return -1;
	if (!job->more)
		return 1;
	(void)snprintf(
	    what, sizeof(what), "referrers/%s", job->call->resource.item);
	ferry_out_begin(&out, &query);
	ferry_out_str(&out, job->type == NULL ? "" : "artifactType=");
	ferry_out_url(
	    &out, ferry_bytes_str(job->type == NULL ? "" : job->type));
	ferry_out_str(&out, job->type == NULL ? "" : "&");
	rc = ferry_out_end(&out, err) == -1
	         ? -1
	         : add_link(job->call, what,
		       query.n == 0 ? "" : (const char *)query.p,
		       ferry_bytes_str(job->last), res, err);
	ferry_buf_free(&query);
	return rc;
}

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
