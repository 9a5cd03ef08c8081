#include "serve/replay/maven/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/maven/files.h"
#include "serve/replay/maven/versions.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"

#define HEAD                                                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                         \
	"<metadata modelVersion=\"1.1.0\">\n"
#define STAMP FERRY_MAVEN_STAMP

static void
put(struct ferry_out *out, const char *indent, const char *name,
    struct ferry_bytes value)
{

	ferry_out_fmt(out, "%s<%s>", indent, name);
	ferry_out_html(out, value);
	ferry_out_fmt(out, "</%s>\n", name);
}

static void
put_plugin(
    struct ferry_out *out, struct ferry_bytes artifact, const char *prefix)
{

	ferry_out_str(out, "    <plugin>\n");
	put(out, "      ", "name", artifact);
	put(out, "      ", "prefix", ferry_bytes_str(prefix));
	put(out, "      ", "artifactId", artifact);
	ferry_out_str(out, "    </plugin>\n");
}

/* Those that upstream lists. */
static void
put_plugins(struct ferry_out *out, const struct ferry_maven_versions *v)
{
	const char *at = (const char *)v->plugins.p, *end = at + v->plugins.n,
		   *prefix;

	for (; at < end; at = prefix + strlen(prefix) + 1) {
		prefix = at + strlen(at) + 1;
		put_plugin(out, ferry_bytes_str(at), prefix);
	}
}

static void
stamp(json_int_t at, char out[STAMP])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, STAMP, "%Y%m%d%H%M%S", &tm) == 0)
		out[0] = 0;
}

static void
put_coordinates(struct ferry_out *out, const char *package)
{

	put(out, "  ", "groupId", ferry_maven_group(ferry_bytes_str(package)));
	put(out, "  ", "artifactId",
	    ferry_maven_artifact(ferry_bytes_str(package)));
}

static int
end_body(struct ferry_out *out, struct ferry_buf *text,
    struct ferry_body **body, struct ferry_error *err)
{

	ferry_out_str(out, "</metadata>\n");
	return ferry_out_end(out, err) == -1 ||
	               ferry_body_tagged(body, text, err) == -1
	           ? -1
	           : 1;
}

/* Of an artifact */

/* The later of what is known of its last change. */
static void
last_updated(const struct ferry_maven_versions *v, char out[STAMP])
{

	stamp(v->updated_at, out);
	if (strcmp(v->updated, out) > 0)
		memcpy(out, v->updated, STAMP);
}

static void
put_versions(struct ferry_out *out, const struct ferry_maven_versions *v)
{
	const char *release = NULL;
	char at[STAMP];

	for (size_t i = 0; i < v->n; i++)
		if (!ferry_maven_is_snapshot(ferry_bytes_str(v->list[i])))
			release = v->list[i];
	last_updated(v, at);
	ferry_out_str(out, "  <versioning>\n");
	put(out, "    ", "latest", ferry_bytes_str(v->list[v->n - 1]));
	if (release != NULL)
		put(out, "    ", "release", ferry_bytes_str(release));
	ferry_out_str(out, "    <versions>\n");
	for (size_t i = 0; i < v->n; i++)
		put(out, "      ", "version", ferry_bytes_str(v->list[i]));
	ferry_out_str(out, "    </versions>\n");
	put(out, "    ", "lastUpdated", ferry_bytes_str(at));
	ferry_out_str(out, "  </versioning>\n");
}

/* What clients know it by, wherever it is. */
static const char *
coordinates_of(
    const struct ferry_call *call, struct ferry_maven_reading *reading)
{

	return ferry_maven_chosen(call, reading) ? reading->package
	                                         : call->resource.package;
}

