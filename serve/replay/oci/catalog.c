#include "serve/replay/oci/catalog.h"

#include <ctype.h>
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
#include "store/base/out.h"
#include "store/catalog/catalog.h"

#define CATALOG_MAX 1000
#define SEARCH_DEFAULT 25
#define SEARCH_MAX 100
/* A search looks at no more names than this, about a tenth of a second's. */
#define SEARCH_LOOKS 100000

struct names {
	struct ferry_record_iter *it;
	struct ferry_store_view *view;
	const struct ferry_permit *permit;
	char last[FERRY_PACKAGE_NAME];
};

/* Behind the name last, or from the first if that is "". */
static int
names_new(struct names *names, const struct ferry_call *call,
    const struct ferry_permit *permit, const char *last,
    struct ferry_error *err)
{
	struct ferry_key prefix, from;

	names->it = NULL;
	names->view = call->view;
	names->permit = permit;
	(void)snprintf(names->last, sizeof(names->last), "%s", last);
	if (ferry_key_make(&prefix, err, "package", "oci", NULL) == -1 ||
	    ferry_key_make(&from, err, "package", "oci",
		names->last[0] == 0 ? NULL : names->last, NULL) == -1)
		return -1;
	return ferry_catalog_iter_new(&names->it,
	    ferry_store_view_store(call->view), &prefix, &from, err);
}

/* names->last is the next one: 1, 0, -1.  *looks counts down. */
static int
names_next(struct names *names, uint64_t *looks, struct ferry_error *err)
{
	struct ferry_key key;
	int rc;

	while ((*looks)-- > 0 &&
	       (rc = ferry_record_iter_next(names->it, &key, NULL, err)) != 0) {
		const char *name = ferry_key_part(&key, 2);

		if (rc == -1)
			return -1;
		/* Several owners' packages of a name are one. */
		if (strcmp(name, names->last) == 0 ||
		    strlen(name) >= sizeof(names->last))
			continue;
		(void)snprintf(names->last, sizeof(names->last), "%s", name);
		if (!ferry_access_sees(
			names->permit, "oci", ferry_key_part(&key, 3), name))
			continue;
		if ((rc = ferry_oci_is_anothers(names->view, name, err)) == -1)
			return -1;
		if (rc == 1)
			continue;
		if ((rc = ferry_held_any(names->view, "oci", name,
			 ferry_key_part(&key, 3), err)) != 0)
			return rc;
	}
	return 0;
}

/* Write at most n names.  *more: the last of them is not the last there is.
 * Returns: 0, -1. */
static int
put_names(struct names *names, uint64_t n, struct ferry_out *out,
    char last[FERRY_PACKAGE_NAME], bool *more, struct ferry_error *err)
{
	uint64_t looks = UINT64_MAX, count = 0;
	int rc = 0;

	*more = false;
	ferry_out_str(out, "{\"repositories\":[");
	while (n > 0 && (rc = names_next(names, &looks, err)) == 1) {
		if (count == n) {
			*more = true;
			break;
		}
		ferry_out_str(out, count++ == 0 ? "" : ",");
		ferry_out_json(out, ferry_bytes_str(names->last));
		memcpy(last, names->last, sizeof(names->last));
	}
	ferry_out_str(out, "]}\n");
	return rc == -1 || ferry_out_end(out, err) == -1 ? -1 : 0;
}

