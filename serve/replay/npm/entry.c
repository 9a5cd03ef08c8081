#include "serve/replay/npm/entry.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/npm/load.h"
#include "serve/replay/npm/packument.h"
#include "serve/replay/search.h"
#include "store/base/error.h"
#include "store/base/json_span.h"

/* Bytes of what is shown and searched. */
#define DESCRIPTION_MAX 500
#define KEYWORDS_MAX 1000

/* Append a string value, at most max bytes, cut between characters. */
static int
add_text(struct ferry_buf *buf, struct ferry_bytes value, size_t max,
    struct ferry_error *err)
{
	size_t from = buf->n;

	if (ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	if (ferry_span_string(buf, value, err) == -1)
		return -1;
	if (buf->n - from > max) {
		size_t n = from + max;

		while (n > from && (buf->p[n] & 0xc0) == 0x80)
			n--;
		buf->p[buf->n = n] = 0;
	}
	return 0;
}

/* `,"name":"text"` if value is a string. */
static int
add_member(struct ferry_buf *json, const char *name, struct ferry_bytes value,
    size_t max, struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_buf decoded = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	if (add_text(&decoded, value, max, err) == -1 ||
	    ferry_buf_addf(json, err, ",\"%s\":", name) == -1 ||
	    ferry_span_quote(json, ferry_bytes_buf(&decoded), err) == -1)
		goto out;
	if (text != NULL &&
	    (ferry_buf_adds(text, " ", err) == -1 ||
		ferry_buf_add(text, decoded.p, decoded.n, err) == -1))
		goto out;
	rc = 0;
out:
	ferry_buf_free(&decoded);
	return rc;
}

static int
add_keywords(struct ferry_buf *json, struct ferry_bytes keywords,
    struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_buf word = FERRY_BUF_INIT;
	const char *comma = "";
	struct ferry_span_iter it;
	size_t from = json->n;
	int rc = -1;

	if (ferry_span_type(keywords) != FERRY_SPAN_ARRAY)
		return 0;
	if (ferry_buf_adds(json, ",\"keywords\":[", err) == -1)
		return -1;
	ferry_span_iter(&it, keywords);
	while (ferry_span_next(&it) && json->n - from < KEYWORDS_MAX) {
		ferry_buf_reset(&word);
		if (ferry_span_type(it.value) != FERRY_SPAN_STRING)
			continue;
		if (add_text(&word, it.value, 100, err) == -1 ||
		    ferry_buf_adds(json, comma, err) == -1 ||
		    ferry_span_quote(json, ferry_bytes_buf(&word), err) == -1 ||
		    ferry_buf_adds(text, " ", err) == -1 ||
		    ferry_buf_add(text, word.p, word.n, err) == -1)
			goto out;
		comma = ",";
	}
	rc = ferry_buf_adds(json, "]", err);
out:
	ferry_buf_free(&word);
	return rc;
}

/* `"name":{"username":…,"email":…}` of {"name":…,"email":…}. */
static int
add_person(struct ferry_buf *json, const char *before,
    struct ferry_bytes person, struct ferry_error *err)
{
	struct ferry_bytes value;
	size_t from;

	if (ferry_buf_addf(json, err, "%s{", before) == -1)
		return -1;
	from = json->n;
	if (ferry_span_get(person, "name", &value) &&
	    add_member(json, "username", value, 100, NULL, err) == -1)
		return -1;
	if (ferry_span_get(person, "email", &value) &&
	    add_member(json, "email", value, 100, NULL, err) == -1)
		return -1;
	if (json->n > from) /* the comma in front of the first */
		memmove(json->p + from, json->p + from + 1, json->n-- - from);
	return ferry_buf_adds(json, "}", err);
}

static int
add_people(struct ferry_buf *json, struct ferry_bytes root,
    struct ferry_bytes version, struct ferry_error *err)
{
	struct ferry_bytes list = { NULL, 0 }, who = { NULL, 0 };
	const char *before = ",\"maintainers\":[";
	struct ferry_span_iter it;
	unsigned n = 0;

