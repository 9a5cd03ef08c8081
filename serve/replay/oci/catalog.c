/*
 * Which repositories there are: the catalog, and the search of docker and
 * podman.  Names alone, as the first owner of each answers for it.
 *
 * Source: Docker Registry HTTP API V2, "Listing Repositories"; the search of
 *     API V1, of which store/format/oci/PROTOCOL.md, section 2, has the form.
 */

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/oci/oci.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/catalog/catalog.h"

#define CATALOG_MAX 1000
#define SEARCH_DEFAULT 25
#define SEARCH_MAX 100
/* A search looks at no more names than this, about a tenth of a second's. */
#define SEARCH_LOOKS 100000

struct names {
	struct ferry_record_iter *it;
	struct ferry_store *store;
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
	names->store = ferry_store_view_store(call->view);
	names->permit = permit;
	(void)snprintf(names->last, sizeof(names->last), "%s", last);
	if (ferry_key_make(&prefix, err, "package", "oci", NULL) == -1 ||
	    ferry_key_make(&from, err, "package", "oci",
		names->last[0] == 0 ? NULL : names->last, NULL) == -1)
		return -1;
	return ferry_catalog_iter_new(
	    &names->it, names->store, &prefix, &from, err);
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
		if ((rc = ferry_oci_has_versions(names->store, name,
			 ferry_key_part(&key, 3), err)) != 0)
			return rc;
	}
	return 0;
}

/* At most n names.  *more: the last of them is not the last there is. */
static int
add_names(struct names *names, uint64_t n, struct ferry_buf *buf,
    char last[FERRY_PACKAGE_NAME], bool *more, struct ferry_error *err)
{
	uint64_t looks = UINT64_MAX, count = 0;
	int rc;

	*more = false;
	if (ferry_buf_adds(buf, "{\"repositories\":[", err) == -1)
		return -1;
	while (n > 0 && (rc = names_next(names, &looks, err)) != 0) {
		if (rc == -1)
			return -1;
		if (count == n) {
			*more = true;
			break;
		}
		if ((count++ > 0 && ferry_buf_adds(buf, ",", err) == -1) ||
		    ferry_span_quote(buf, ferry_bytes_str(names->last), err) ==
			-1)
			return -1;
		memcpy(last, names->last, sizeof(names->last));
	}
	return ferry_buf_adds(buf, "]}\n", err);
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
	bool more;
	int rc = -1;

	if (ferry_request_query(call->rq, "last", &after, err) == -1 ||
	    names_new(&names, call, permit,
		after.n == 0 ? "" : (const char *)after.p, err) == -1 ||
	    add_names(&names, n, &buf, last, &more, err) == -1 ||
	    ferry_response_take(res, "application/json", &buf, err) == -1)
		goto out;
	if (more) {
		if (ferry_buf_addf(&link, err,
			"</v2/_catalog?n=%" PRIu64 "&last=", n) == -1 ||
		    ferry_url_encode(&link, ferry_bytes_str(last), err) == -1 ||
		    ferry_buf_adds(&link, ">; rel=\"next\"", err) == -1)
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

static int
add_results(struct names *names, const char *word, uint64_t n,
    struct ferry_buf *buf, uint64_t *count, struct ferry_error *err)
{
	uint64_t looks = SEARCH_LOOKS;
	int rc = 0;

	*count = 0;
	while (*count < n && (rc = names_next(names, &looks, err)) == 1) {
		if (strstr(names->last, word) == NULL)
			continue;
		if ((*count > 0 && ferry_buf_adds(buf, ",", err) == -1) ||
		    ferry_buf_adds(buf, "{\"name\":", err) == -1 ||
		    ferry_span_quote(buf, ferry_bytes_str(names->last), err) ==
			-1 ||
		    ferry_buf_adds(buf,
			",\"description\":\"\",\"is_official\":false,"
			"\"is_automated\":false,\"star_count\":0}",
			err) == -1)
			return -1;
		(*count)++;
	}
	return rc == -1 ? -1 : 0;
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
	if (names_new(&names, call, permit, "", err) == -1 ||
	    add_results(&names, word.n == 0 ? "" : (const char *)word.p, n,
		&found, &count, err) == -1 ||
	    ferry_buf_addf(&buf, err,
		"{\"num_results\":%" PRIu64 ",\"query\":", count) == -1 ||
	    ferry_span_quote(&buf, ferry_bytes_buf(&word), err) == -1 ||
	    ferry_buf_adds(&buf, ",\"results\":[", err) == -1 ||
	    ferry_buf_add(&buf, found.p, found.n, err) == -1 ||
	    ferry_buf_adds(&buf, "]}\n", err) == -1 ||
	    ferry_response_take(res, "application/json", &buf, err) == -1)
		goto out;
	rc = 1;
out:
	ferry_record_iter_free(names.it);
	ferry_buf_free(&buf);
	ferry_buf_free(&found);
	json_decref(utf8);
	ferry_buf_free(&word);
	return rc;
}
