#include "serve/replay/maven/maven.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/http/flow.h"
#include "serve/replay/asker.h"
#include "serve/replay/maven/files.h"
#include "serve/replay/maven/metadata.h"
#include "serve/replay/maven/page.h"
#include "serve/replay/maven/path.h"
#include "serve/replay/maven/prefixes.h"
#include "serve/replay/page.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/out.h"

#define TEXT "text/plain; charset=utf-8"
#define XML "application/xml"
#define FOREVER "public, max-age=31536000, immutable"
#define PROBED "public, max-age=60"

static const char *const prefixes[] = { "/maven/", "/_registry/maven/", NULL };
static const char *const hosts[] = { "maven.", NULL };

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_url_decode(&path, rest, err) == 0) {
		const char *text = path.p == NULL ? "" : (const char *)path.p;
		size_t n = strlen(text);

		rc = (n > 0 && text[n - 1] == '/' &&
			 ferry_maven_wants_page(call->rq) &&
			 ferry_maven_path_page(&call->resource, text)) ||
		     ferry_maven_path_parse(&call->resource, text);
	}
	ferry_buf_free(&path);
	return rc;
}

/* Whether upstreams are asked for what is not here. */
static bool
is_pulled_through(const struct ferry_call *call)
{
	char upstreams[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME];

	return call->asker != NULL &&
	       ferry_asker_upstreams(call->asker, "maven", upstreams) > 0;
}

/* Maven and Gradle show the status; the newest of both also the detail of a
 * problem (RFC 9457), but for what is not there. */
static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{
	struct ferry_buf body = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_out out;

	if (text == NULL)
		text = "this is not in the mirror";
	if (status == 404) {
		ferry_response_text(res, status, TEXT, "%.300s\n", text);
		/* What clients probe for is mostly not there, tomorrow as well;
		 * but an upstream may be asked for it. */
		res->cache = is_pulled_through(call) ? NULL : PROBED;
		return;
	}
	ferry_out_begin(&out, &body);
	ferry_out_fmt(&out, "{\"status\":%u,\"detail\":", status);
	ferry_out_json(&out, ferry_bytes_str(text));
	ferry_out_str(&out, "}\n");
	ferry_response_text(res, status, "application/problem+json", "%s",
	    ferry_out_end(&out, &ignored) == -1 ? "" : (char *)body.p);
	ferry_buf_free(&body);
}

/* Files */