	(void)ferry_span_get(root, "maintainers", &list);
	if (!ferry_span_get(version, "_npmUser", &who)) {
		ferry_span_iter(&it, list);
		if (ferry_span_next(&it))
			who = it.value;
	}
	/* npm prints both without asking whether they are there. */
	if (add_person(json, ",\"publisher\":", who, err) == -1)
		return -1;
	ferry_span_iter(&it, list);
	while (ferry_span_next(&it) && n++ < 10) {
		if (add_person(json, before, it.value, err) == -1)
			return -1;
		before = ",";
	}
	return ferry_buf_adds(json, n == 0 ? ",\"maintainers\":[]" : "]", err);
}

static int
add_links(
    struct ferry_buf *json, struct ferry_bytes root, struct ferry_error *err)
{
	static const char *const names[] = { "homepage", "repository", "bugs" };
	struct ferry_bytes value;
	size_t from;

	if (ferry_buf_adds(json, ",\"links\":{", err) == -1)
		return -1;
	from = json->n;
	for (size_t i = 0; i < 3; i++) {
		if (!ferry_span_get(root, names[i], &value))
			continue;
		if (ferry_span_type(value) == FERRY_SPAN_OBJECT &&
		    !ferry_span_get(value, "url", &value))
			continue;
		if (add_member(json, names[i], value, 300, NULL, err) == -1)
			return -1;
	}
	if (json->n > from)
		memmove(json->p + from, json->p + from + 1, json->n-- - from);
	return ferry_buf_adds(json, "}", err);
}

static int
add_package(struct ferry_buf *json, struct ferry_buf *text, const char *name,
    struct ferry_bytes root, const char *latest, struct ferry_error *err)
{
	const char *slash = strchr(name, '/');
	struct ferry_bytes value, version = { NULL, 0 };

	if (ferry_buf_adds(json, "{\"name\":", err) == -1 ||
	    ferry_span_quote(json, ferry_bytes_str(name), err) == -1 ||
	    ferry_buf_adds(json, ",\"scope\":", err) == -1 ||
	    ferry_span_quote(json,
		slash == NULL
		    ? ferry_bytes_str("unscoped")
		    : ferry_bytes_of(name + 1, (size_t)(slash - name) - 1),
		err) == -1 ||
	    ferry_buf_adds(json, ",\"version\":", err) == -1 ||
	    ferry_span_quote(json, ferry_bytes_str(latest), err) == -1)
		return -1;
	if (ferry_span_get(root, "versions", &value))
		(void)ferry_span_get(value, latest, &version);
	if (ferry_span_get(root, "description", &value) &&
	    add_member(
		json, "description", value, DESCRIPTION_MAX, text, err) == -1)
		return -1;
	if (ferry_span_get(root, "keywords", &value) &&
	    add_keywords(json, value, text, err) == -1)
		return -1;
	if (ferry_span_get(root, "time", &value) &&
	    ferry_span_get(value, latest, &value) &&
	    add_member(json, "date", value, 40, NULL, err) == -1)
		return -1;
	return add_links(json, root, err) == -1 ||
	               add_people(json, root, version, err) == -1
	           ? -1
	           : ferry_buf_adds(json, "}", err);
}

int
ferry_npm_entry_make(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err)
{
	struct ferry_buf upstream = FERRY_BUF_INIT, latest = FERRY_BUF_INIT;
	struct ferry_buf json = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_held held = { 0 };
	struct ferry_bytes root;
	int rc;

	rc = ferry_npm_load(view, name, owner, &upstream, &held, err);
	if (rc == 1 &&
	    ferry_span_check(ferry_bytes_buf(&upstream), &root, err) == -1)
		rc = -1;
	if (rc == 1)
		rc = ferry_npm_latest(&latest, root, &held, err);
	if (rc != 1)
		goto out;
	if (ferry_buf_adds(&text, name, err) == -1 ||
	    add_package(
		&json, &text, name, root, (const char *)latest.p, err) == -1 ||
	    ferry_strdup(&out->name, name, err) == -1 ||
	    ferry_strdup(&out->owner, owner, err) == -1 ||
	    ferry_strndup(&out->text, ferry_bytes_buf(&text), err) == -1 ||
	    ferry_strndup(&out->answer, ferry_bytes_buf(&json), err) == -1) {
		rc = -1;
		goto out;
	}
	for (char *p = out->text; *p != 0; p++)
		*p = (char)tolower((unsigned char)*p);
out:
	ferry_held_free(&held);
	ferry_buf_free(&text);
	ferry_buf_free(&json);
	ferry_buf_free(&latest);
	ferry_buf_free(&upstream);
	return rc;
}
