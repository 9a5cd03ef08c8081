#include "serve/replay/maven/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/maven/behind.h"
#include "serve/replay/maven/files.h"
#include "serve/replay/maven/listed.h"
#include "serve/replay/search.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"

#define HEAD                                                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                         \
	"<metadata modelVersion=\"1.1.0\">\n"
#define STAMP 15 /* "yyyyMMddHHmmss" */

/* Versions that clients may be shown. */
struct versions {
	char **list;
	size_t n, cap;
	json_int_t updated_at;
	char updated[STAMP]; /* by upstream, or "" */
	const char *folder; /* only builds of this snapshot; or NULL */
	json_t *files; /* of those: by version */
	struct ferry_buf plugins; /* that upstream lists, as they are written */
};

static void
versions_free(struct versions *v)
{

	for (size_t i = 0; i < v->n; i++)
		free(v->list[i]);
	free(v->list);
	json_decref(v->files);
	ferry_buf_free(&v->plugins);
}

/* "1.0-SNAPSHOT" of a build of it; anything else is itself. */
static void
folder_of(const char *version, char out[FERRY_MAVEN_VERSION_MAX + 16])
{
	struct ferry_maven_build build;

	if (ferry_maven_build_cut(&build, ferry_bytes_str(version)))
		(void)snprintf(out, FERRY_MAVEN_VERSION_MAX + 16,
		    "%.*s-SNAPSHOT", (int)build.base.n,
		    (const char *)build.base.p);
	else
		(void)snprintf(
		    out, FERRY_MAVEN_VERSION_MAX + 16, "%s", version);
}

static bool
is_listed(const struct versions *v, const char *version)
{

	for (size_t i = v->n; i-- > 0;)
		if (strcmp(v->list[i], version) == 0)
			return true;
	return false;
}

static int
list_version(struct versions *v, const char *version, struct ferry_error *err)
{

	if (ferry_array_grow(
		&v->list, &v->cap, v->n + 1, sizeof(char *), err) == -1 ||
	    ferry_strdup(&v->list[v->n], version, err) == -1)
		return -1;
	v->n++;
	return 0;
}

/* A version is listed if it has more than a POM that others read. */
static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *version = ferry_key_part(key, 4);
	char folder[FERRY_MAVEN_VERSION_MAX + 16];
	struct versions *v = ctx;
	json_int_t at;

	if (ferry_removal_is(record) ||
	    json_is_true(json_object_get(record, "bare")))
		return 0;
	folder_of(version, folder);
	if (v->folder != NULL && strcmp(folder, v->folder) != 0)
		return 0;
	/* Of a build that several have, the first one's files count. */
	if (v->folder != NULL && json_object_get(v->files, version) != NULL)
		return 0;
	if (v->folder != NULL &&
	    ferry_json_set(v->files, version,
		json_incref(json_object_get(record, "files")), err) == -1)
		return -1;
	at = json_integer_value(json_object_get(record, "pulled_at"));
	if (at > v->updated_at)
		v->updated_at = at;
	if (v->folder == NULL)
		version = folder;
	/* Builds of one snapshot lie together. */
	return v->folder == NULL && is_listed(v, version)
	           ? 0
	           : list_version(v, version, err);
}

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

static int
by_version(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return ferry_maven_order(ferry_bytes_str(*x), ferry_bytes_str(*y));
}

/* What upstream lists besides, and is pulled when it is asked for */

static int
on_version(void *ctx, const char *version, struct ferry_error *err)
{
	struct versions *v = ctx;

	return is_listed(v, version) ? 0 : list_version(v, version, err);
}

static int
on_plugin(void *ctx, const char *prefix, const char *artifact,
    struct ferry_error *err)
{
	struct versions *v = ctx;
	struct ferry_out out;

	ferry_out_begin(&out, &v->plugins);
	put_plugin(&out, ferry_bytes_str(artifact), prefix);
	return ferry_out_end(&out, err);
}

static int
on_updated(void *ctx, const char *text, struct ferry_error *err)
{
	struct versions *v = ctx;

	(void)err;
	(void)snprintf(v->updated, sizeof(v->updated), "%s", text);
	return 0;
}

static int
on_build(
    void *ctx, const char *build, const char *file, struct ferry_error *err)
{
	struct versions *v = ctx;
	json_t *files = json_object_get(v->files, build);

	if (files == NULL) {
		files = json_array();
		if (ferry_json_set(v->files, build, files, err) == -1 ||
		    list_version(v, build, err) == -1)
			return -1;
	}
	return file == NULL ? 0
	                    : ferry_json_push(
				  files, json_pack("{s:s}", "name", file), err);
}

static int
add_listed(
    struct versions *v, const struct ferry_call *call, struct ferry_error *err)
{
	const struct ferry_maven_listener to = { on_version, on_plugin,
		on_updated, on_build, v };

	return ferry_maven_listed(call->view, call->resource.package,
	    call->owner, v->folder, &to, err);
}

