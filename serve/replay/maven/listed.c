#include "serve/replay/maven/listed.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/known.h"
#include "store/base/error.h"
#include "store/base/xml.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"

#define STAMP 14 /* "yyyyMMddHHmmss" */

struct reading {
	const char *package, *folder; /* folder: or NULL */
	const struct ferry_known *known;
	const struct ferry_maven_listener *to;
};

/* Whether the newest build of a snapshot is younger than clients get: then so are
 * all that upstream still lists.  Those that are here are told of elsewhere. */
static bool
is_young(const struct ferry_known *known, struct ferry_bytes snapshot)
{
	struct ferry_maven_build build;

	for (size_t i = 0; i < known->young.n; i++)
		if (ferry_maven_build_cut(
			&build, ferry_bytes_str(known->young.list[i].name)) &&
		    build.base.n + strlen("-SNAPSHOT") == snapshot.n &&
		    memcmp(build.base.p, snapshot.p, build.base.n) == 0)
			return true;
	return false;
}

static int
tell_versions(const struct reading *r, const struct ferry_xml_node *versioning,
    struct ferry_error *err)
{
	const struct ferry_xml_node *node =
	    ferry_xml_child(versioning, "versions");
	const char *updated = ferry_xml_text(versioning, "lastUpdated");

	if (updated != NULL && strlen(updated) == STAMP &&
	    strspn(updated, "0123456789") == STAMP &&
	    r->to->on_updated(r->to->ctx, updated, err) == -1)
		return -1;
	for (node = node == NULL ? NULL : node->first; node != NULL;
	     node = node->next) {
		struct ferry_bytes version = ferry_bytes_str(node->text);

		if (ferry_maven_version_valid(version) &&
		    ferry_known_shows(r->known, version) &&
		    !(ferry_maven_is_snapshot(version) &&
			is_young(r->known, version)) &&
		    r->to->on_version(r->to->ctx, node->text, err) == -1)
			return -1;
	}
	return 0;
}

static int
tell_plugins(const struct reading *r, const struct ferry_xml_node *plugins,
    struct ferry_error *err)
{
	const struct ferry_xml_node *node = ferry_xml_child(plugins, "plugin");

	for (; node != NULL; node = ferry_xml_again(node)) {
		const char *prefix = ferry_xml_text(node, "prefix"),
			   *artifact = ferry_xml_text(node, "artifactId");

		if (prefix != NULL && artifact != NULL &&
		    r->to->on_plugin(r->to->ctx, prefix, artifact, err) == -1)
			return -1;
	}
	return 0;
}

/* "lib-1.0-20240501.120000-3-sources.jar" */
static int
tell_file(const struct reading *r, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	const char *build = ferry_xml_text(node, "value"),
		   *extension = ferry_xml_text(node, "extension");
	struct ferry_bytes classifier = ferry_xml_bytes(node, "classifier");
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = 0;

	if (build == NULL || extension == NULL ||
	    !ferry_maven_version_valid(ferry_bytes_str(build)) ||
	    !ferry_known_shows(r->known, ferry_bytes_str(build)) ||
	    !ferry_maven_part_valid(ferry_bytes_str(extension)) ||
	    (classifier.n > 0 && !ferry_maven_part_valid(classifier)))
		return 0;
	if (ferry_maven_file_name(&name, r->package, build, classifier,
		ferry_bytes_str(extension), err) == -1 ||
	    r->to->on_build(r->to->ctx, build, (char *)name.p, err) == -1)
		rc = -1;
	ferry_buf_free(&name);
	return rc;
}

/* Old tools tell of a build only that it is the newest. */
static int
tell_newest(const struct reading *r, const struct ferry_xml_node *snapshot,
    struct ferry_error *err)
{
	const char *time = ferry_xml_text(snapshot, "timestamp"),
		   *number = ferry_xml_text(snapshot, "buildNumber");
	size_t base = strlen(r->folder) - strlen("-SNAPSHOT");
	char build[FERRY_MAVEN_VERSION_MAX + 64];

	if (time == NULL || number == NULL)
		return 0;
	(void)snprintf(build, sizeof(build), "%.*s-%.20s-%.10s", (int)base,
	    r->folder, time, number);
	return ferry_maven_version_valid(ferry_bytes_str(build)) &&
	               ferry_known_shows(r->known, ferry_bytes_str(build))
	           ? r->to->on_build(r->to->ctx, build, NULL, err)
	           : 0;
}

static int
tell_builds(const struct reading *r, const struct ferry_xml_node *versioning,
    struct ferry_error *err)
{
	const struct ferry_xml_node *node =
	    ferry_xml_child(versioning, "snapshotVersions");

	if (tell_newest(r, ferry_xml_child(versioning, "snapshot"), err) == -1)
		return -1;
	node = ferry_xml_child(node, "snapshotVersion");
	for (; node != NULL; node = ferry_xml_again(node))
		if (tell_file(r, node, err) == -1)
			return -1;
	return 0;
}

static int
read_document(void *ctx, size_t i, const char *name, struct ferry_bytes text,
    struct ferry_error *err)
{
	const struct reading *r = ctx;
	const struct ferry_xml_node *root, *versioning;
	struct ferry_xml *xml = NULL;
	int rc;

	if (r->folder == NULL ? i > 0 : i == 0 || strcmp(name, r->folder) != 0)
		return 0;
	if (ferry_xml_parse(&xml, text, FERRY_MAVEN_METADATA, err) == -1)
		return -1;
	root = ferry_xml_root(xml);
	versioning = ferry_xml_child(root, "versioning");
	rc = r->folder != NULL ? tell_builds(r, versioning, err)
	     : tell_versions(r, versioning, err) == -1
	         ? -1
	         : tell_plugins(r, ferry_xml_child(root, "plugins"), err);
	ferry_xml_free(xml);
	return rc;
}

int
ferry_maven_listed(struct ferry_store_view *view, const char *package,
    const char *owner, const char *folder,
    const struct ferry_maven_listener *to, struct ferry_error *err)
{
	struct ferry_known known;
	struct reading r = { package, folder, &known, to };
	int rc = ferry_known_begin(&known, view, "maven", package, owner, err);

	if (rc != 1)
		return rc;
	rc = ferry_known_documents(view, "maven", package, owner, FERRY_XML_MAX,
	    read_document, &r, err);
	ferry_known_end(&known, NULL);
	return rc;
}
