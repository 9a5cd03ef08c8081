#include "serve/replay/maven/page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/http/http.h"
#include "serve/replay/held.h"
#include "serve/replay/maven/versions.h"
#include "serve/replay/view.h"
#include "store/base/error.h"
#include "store/base/out.h"
#include "store/format/maven/names.h"

#define MARKER ".gradle.plugin"

/* What the snippets are made of. */
struct shown {
	const struct ferry_call *call;
	struct ferry_bytes group, artifact;
	const char *version; /* the newest release, or the newest */
	char packaging[40];
	struct ferry_buf base; /* URL of the repository, escaped */
};

bool
ferry_maven_wants_page(const struct ferry_request *rq)
{
	const char *accept = ferry_request_header(rq, "Accept");

	return accept != NULL && strstr(accept, "text/html") != NULL;
}

static void
put_escaped(struct ferry_out *out, const char *before, struct ferry_bytes text,
    const char *after)
{

	ferry_out_str(out, before);
	ferry_out_html(out, text);
	ferry_out_str(out, after);
}

/* <groupId>…</groupId> and so on, escaped. */
static void
put_element(struct ferry_out *out, const char *name, struct ferry_bytes text)
{

	ferry_out_fmt(out, "  &lt;%s&gt;", name);
	ferry_out_html(out, text);
	ferry_out_fmt(out, "&lt;/%s&gt;\n", name);
}

static void
put_maven(struct ferry_out *out, const struct shown *s)
{
	const char *element =
	    strcmp(s->packaging, "maven-plugin") == 0 ? "plugin" : "dependency";

	ferry_out_fmt(out, "<h2>pom.xml</h2>\n<pre>&lt;%s&gt;\n", element);
	put_element(out, "groupId", s->group);
	put_element(out, "artifactId", s->artifact);
	put_element(out, "version", ferry_bytes_str(s->version));
	if (strcmp(s->packaging, "pom") == 0) {
		put_element(out, "type", ferry_bytes_str("pom"));
		put_element(out, "scope", ferry_bytes_str("import"));
	}
	ferry_out_fmt(out, "&lt;/%s&gt;</pre>\n", element);
}

/* A line of dependencies { … } or plugins { … }; kotlin has brackets and double
 * quotes. */
static void
put_gradle(struct ferry_out *out, const struct shown *s, bool kotlin)
{
	const char *quote = kotlin ? "&quot;" : "'", *open = kotlin ? "(" : " ",
		   *close = kotlin ? ")" : "";
	bool platform = strcmp(s->packaging, "pom") == 0;
	size_t n = sizeof(MARKER) - 1;

	ferry_out_fmt(out, "<h2>%s</h2>\n<pre>",
	    kotlin ? "build.gradle.kts" : "build.gradle");
	if (s->artifact.n > n &&
	    memcmp(s->artifact.p + s->artifact.n - n, MARKER, n) == 0) {
		ferry_out_fmt(out, "plugins { id%s%s", open, quote);
		ferry_out_html(
		    out, ferry_bytes_of(s->artifact.p, s->artifact.n - n));
		ferry_out_fmt(out, "%s%s version %s", quote, close, quote);
		ferry_out_html(out, ferry_bytes_str(s->version));
		ferry_out_fmt(out, "%s }</pre>\n", quote);
		return;
	}
	ferry_out_fmt(out, "repositories { maven { url = uri(%s%s%s) } }\n",
	    quote, (const char *)s->base.p, quote);
	ferry_out_fmt(out, "dependencies { implementation%s%s%s", open,
	    platform ? "platform(" : "", quote);
	put_escaped(out, "", s->group, ":");
	put_escaped(out, "", s->artifact, ":");
	ferry_out_html(out, ferry_bytes_str(s->version));
	ferry_out_fmt(
	    out, "%s%s%s }</pre>\n", quote, platform ? ")" : "", close);
}