static int
load_one(
    struct versions *v, const struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_version(&prefix, "maven", call->resource.package,
		   call->owner, NULL, err) == -1 ||
	               ferry_catalog_each(ferry_store_view_store(call->view),
			   &prefix, add_version, v, err) == -1 ||
	               add_listed(v, call, err) == -1
	           ? -1
	           : 0;
}

/* A version that several upstreams have is listed once. */
static void
list_once(struct versions *v)
{
	size_t n = 0;

	if (v->n > 1)
		qsort(v->list, v->n, sizeof(char *), by_version);
	for (size_t i = 0; i < v->n; i++)
		if (n > 0 && strcmp(v->list[n - 1], v->list[i]) == 0)
			free(v->list[i]);
		else
			v->list[n++] = v->list[i];
	v->n = n;
}

/* Whose versions a list has: those of the upstream that was found, and by the
 * name alone of those behind it that the client may read. */
struct listed {
	const struct ferry_call *call;
	struct ferry_buf owners; /* with blanks between */
	const char *folder; /* of a snapshot */
};

static int
find_listed(struct listed *listed, struct ferry_error *err)
{
	struct ferry_call call = *listed->call;
	struct ferry_body *behind = NULL;
	size_t at = 0;
	int rc;

	if (call.resource.origin[0] != 0)
		return ferry_buf_adds(&listed->owners, call.owner, err);
	rc = ferry_maven_behind(&call, FERRY_LOOKUP_CACHED, &behind, err);
	while (rc == 1 && ferry_maven_behind_next(behind, &at, &call))
		if (ferry_view_may_read(&call, "maven") &&
		    ferry_buf_addf(&listed->owners, err, "%s%s",
			listed->owners.n == 0 ? "" : " ", call.owner) == -1)
			rc = -1;
	ferry_body_unref(behind);
	return rc == -1 ? -1 : 0;
}

static int
load(struct versions *v, const struct listed *listed, struct ferry_error *err)
{
	struct ferry_call call = *listed->call;
	const char *at = (const char *)listed->owners.p;

	while (at != NULL && *at != 0) {
		size_t n = strcspn(at, " ");

		(void)snprintf(
		    call.owner, sizeof(call.owner), "%.*s", (int)n, at);
		if (load_one(v, &call, err) == -1)
			return -1;
		at += n + (at[n] == ' ');
	}
	list_once(v);
	return 0;
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
last_updated(const struct versions *v, char out[STAMP])
{

	stamp(v->updated_at, out);
	if (strcmp(v->updated, out) > 0)
		memcpy(out, v->updated, STAMP);
}

static void
put_versions(struct ferry_out *out, const struct versions *v)
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
	const struct listed *listed = ctx;
	const struct ferry_call *call = listed->call;
	struct ferry_maven_reading reading;
	struct versions v = { .n = 0 };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = load(&v, listed, err);

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
		ferry_out_bytes(&out, ferry_bytes_buf(&v.plugins));
		ferry_out_str(&out, "  </plugins>\n");
	}
	rc = end_body(&out, &text, body, err);
out:
	versions_free(&v);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_maven_artifact_metadata(const struct ferry_call *call,
    struct ferry_body **out, struct ferry_error *err)
{
	struct listed listed = { .call = call };
	int rc = find_listed(&listed, err);

	if (rc == 0 && listed.owners.n > 0)
		rc = ferry_store_view_get(call->view, out, make_artifact,
		    &listed, err, "maven", call->resource.package, "metadata",
		    (const char *)listed.owners.p, NULL);
	ferry_buf_free(&listed.owners);
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
put_builds(struct ferry_out *out, const char *package, const struct versions *v,
    struct ferry_error *err)
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
	const struct listed *listed = ctx;
	struct ferry_maven_reading reading;
	const char *package = coordinates_of(listed->call, &reading);
	struct versions v = { .folder = listed->folder,
		.files = json_object() };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = load(&v, listed, err);

	if (rc == -1 || v.n == 0)
		goto out;
	ferry_out_begin(&out, &text);
	ferry_out_str(&out, HEAD);
	put_coordinates(&out, package);
	put(&out, "  ", "version", ferry_bytes_str(listed->folder));
	rc = put_builds(&out, package, &v, err) == -1
	         ? -1
	         : end_body(&out, &text, body, err);
out:
	versions_free(&v);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_maven_snapshot_metadata(const struct ferry_call *call, const char *folder,
    struct ferry_body **out, struct ferry_error *err)
{
	struct listed listed = { .call = call, .folder = folder };
	int rc = find_listed(&listed, err);

	if (rc == 0 && listed.owners.n > 0)
		rc = ferry_store_view_get(call->view, out, make_snapshot,
		    &listed, err, "maven", call->resource.package, "snapshot",
		    (const char *)listed.owners.p, folder, NULL);
	ferry_buf_free(&listed.owners);
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
	if (prefix == NULL || *out != NULL || ferry_removal_is(record))
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
