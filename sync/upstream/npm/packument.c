#include "sync/upstream/npm/packument.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"

#define VERSIONS_MAX 200000

/* A member's string, for the caller to free; *out NULL if there is none. */
static int
string_of(struct ferry_bytes object, const char *name, char **out,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_bytes value;

	*out = NULL;
	if (!ferry_span_get(object, name, &value) ||
	    ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	if (ferry_span_string(&buf, value, err) == -1) {
		ferry_buf_free(&buf);
		return ferry_error_in(err, "member \"%s\"", name);
	}
	if (buf.p == NULL)
		return ferry_strdup(out, "", err);
	*out = (char *)buf.p;
	return 0;
}

static int
check(struct ferry_npm_doc *doc, struct ferry_bytes text, const char *name,
    struct ferry_error *err)
{
	char *called = NULL;
	int rc = -1;

	if (ferry_span_check(text, &doc->root, err) == -1)
		return -1;
	if (ferry_span_type(doc->root) != FERRY_SPAN_OBJECT)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the document is not an object");
	if (string_of(doc->root, "name", &called, err) == -1)
		return -1;
	if (called == NULL || strcmp(called, name) != 0)
		ferry_error_set(err, FERRY_EFORMAT,
		    "the document is not of '%s' but of '%.100s'", name,
		    called == NULL ? "nothing" : called);
	else
		rc = 0;
	free(called);
	return rc;
}

int
ferry_npm_doc_check(
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_npm_doc doc = { 0 };

	return check(&doc, text, name, err);
}

static int
add_version(struct ferry_npm_doc *doc, size_t *cap,
    const struct ferry_span_iter *it, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_bytes deprecated;
	struct ferry_npm_version *v;

	if (doc->n == VERSIONS_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "more than %d versions", VERSIONS_MAX);
	if (ferry_array_grow(&doc->versions, cap, doc->n + 1,
		sizeof(*doc->versions), err) == -1 ||
	    ferry_span_unescape(&name, it->name, err) == -1) {
		ferry_buf_free(&name);
		return -1;
	}
	v = &doc->versions[doc->n++];
	v->name = (char *)name.p;
	v->object = it->value;
	/* npm takes "" and false for "not deprecated". */
	v->deprecated = ferry_span_get(it->value, "deprecated", &deprecated) &&
	                !ferry_bytes_is(deprecated, "\"\"") &&
	                !ferry_bytes_is(deprecated, "false") &&
	                !ferry_bytes_is(deprecated, "null");
	return 0;
}

int
ferry_npm_doc_read(struct ferry_npm_doc *doc, struct ferry_bytes text,
    const char *name, struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes versions;
	size_t cap = 0;

	*doc = (struct ferry_npm_doc){ 0 };
	if (check(doc, text, name, err) == -1)
		return -1;
	(void)ferry_span_get(doc->root, "dist-tags", &doc->tags);
	(void)ferry_span_get(doc->root, "time", &doc->time);
	if (!ferry_span_get(doc->root, "versions", &versions))
		return 0;
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		/* No client can ask for what is not a version. */
		if (!ferry_npm_version_valid(it.name) ||
		    ferry_span_type(it.value) != FERRY_SPAN_OBJECT)
			continue;
		if (add_version(doc, &cap, &it, err) == -1) {
			ferry_npm_doc_free(doc);
			return -1;
		}
	}
	return 0;
}

void
ferry_npm_doc_free(struct ferry_npm_doc *doc)
{

	for (size_t i = 0; i < doc->n; i++)
		free(doc->versions[i].name);
	free(doc->versions);
	*doc = (struct ferry_npm_doc){ 0 };
}

const struct ferry_npm_version *
ferry_npm_doc_version(const struct ferry_npm_doc *doc, const char *name)
{

	/* The last of duplicates, as JavaScript has it. */
	for (size_t i = doc->n; i-- > 0;)
		if (strcmp(doc->versions[i].name, name) == 0)
			return &doc->versions[i];
	return NULL;
}