int
ferry_oci_answer_catalog(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err)
{
	uint64_t n =
	    ferry_request_query_u64(call->rq, "n", 0, CATALOG_MAX, CATALOG_MAX);
	struct ferry_buf after = FERRY_BUF_INIT, buf = FERRY_BUF_INIT,
			 link = FERRY_BUF_INIT;
	struct names names = { NULL, NULL, permit, "" };
	char last[FERRY_PACKAGE_NAME];
	struct ferry_out out;
	bool more;
	int rc = -1;

	ferry_out_begin(&out, &buf);
	if (ferry_request_query(call->rq, "last", &after, err) == -1 ||
	    names_new(&names, call, permit,
		after.n == 0 ? "" : (const char *)after.p, err) == -1 ||
	    put_names(&names, n, &out, last, &more, err) == -1 ||
	    ferry_response_take(res, "application/json", &buf, err) == -1)
		goto out;
	if (more) {
		ferry_out_begin(&out, &link);
		ferry_out_fmt(&out, "</v2/_catalog?n=%" PRIu64 "&last=", n);
		ferry_out_url(&out, ferry_bytes_str(last));
		ferry_out_str(&out, ">; rel=\"next\"");
		if (ferry_out_end(&out, err) == -1)
			goto out;
		ferry_response_header(res, "Link", (const char *)link.p);
	}
	rc = 1;
out:
	ferry_record_iter_free(names.it);
	ferry_buf_free(&link);
	ferry_buf_free(&buf);
	ferry_buf_free(&after);
	return rc;
}

/* Search */

/* Write at most n of the names that have word in them.  Returns: 0, -1. */
static int
put_results(struct names *names, const char *word, uint64_t n,
    struct ferry_out *out, uint64_t *count, struct ferry_error *err)
{
	uint64_t looks = SEARCH_LOOKS;
	int rc = 0;

	*count = 0;
	while (*count < n && (rc = names_next(names, &looks, err)) == 1) {
		if (strstr(names->last, word) == NULL)
			continue;
		ferry_out_str(out, (*count)++ == 0 ? "" : ",");
		ferry_out_str(out, "{\"name\":");
		ferry_out_json(out, ferry_bytes_str(names->last));
		ferry_out_str(out,
		    ",\"description\":\"\",\"is_official\":false,"
		    "\"is_automated\":false,\"star_count\":0}");
	}
	return rc == -1 || ferry_out_end(out, err) == -1 ? -1 : 0;
}

int
ferry_oci_answer_search(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err)
{
	uint64_t n = ferry_request_query_u64(
	    call->rq, "n", 1, SEARCH_MAX, SEARCH_DEFAULT);
	struct ferry_buf word = FERRY_BUF_INIT, found = FERRY_BUF_INIT,
			 buf = FERRY_BUF_INIT;
	struct names names = { NULL, NULL, permit, "" };
	json_t *utf8 = NULL;
	struct ferry_out out;
	uint64_t count;
	int rc = -1;

	if (ferry_request_query(call->rq, "q", &word, err) == -1 ||
	    ferry_buf_adds(&word, "", err) == -1)
		goto out;
	if ((utf8 = json_stringn(
		 word.n == 0 ? "" : (const char *)word.p, word.n)) == NULL) {
		ferry_error_set(err, FERRY_EFORMAT, "\"q\" is not UTF-8");
		goto out;
	}
	for (size_t i = 0; i < word.n; i++)
		word.p[i] = (uint8_t)tolower(word.p[i]);
	ferry_out_begin(&out, &found);
	if (names_new(&names, call, permit, "", err) == -1 ||
	    put_results(&names, word.n == 0 ? "" : (const char *)word.p, n,
		&out, &count, err) == -1)
		goto out;
	ferry_out_begin(&out, &buf);
	ferry_out_fmt(&out, "{\"num_results\":%" PRIu64 ",\"query\":", count);
	ferry_out_json(&out, ferry_bytes_buf(&word));
	ferry_out_str(&out, ",\"results\":[");
	ferry_out_bytes(&out, ferry_bytes_buf(&found));
	ferry_out_str(&out, "]}\n");
	if (ferry_out_end(&out, err) == 0)
		rc = ferry_response_take(res, "application/json", &buf, err);
out:
	ferry_record_iter_free(names.it);
	ferry_buf_free(&buf);
	ferry_buf_free(&found);
	json_decref(utf8);
	ferry_buf_free(&word);
	return rc;
}