/* One name may be an artifact's and a group's. */
static int
make_artifact(void *ctx, struct ferry_body **body, struct ferry_error *err)
{
	const struct ferry_maven_whose *whose = ctx;
	const struct ferry_call *call = whose->call;
	struct ferry_maven_reading reading;
	struct ferry_maven_versions v;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = ferry_maven_versions_load(&v, whose, err);

	if (rc == -1 || (v.n == 0 && v.plugins.n == 0))
		goto out;
	ferry_out_begin(&out, &text);
	ferry_out_str(&out, HEAD);
	if (v.n > 0) {
		put_coordinates(&out, coordinates_of(call, &reading));
		put_versions(&out, &v);
	}
	if (v.plugins.n > 0) {
		ferry_out_str(&out, "  <plugins>\n");
		put_plugins(&out, &v);
		ferry_out_str(&out, "  </plugins>\n");
	}
	rc = end_body(&out, &text, body, err);
out:
	ferry_maven_versions_free(&v);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_maven_artifact_metadata(const struct ferry_call *call,
    struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_maven_whose whose = { .call = call };
	int rc = ferry_maven_whose(&whose, err);

	if (rc == 0 && whose.owners.n > 0)
		rc = ferry_store_view_get(call->view, out, make_artifact,
		    &whose, err, "maven", call->resource.package, "metadata",
		    (const char *)whose.owners.p, NULL);
	ferry_buf_free(&whose.owners);
	return rc;
}

/* Of a snapshot */

/* The ending of a file: two words where the first says how it is packed. */
static const char *
extension_of(const char *rest)
{
	static const char *const longer[] = { ".tar.gz", ".tar.bz2", ".tar.xz",
		".jar.asc", ".pom.asc", ".war.asc", ".module.asc" };
	size_t n = strlen(rest);
	const char *dot = strrchr(rest, '.');

	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		size_t k = strlen(longer[i]);

		if (n >= k && strcmp(rest + n - k, longer[i]) == 0)
			return rest + n - k + 1;
	}
	return dot == NULL ? NULL : dot + 1;
}

/* The files of a build that no newer one has; seen: by "classifier extension". */
static int
put_build(struct ferry_out *out, const char *package, const char *version,
    const json_t *files, json_t *seen, struct ferry_error *err)
{
	size_t n = ferry_maven_artifact(ferry_bytes_str(package)).n + 1 +
	           strlen(version),
	       i;
	struct ferry_maven_build build;
	const json_t *file;

	if (!ferry_maven_build_cut(&build, ferry_bytes_str(version)))
		return 0;
	json_array_foreach (files, i, file) {
		const char *name =
			       json_string_value(json_object_get(file, "name")),
			   *rest, *extension;

		if (name == NULL || strlen(name) <= n)
			continue;
		rest = name + n;
		extension = extension_of(rest);
		if (extension == NULL || json_object_get(seen, rest) != NULL)
			continue;
		if (ferry_json_set(seen, rest, json_true(), err) == -1)
			return -1;
		ferry_out_str(out, "      <snapshotVersion>\n");
		if (*rest == '-')
			put(out, "        ", "classifier",
			    ferry_bytes_of(
				rest + 1, (size_t)(extension - rest) - 2));
		put(out, "        ", "extension", ferry_bytes_str(extension));
		put(out, "        ", "value", ferry_bytes_str(version));
		ferry_out_fmt(out,
		    "        <updated>%.8s%.6s</updated>\n"
		    "      </snapshotVersion>\n",
		    (const char *)build.time.p, (const char *)build.time.p + 9);
	}
	return 0;
}