int
ferry_npm_doc_tag(const struct ferry_npm_doc *doc, const char *tag, char **out,
    struct ferry_error *err)
{

	*out = NULL;
	return doc->tags.n == 0 ? 0 : string_of(doc->tags, tag, out, err);
}

int64_t
ferry_npm_doc_time(const struct ferry_npm_doc *doc, const char *version)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char *text = NULL;
	int64_t t = 0;

	if (doc->time.n > 0 &&
	    string_of(doc->time, version, &text, &err) == 0 && text != NULL &&
	    ferry_time_parse(&t, ferry_bytes_str(text), &err) == -1)
		t = 0;
	free(text);
	return t;
}

int
ferry_npm_dist_read(struct ferry_npm_dist *dist,
    const struct ferry_npm_version *version, struct ferry_error *err)
{
	size_t max = sizeof(dist->digests) / sizeof(dist->digests[0]);
	struct ferry_bytes object;
	char *shasum = NULL;
	int rc = -1, n = 0;

	*dist = (struct ferry_npm_dist){ 0 };
	if (!ferry_span_get(version->object, "dist", &object))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the document has no dist for it");
	if (string_of(object, "tarball", &dist->tarball, err) == -1 ||
	    string_of(object, "integrity", &dist->integrity, err) == -1 ||
	    string_of(object, "shasum", &shasum, err) == -1)
		goto out;
	if (dist->tarball == NULL ||
	    (strncmp(dist->tarball, "http://", 7) != 0 &&
		strncmp(dist->tarball, "https://", 8) != 0)) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "its dist.tarball is not an http or https URL");
		goto out;
	}
	if (dist->integrity != NULL &&
	    (n = ferry_sri_parse(dist->digests, max - 1,
		 ferry_bytes_str(dist->integrity), err)) == -1)
		goto out;
	dist->n = (size_t)n;
	if (shasum != NULL && shasum[0] != 0) {
		if (ferry_digest_from_hex(&dist->digests[dist->n], FERRY_SHA1,
			ferry_bytes_str(shasum), err) == -1)
			goto out;
		dist->n++;
	}
	(void)ferry_span_get(object, "signatures", &dist->signatures);
	rc = 0;
out:
	free(shasum);
	if (rc == -1)
		ferry_npm_dist_free(dist);
	return rc;
}

void
ferry_npm_dist_free(struct ferry_npm_dist *dist)
{

	free(dist->tarball);
	free(dist->integrity);
	*dist = (struct ferry_npm_dist){ 0 };
}

static bool
one_ok(struct ferry_bytes list, const char *wanted)
{
	struct ferry_bytes want = ferry_bytes_str(wanted);
	bool any_positive = false, allowed = false;
	struct ferry_span_iter it;

	ferry_span_iter(&it, list);
	while (ferry_span_next(&it)) {
		struct ferry_bytes raw = it.value;

		if (ferry_span_type(raw) != FERRY_SPAN_STRING)
			continue;
		raw = ferry_bytes_of(raw.p + 1, raw.n - 2);
		if (raw.n > 0 && raw.p[0] == '!') {
			raw = ferry_bytes_of(raw.p + 1, raw.n - 1);
			if (ferry_span_is(raw, want))
				return false;
			continue;
		}
		any_positive = true;
		if (ferry_span_is(raw, want) || ferry_bytes_is(raw, "any"))
			allowed = true;
	}
	return allowed || !any_positive;
}

bool
ferry_npm_platform_ok(struct ferry_bytes object, const char *member,
    const char *const *wanted, size_t n)
{
	struct ferry_bytes list;

	if (n == 0 || !ferry_span_get(object, member, &list))
		return true;
	if (ferry_span_type(list) == FERRY_SPAN_STRING) {
		/* "os": "linux" means the same as a list of one. */
		for (size_t i = 0; i < n; i++)
			if (ferry_span_is(
				ferry_bytes_of(list.p + 1, list.n - 2),
				ferry_bytes_str(wanted[i])))
				return true;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (one_ok(list, wanted[i]))
			return true;
	return false;
}