/* When a version came, and what its packaging is. */
static int
read_record(const struct shown *s, const char *version, char date[11],
    char packaging[40], struct ferry_error *err)
{
	json_t *record = NULL;
	struct tm tm;
	time_t at;
	const char *said;
	int rc = ferry_held_record(s->call->view, "maven",
	    s->call->resource.package, s->call->owner, version, &record, err);

	at = (time_t)json_integer_value(json_object_get(record, "pulled_at"));
	if (at <= 0 || gmtime_r(&at, &tm) == NULL ||
	    strftime(date, 11, "%Y-%m-%d", &tm) == 0)
		date[0] = 0;
	said = json_string_value(json_object_get(record, "packaging"));
	(void)snprintf(packaging, 40, "%s", said == NULL ? "" : said);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
put_versions(struct ferry_out *out, const struct shown *s,
    const struct ferry_maven_versions *v, struct ferry_error *err)
{
	char date[11], packaging[40];

	ferry_out_str(out, "<h2>versions</h2>\n<ul>\n");
	for (size_t i = v->n; i-- > 0;) {
		if (read_record(s, v->list[i], date, packaging, err) == -1)
			return -1;
		put_escaped(
		    out, "<li><code>", ferry_bytes_str(v->list[i]), "</code>");
		ferry_out_fmt(out, "%s%s%s", date[0] == 0 ? "" : ", ", date,
		    packaging[0] == 0 ? "" : ", ");
		/* A POM says anything. */
		put_escaped(out, "", ferry_bytes_str(packaging), "</li>\n");
	}
	ferry_out_str(out, "</ul>\n");
	return 0;
}

static int
put_page(struct ferry_out *out, struct shown *s,
    const struct ferry_maven_versions *v, struct ferry_error *err)
{
	char date[11];

	s->version = v->list[v->n - 1];
	for (size_t i = 0; i < v->n; i++)
		if (!ferry_maven_prerelease(ferry_bytes_str(v->list[i])))
			s->version = v->list[i];
	if (read_record(s, s->version, date, s->packaging, err) == -1)
		return -1;
	put_escaped(out,
	    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\"><title>",
	    s->artifact, "</title>\n");
	ferry_out_str(out,
	    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;"
	    "margin:3rem auto;padding:0 1rem}pre{background:#8881;"
	    "padding:.8rem;overflow:auto}:root{color-scheme:light dark}"
	    "</style></head><body>\n");
	put_escaped(out, "<p>", s->group, "</p>\n");
	put_escaped(out, "<h1>", s->artifact, "</h1>\n");
	put_maven(out, s);
	put_gradle(out, s, false);
	put_gradle(out, s, true);
	if (put_versions(out, s, v, err) == -1)
		return -1;
	ferry_out_str(out, "</body></html>\n");
	return 0;
}

/* The repository's URL, escaped, as the client sees it. */
static int
find_base(struct shown *s, struct ferry_error *err)
{
	const char *origin = s->call->resource.origin;
	struct ferry_buf base = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = -1;

	ferry_out_begin(&out, &s->base);
	if (ferry_view_base(s->call, &base, err) == 0 &&
	    (origin[0] == 0 ||
		ferry_buf_addf(&base, err, "%s/", origin) == 0)) {
		ferry_out_html(&out, ferry_bytes_buf(&base));
		rc = ferry_out_end(&out, err);
	}
	ferry_buf_free(&base);
	return rc;
}

int
ferry_maven_page(const struct ferry_call *call, const char *coordinates,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_maven_whose whose = { .call = call };
	struct ferry_maven_versions v = { .n = 0 };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct shown s = { .call = call,
		.group = ferry_maven_group(ferry_bytes_str(coordinates)),
		.artifact =
		    ferry_maven_artifact(ferry_bytes_str(coordinates)) };
	struct ferry_out out;
	int rc = -1;

	if (ferry_maven_whose(&whose, err) == -1 ||
	    ferry_maven_versions_load(&v, &whose, err) == -1)
		goto out;
	rc = 0;
	if (v.n == 0)
		goto out;
	rc = -1;
	ferry_out_begin(&out, &text);
	if (find_base(&s, err) == -1 || put_page(&out, &s, &v, err) == -1 ||
	    ferry_out_end(&out, err) == -1 ||
	    ferry_response_take(res, "text/html; charset=utf-8", &text, err) ==
		-1)
		goto out;
	ferry_response_header(res, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'");
	ferry_response_header(res, "X-Content-Type-Options", "nosniff");
	ferry_response_header(res, "Vary", "Accept");
	res->cache = "no-cache";
	rc = 1;
out:
	ferry_maven_versions_free(&v);
	ferry_buf_free(&whose.owners);
	ferry_buf_free(&s.base);
	ferry_buf_free(&text);
	return rc;
}