static const char *
type_of(const char *file)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ "pom", XML },
		{ "xml", XML },
		{ "jar", "application/java-archive" },
		{ "war", "application/java-archive" },
		{ "ear", "application/java-archive" },
		{ "aar", "application/java-archive" },
		{ "module", "application/json" },
		{ "json", "application/json" },
		{ "asc", "text/plain" },
		{ "zip", "application/zip" },
		{ "gz", "application/gzip" },
	};
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]);
	     i++)
		if (strcmp(dot + 1, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static void
add_sums(struct ferry_response *res, const struct ferry_maven_sums *sums)
{
	time_t at = (time_t)sums->pulled_at;
	char text[64];
	struct tm tm;

	if (sums->sha1[0] != 0)
		ferry_response_header(res, "X-Checksum-Sha1", sums->sha1);
	if (sums->md5[0] != 0)
		ferry_response_header(res, "X-Checksum-Md5", sums->md5);
	if (at > 0 && gmtime_r(&at, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		ferry_response_header(res, "Last-Modified", text);
}

/* A sidecar: hexadecimal digits and no more. */
static int
answer_sum(const struct ferry_maven_sums *sums, int kind, const char *cache,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *sum = ferry_maven_sum_of(sums, kind);

	if (*sum == 0)
		return 0;
	if (ferry_buf_adds(&text, sum, err) == -1 ||
	    ferry_response_take(res, "text/plain", &text, err) == -1)
		return -1;
	res->cache = cache;
	return 1;
}

static int
answer_file(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_maven_sums sums;
	struct ferry_body *body = NULL;
	int rc = ferry_maven_file_sums(call, reading, &sums, err);

	if (rc != 1)
		return rc;
	if ((call->resource.kind & FERRY_MAVEN_SUMS) != 0)
		return answer_sum(
		    &sums, call->resource.kind, FOREVER, res, err);
	if ((rc = ferry_maven_file(call, reading, &body, err)) != 1)
		return rc;
	ferry_response_body(res, type_of(reading->file), body);
	res->ranges = true;
	res->cache = FOREVER;
	add_sums(res, &sums);
	return 1;
}

/* Metadata */

/* "org.apache.maven:plugins" is the group "org.apache.maven.plugins". */
static int
group_metadata(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_maven_reading reading;
	char *colon;
	int rc = 0;

	/* Whether the path begins with an upstream, only plugins can tell. */
	for (unsigned skip = 0; skip < 2 && rc == 0; skip++) {
		if (!ferry_maven_path_read(&call->resource, skip, &reading))
			continue;
		colon = strchr(reading.package, ':');
		*colon = '.';
		rc = ferry_maven_group_metadata(call->state, permit,
		    reading.package, reading.origin, out, err);
	}
	return rc;
}

static int
answer_metadata(const struct ferry_call *call,
    const struct ferry_permit *permit,
    const struct ferry_maven_reading *reading, struct ferry_response *res,
    struct ferry_error *err)
{
	int kind = call->resource.kind & ~FERRY_MAVEN_SUMS, rc = 0;
	struct ferry_body *body = NULL;
	struct ferry_maven_sums sums;

	if (kind == FERRY_MAVEN_SNAPSHOT)
		rc = call->owner[0] == 0 ? 0
		                         : ferry_maven_snapshot_metadata(call,
					       reading->folder, &body, err);
	else if (call->owner[0] != 0)
		rc = ferry_maven_artifact_metadata(call, &body, err);
	if (rc == 0 && kind == FERRY_MAVEN_VERSIONS)
		rc = group_metadata(call, permit, &body, err);
	if (rc != 1)
		return rc;
	if (ferry_maven_text_sums(ferry_bytes_buf(&body->bytes), &sums, err) ==
	    -1) {
		ferry_body_unref(body);
		return -1;
	}
	if ((call->resource.kind & FERRY_MAVEN_SUMS) != 0) {
		rc = answer_sum(
		    &sums, call->resource.kind, "no-cache", res, err);
		ferry_body_unref(body);
		return rc;
	}
	ferry_response_body(res, XML, body);
	res->cache = "no-cache";
	add_sums(res, &sums);
	return 1;
}

/* Whether upstreams are yet to be asked for what is not here. */
static bool
may_come(const struct ferry_call *call)
{
	struct ferry_ticket_end end;
	struct ferry_flow *flow = NULL;
	bool asked;

	if (!is_pulled_through(call))
		return false;
	asked = ferry_ticket_look(call->rq, &end, &flow) == 1;
	ferry_flow_unref(flow);
	return !asked;
}

/*
 * A path may be that of a group: if the client may not read a package of that
 * name, or there is none, and sees plugins of such a group, the list of those is
 * what it asks for.
 */
static int
find_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_access_decision decision;
	struct ferry_body *body = NULL;
	int rc;

	/* The first look evens out by itself. */
	if (lookup == FERRY_LOOKUP_FRESH)
		return 0;
	rc = ferry_maven_owner(call, err);
	if (rc == -1 || (r->kind & ~FERRY_MAVEN_SUMS) != FERRY_MAVEN_VERSIONS ||
	    may_come(call) || (rc == 1 && ferry_view_may_read(call, "maven")))
		return rc;
	ferry_access_decide(
	    &(struct ferry_access_request){ .identity = &call->identity,
		.action = FERRY_ACTION_LIST,
		.format = "maven" },
	    &decision);
	if (decision.permit == NULL ||
	    group_metadata(call, decision.permit, &body, err) != 1)
		return rc;
	ferry_body_unref(body);
	r->action = FERRY_ACTION_LIST;
	r->package[0] = r->origin[0] = call->owner[0] = 0;
	return 0;
}

static int
answer_prefixes(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_body *body = NULL;
	int rc = is_pulled_through(call)
	             ? 0
	             : ferry_maven_prefixes(call, &body, err);

	if (rc == 1)
		ferry_response_body(res, TEXT, body);
	else if (rc == 0)
		ferry_response_text(res, 200, TEXT, FERRY_MAVEN_NO_PREFIXES);
	res->cache = "no-cache";
	return rc == -1 ? -1 : 1;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_maven_reading reading;

	switch (call->resource.kind & ~FERRY_MAVEN_SUMS) {
	case FERRY_MAVEN_ROOT:
		ferry_response_text(res, 200, TEXT, "ferry\n");
		return 1;
	case FERRY_MAVEN_PREFIXES:
		return answer_prefixes(call, res, err);
	case FERRY_MAVEN_VERSIONS:
	case FERRY_MAVEN_SNAPSHOT:
		return ferry_maven_chosen(call, &reading)
		           ? answer_metadata(call, permit, &reading, res, err)
		           : 0;
	case FERRY_MAVEN_PAGE:
		return call->owner[0] != 0 && ferry_maven_chosen(call, &reading)
		           ? ferry_maven_page(call, reading.package, res, err)
		           : 0;
	default:
		return call->owner[0] != 0 && ferry_maven_chosen(call, &reading)
		           ? answer_file(call, &reading, res, err)
		           : 0;
	}
}

/* State: the plugins, by group */

static int
start(void **state, struct ferry_store_view *view, uint64_t search_bytes,
    struct ferry_error *err)
{
	struct ferry_search *plugins = NULL;

	if (ferry_search_new(&plugins, view, "maven", ferry_maven_plugin_entry,
		search_bytes, err) == -1)
		return -1;
	*state = plugins;
	return 0;
}

/* Gradle's lines, where http needs a word. */
static void
write_gradle_page(const struct ferry_page *page)
{

	ferry_page_add(page, "Gradle",
	    page->plain
		? "// settings.gradle\n"
		  "pluginManagement { repositories { maven { "
		  "url = \"{url}/maven/\"; allowInsecureProtocol = true } } }\n"
		  "dependencyResolutionManagement { repositories { maven { "
		  "url = \"{url}/maven/\"; allowInsecureProtocol = true } } }"
		: "// settings.gradle\n"
		  "pluginManagement { repositories { maven { "
		  "url = \"{url}/maven/\" } } }\n"
		  "dependencyResolutionManagement { repositories { maven { "
		  "url = \"{url}/maven/\" } } }");
	ferry_page_add(page, "Gradle, Kotlin",
	    page->plain
		? "// settings.gradle.kts\n"
		  "pluginManagement { repositories { maven(\"{url}/maven/\") "
		  "{ isAllowInsecureProtocol = true } } }\n"
		  "dependencyResolutionManagement { repositories { "
		  "maven(\"{url}/maven/\") "
		  "{ isAllowInsecureProtocol = true } } }"
		: "// settings.gradle.kts\n"
		  "pluginManagement { repositories { maven(\"{url}/maven/\") "
		  "} }\n"
		  "dependencyResolutionManagement { repositories { "
		  "maven(\"{url}/maven/\") } }");
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN) {
		ferry_page_add(page, "Maven",
		    "<!-- ~/.m2/settings.xml, in <settings> -->\n"
		    "<servers><server><id>ferry</id>"
		    "<username>ferry</username>\n"
		    "  <password>TOKEN</password></server></servers>");
		ferry_page_add(page, "Gradle",
		    "// settings.gradle and settings.gradle.kts, behind each "
		    "url\n"
		    "credentials { username = \"ferry\"; "
		    "password = \"TOKEN\" }");
		return;
	}
	ferry_page_add(page, "Maven",
	    "<!-- ~/.m2/settings.xml; after an import: mvn -U -->\n"
	    "<settings>\n"
	    "<mirrors><mirror><id>ferry</id><mirrorOf>*</mirrorOf>\n"
	    "  <url>{url}/maven/</url></mirror></mirrors>\n"
	    "</settings>");
	write_gradle_page(page);
}

const struct ferry_replay ferry_replay_maven = {
	.name = "maven",
	.format = "maven",
	.prefixes = prefixes,
	.hosts = hosts,
	.parse = parse,
	.owner = find_owner,
	.answer = answer,
	.wants = ferry_maven_wants,
	.supplies = ferry_maven_supplies,
	.refuse = refuse,
	.start = start,
	.changed = ferry_search_changed,
	.stop = ferry_search_free,
	.page = write_page,
};