static int
put_builds(struct ferry_out *out, const char *package,
    const struct ferry_maven_versions *v, struct ferry_error *err)
{
	struct ferry_maven_build newest;
	json_t *seen = json_object();
	int rc = 0;

	if (seen == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	ferry_out_str(out, "  <versioning>\n");
	if (ferry_maven_build_cut(
		&newest, ferry_bytes_str(v->list[v->n - 1]))) {
		ferry_out_str(out, "    <snapshot>\n");
		put(out, "      ", "timestamp", newest.time);
		put(out, "      ", "buildNumber", newest.number);
		ferry_out_fmt(out,
		    "    </snapshot>\n"
		    "    <lastUpdated>%.8s%.6s</lastUpdated>\n",
		    (const char *)newest.time.p,
		    (const char *)newest.time.p + 9);
	}
	ferry_out_str(out, "    <snapshotVersions>\n");
	for (size_t i = v->n; i-- > 0 && rc == 0;)
		rc = put_build(out, package, v->list[i],
		    json_object_get(v->files, v->list[i]), seen, err);
	ferry_out_str(out, "    </snapshotVersions>\n  </versioning>\n");
	json_decref(seen);
	return rc;
}

static int
make_snapshot(void *ctx, struct ferry_body **body, struct ferry_error *err)
{
	const struct ferry_maven_whose *whose = ctx;
	struct ferry_maven_reading reading;
	const char *package = coordinates_of(whose->call, &reading);
	struct ferry_maven_versions v;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = ferry_maven_versions_load(&v, whose, err);

	if (rc == -1 || v.n == 0)
		goto out;
	ferry_out_begin(&out, &text);
	ferry_out_str(&out, HEAD);
	put_coordinates(&out, package);
	put(&out, "  ", "version", ferry_bytes_str(whose->folder));
	rc = put_builds(&out, package, &v, err) == -1
	         ? -1
	         : end_body(&out, &text, body, err);
out:
	ferry_maven_versions_free(&v);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_maven_snapshot_metadata(const struct ferry_call *call, const char *folder,
    struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_maven_whose whose = { .call = call, .folder = folder };
	int rc = ferry_maven_whose(&whose, err);

	if (rc == 0 && whose.owners.n > 0)
		rc = ferry_store_view_get(call->view, out, make_snapshot,
		    &whose, err, "maven", call->resource.package, "snapshot",
		    (const char *)whose.owners.p, folder, NULL);
	ferry_buf_free(&whose.owners);
	return rc;
}

/* Of a group */

static int
find_prefix(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *prefix =
	    json_string_value(json_object_get(record, "prefix"));
	char **out = ctx;

	(void)key;
	if (prefix == NULL || *out != NULL || ferry_removal_is(record) ||
	    ferry_withdrawn_hidden(record))
		return 0;
	return ferry_strdup(out, prefix, err);
}

int
ferry_maven_plugin_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *e, struct ferry_error *err)
{
	struct ferry_key prefix;

	if (ferry_key_version(&prefix, "maven", name, owner, NULL, err) == -1 ||
	    ferry_catalog_each(ferry_store_view_store(view), &prefix,
		find_prefix, &e->answer, err) == -1)
		return -1;
	if (e->answer == NULL)
		return 0;
	return ferry_strdup(&e->name, name, err) == -1 ||
	               ferry_strdup(&e->owner, owner, err) == -1 ||
	               ferry_strdup(&e->text, name, err) == -1
	           ? -1
	           : 1;
}

struct group {
	const char *name, *origin;
	struct ferry_buf *text;
	size_t n;
};

static int
write_plugins(void *ctx, const struct ferry_search_hit *hits, size_t n,
    struct ferry_error *err)
{
	struct group *group = ctx;
	struct ferry_out out;
	const char *last = "";

	ferry_out_begin(&out, group->text);
	for (size_t i = 0; i < n; i++) {
		const struct ferry_search_entry *e = hits[i].entry;
		struct ferry_bytes artifact =
		    ferry_maven_artifact(ferry_bytes_str(e->name));

		if (!ferry_bytes_is(ferry_maven_group(ferry_bytes_str(e->name)),
			group->name) ||
		    (group->origin[0] != 0 &&
			strcmp(group->origin, e->owner) != 0) ||
		    strcmp(last, e->name) == 0)
			continue;
		last = e->name;
		group->n++;
		put_plugin(&out, artifact, e->answer);
	}
	return ferry_out_end(&out, err);
}

int
ferry_maven_group_metadata(struct ferry_search *plugins,
    const struct ferry_permit *permit, const char *name, const char *origin,
    struct ferry_body **body, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct group group = { name, origin, &text, 0 };
	const char *words[1] = { name };
	int rc = -1;

	if (ferry_buf_adds(&text, HEAD "  <plugins>\n", err) == 0 &&
	    ferry_search_find(
		plugins, permit, words, 1, write_plugins, &group, err) == 0)
		rc = group.n == 0 ? 0
		     : ferry_buf_adds(
			   &text, "  </plugins>\n</metadata>\n", err) == -1 ||
		             ferry_body_tagged(body, &text, err) == -1
		         ? -1
		         : 1;
	ferry_buf_free(&text);
	return rc;
}
