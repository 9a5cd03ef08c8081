#include "serve/replay/npm/entry.h"

#include <ctype.h>
#include <string.h>

#include "serve/replay/npm/load.h"
#include "serve/replay/npm/packument.h"
#include "serve/replay/search.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"

/* Bytes of what is shown and searched. */
#define DESCRIPTION_MAX 500
#define KEYWORDS_MAX 1000

/* What is written: the answer, and what is searched. */
struct entry {
	struct ferry_out json, text;
	struct ferry_bytes root;
	const char *comma; /* in front of the next member */
};

static void
put_name(struct entry *e, const char *name)
{

	ferry_out_fmt(&e->json, "%s\"%s\":", e->comma, name);
	e->comma = ",";
}

/* A string's first max bytes, cut between characters; also to be searched. */
static void
put_text(struct entry *e, struct ferry_bytes value, size_t max, bool searched)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	/* What cannot be decoded is left out. */
	(void)ferry_span_string(&buf, value, &why);
	if (buf.n > max) {
		while (max > 0 && (buf.p[max] & 0xc0) == 0x80)
			max--;
		buf.n = max;
	}
	ferry_out_json(&e->json, ferry_bytes_buf(&buf));
	if (searched) {
		ferry_out_str(&e->text, " ");
		ferry_out_bytes(&e->text, ferry_bytes_buf(&buf));
	}
	ferry_buf_free(&buf);
}

/* Member `"name":"text"` if from has it as a string. */
static void
put_member(struct entry *e, const char *name, struct ferry_bytes from,
    const char *member, size_t max, bool searched)
{
	struct ferry_bytes value;

	if (!ferry_span_get(from, member, &value) ||
	    ferry_span_type(value) != FERRY_SPAN_STRING)
		return;
	put_name(e, name);
	put_text(e, value, max, searched);
}

static void
put_keywords(struct entry *e)
{
	const char *comma = "";
	struct ferry_bytes keywords;
	struct ferry_span_iter it;
	size_t from;

	if (!ferry_span_get(e->root, "keywords", &keywords) ||
	    ferry_span_type(keywords) != FERRY_SPAN_ARRAY)
		return;
	put_name(e, "keywords");
	ferry_out_str(&e->json, "[");
	from = e->json.buf->n;
	ferry_span_iter(&it, keywords);
	while (ferry_span_next(&it) && e->json.buf->n - from < KEYWORDS_MAX) {
		if (ferry_span_type(it.value) != FERRY_SPAN_STRING)
			continue;
		ferry_out_str(&e->json, comma);
		put_text(e, it.value, 100, true);
		comma = ",";
	}
	ferry_out_str(&e->json, "]");
}

/* `{"username":…,"email":…}` of {"name":…,"email":…}. */
static void
put_person(struct entry *e, struct ferry_bytes person)
{

	ferry_out_str(&e->json, "{");
	e->comma = "";
	put_member(e, "username", person, "name", 100, false);
	put_member(e, "email", person, "email", 100, false);
	ferry_out_str(&e->json, "}");
	e->comma = ",";
}

static void
put_people(struct entry *e, struct ferry_bytes version)
{
	struct ferry_bytes list = { NULL, 0 }, who = { NULL, 0 };
	struct ferry_span_iter it;

	(void)ferry_span_get(e->root, "maintainers", &list);
	if (!ferry_span_get(version, "_npmUser", &who)) {
		ferry_span_iter(&it, list);
		if (ferry_span_next(&it))
			who = it.value;
	}
	/* npm prints both without asking whether they are there. */
	put_name(e, "publisher");
	put_person(e, who);
	put_name(e, "maintainers");
	ferry_out_str(&e->json, "[");
	ferry_span_iter(&it, list);
	for (unsigned n = 0; n < 10 && ferry_span_next(&it); n++) {
		ferry_out_str(&e->json, n == 0 ? "" : ",");
		put_person(e, it.value);
	}
	ferry_out_str(&e->json, "]");
}

static void
put_links(struct entry *e)
{
	static const char *const names[] = { "homepage", "repository", "bugs" };
	struct ferry_bytes value;

	put_name(e, "links");
	ferry_out_str(&e->json, "{");
	e->comma = "";
	for (size_t i = 0; i < 3; i++)
		if (ferry_span_get(e->root, names[i], &value) &&
		    ferry_span_type(value) == FERRY_SPAN_OBJECT)
			put_member(e, names[i], value, "url", 300, false);
		else
			put_member(e, names[i], e->root, names[i], 300, false);
	ferry_out_str(&e->json, "}");
	e->comma = ",";
}

static void
put_package(struct entry *e, const char *name, const char *latest)
{
	const char *slash = strchr(name, '/');
	struct ferry_bytes value, version = { NULL, 0 };

	ferry_out_str(&e->text, name);
	ferry_out_str(&e->json, "{");
	put_name(e, "name");
	ferry_out_json(&e->json, ferry_bytes_str(name));
	put_name(e, "scope");
	ferry_out_json(&e->json,
	    slash == NULL
		? ferry_bytes_str("unscoped")
		: ferry_bytes_of(name + 1, (size_t)(slash - name) - 1));
	put_name(e, "version");
	ferry_out_json(&e->json, ferry_bytes_str(latest));
	if (ferry_span_get(e->root, "versions", &value))
		(void)ferry_span_get(value, latest, &version);
	put_member(
	    e, "description", e->root, "description", DESCRIPTION_MAX, true);
	put_keywords(e);
	if (ferry_span_get(e->root, "time", &value))
		put_member(e, "date", value, latest, 40, false);
	put_links(e);
	put_people(e, version);
	ferry_out_str(&e->json, "}");
}

int
ferry_npm_entry_make(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err)
{
	struct ferry_buf upstream = FERRY_BUF_INIT, latest = FERRY_BUF_INIT;
	struct ferry_buf json = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_held held = { 0 };
	struct entry e = { .comma = "" };
	int rc = ferry_npm_load(view, name, owner, &upstream, &held, err);

	if (rc == 1 &&
	    ferry_span_check(ferry_bytes_buf(&upstream), &e.root, err) == -1)
		rc = -1;
	if (rc == 1)
		rc = ferry_npm_latest(&latest, e.root, &held, err);
	if (rc != 1)
		goto out;
	ferry_out_begin(&e.json, &json);
	ferry_out_begin(&e.text, &text);
	put_package(&e, name, (const char *)latest.p);
	if (ferry_out_end(&e.json, err) == -1 ||
	    ferry_out_end(&e.text, err) == -1 ||
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
