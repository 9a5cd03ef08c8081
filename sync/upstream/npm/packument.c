#include "sync/upstream/npm/packument.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"
#include "store/format/npm/npm.h"
#include "sync/fetch/fetch.h"

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
check_name(struct ferry_bytes root, const char *name, struct ferry_error *err)
{
	char *called = NULL;
	int rc = -1;

	if (string_of(root, "name", &called, err) == -1)
		return -1;
	/* Clients do not ask for the name. */
	if (called != NULL && strcmp(called, name) != 0)
		ferry_error_set(err, FERRY_EFORMAT,
		    "the document is not of '%s' but of '%.100s'", name,
		    called);
	else
		rc = 0;
	free(called);
	return rc;
}

static int
add_version(struct ferry_document *document, const struct ferry_span_iter *it,
    struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_bytes deprecated;
	int rc = 1;

	/* No client can ask for what is not a version. */
	if (ferry_span_unescape(&name, it->name, &own) == 0 &&
	    ferry_npm_version_valid(ferry_bytes_buf(&name)))
		rc = ferry_document_add(
		    document, ferry_bytes_buf(&name), name.n, it->value, err);
	ferry_buf_free(&name);
	/* npm takes "" and false for "not deprecated". */
	if (rc == 0 && ferry_span_get(it->value, "deprecated", &deprecated))
		document->listed[document->n - 1].last_choice =
		    !ferry_bytes_is(deprecated, "\"\"") &&
		    !ferry_bytes_is(deprecated, "false") &&
		    !ferry_bytes_is(deprecated, "null");
	return rc == -1 ? -1 : 0;
}

int
ferry_packument_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_bytes versions;
	struct ferry_span_iter it;

	(void)part;
	if (ferry_span_check(text, &document->root, err) == -1)
		return -1;
	if (ferry_span_type(document->root) != FERRY_SPAN_OBJECT)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the document is not an object");
	if (check_name(document->root, name, err) == -1)
		return -1;
	if (!ferry_span_get(document->root, "versions", &versions))
		return 0;
	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it))
		if (ferry_span_type(it.value) == FERRY_SPAN_OBJECT &&
		    add_version(document, &it, err) == -1)
			return -1;
	return 0;
}

int
ferry_packument_keep(struct ferry_buf *buf,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err)
{
	struct ferry_bytes times, time;
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	ferry_out_str(&out, "{\"versions\":{");
	ferry_out_json(&out, ferry_bytes_str(listed->version));
	ferry_out_str(&out, ":");
	ferry_out_bytes(&out, listed->object);
	ferry_out_str(&out, "},\"time\":{");
	if (ferry_span_get(document->root, "time", &times) &&
	    ferry_span_get(times, listed->version, &time)) {
		ferry_out_json(&out, ferry_bytes_str(listed->version));
		ferry_out_str(&out, ":");
		ferry_out_bytes(&out, time);
	}
	ferry_out_str(&out, "}}");
	return ferry_out_end(&out, err);
}

int
ferry_packument_tag(const struct ferry_document *document, const char *tag,
    char **out, struct ferry_error *err)
{
	struct ferry_bytes tags;

	*out = NULL;
	return ferry_span_get(document->root, "dist-tags", &tags)
	           ? string_of(tags, tag, out, err)
	           : 0;
}

int64_t
ferry_packument_time(const struct ferry_document *document, const char *version)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes time;
	char *text = NULL;
	int64_t t = 0;

	if (ferry_span_get(document->root, "time", &time) &&
	    string_of(time, version, &text, &err) == 0 && text != NULL &&
	    ferry_time_parse(&t, ferry_bytes_str(text), &err) == -1)
		t = 0;
	free(text);
	return t;
}

int
ferry_packument_times(const struct ferry_document *document,
    ferry_on_time *on_time, void *ctx, struct ferry_error *err)
{
	struct ferry_buf version = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_span_iter it;
	struct ferry_bytes time;
	int64_t at;
	int rc = 0;

	if (!ferry_span_get(document->root, "time", &time))
		return 0;
	ferry_span_iter(&it, time);
	while (rc == 0 && ferry_span_next(&it)) {
		if (ferry_span_type(it.value) != FERRY_SPAN_STRING ||
		    ferry_time_parse(&at,
			ferry_bytes_of(it.value.p + 1, it.value.n - 2),
			&ignored) == -1)
			continue;
		ferry_buf_reset(&version);
		rc = ferry_span_unescape(&version, it.name, err);
		if (rc == 0)
			rc = on_time(ctx, ferry_bytes_buf(&version), at, err);
	}
	ferry_buf_free(&version);
	return rc;
}

/* The tarball's URL as clients read it: a scheme in any case, with blanks and
 * umlauts. */
static int
read_tarball(struct ferry_bytes dist, const char *base, char **out,
    struct ferry_error *err)
{
	char *written = NULL;
	int rc;

	if (string_of(dist, "tarball", &written, err) == -1)
		return -1;
	if (written == NULL || !ferry_bytes_is_url(ferry_bytes_str(written)))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "its dist.tarball is not an http or https URL");
	else
		rc = ferry_fetch_url_resolve(out, base, written, err);
	free(written);
	return rc;
}

int
ferry_npm_dist_read(struct ferry_npm_dist *dist, const char *base,
    const struct ferry_listed *listed, struct ferry_error *err)
{
	size_t max = sizeof(dist->digests) / sizeof(dist->digests[0]);
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_bytes object;
	char *shasum = NULL;
	int rc = -1, n = 0;

	*dist = (struct ferry_npm_dist){ 0 };
	if (!ferry_span_get(listed->object, "dist", &object))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the document has no dist for it");
	if (read_tarball(object, base, &dist->tarball, err) == -1 ||
	    string_of(object, "integrity", &dist->integrity, err) == -1 ||
	    string_of(object, "shasum", &shasum, err) == -1)
		goto out;
	if (dist->integrity != NULL &&
	    (n = ferry_sri_parse(dist->digests, max - 1,
		 ferry_bytes_str(dist->integrity), err)) == -1)
		goto out;
	dist->n = (size_t)n;
	if (shasum != NULL && shasum[0] != 0) {
		if (ferry_digest_from_hex(&dist->digests[dist->n], FERRY_SHA1,
			ferry_bytes_str(shasum), &why) == 0)
			dist->n++;
		else if (n == 0) {
			/* Clients look at it only if there is nothing else. */
			*err = why;
			goto out;
		}
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
