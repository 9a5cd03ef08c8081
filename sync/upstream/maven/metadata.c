#include "sync/upstream/maven/metadata.h"

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/xml.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"

#define SNAPSHOT "-SNAPSHOT"

static bool
is_snapshot(struct ferry_bytes version)
{
	size_t n = sizeof(SNAPSHOT) - 1;

	return version.n > n &&
	       memcmp(version.p + version.n - n, SNAPSHOT, n) == 0;
}

/* Versions that could not be asked for are left out. */
static int
add_version(struct ferry_document *document, const char *text,
    struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_bytes version = ferry_bytes_str(text);

	if (!ferry_maven_version_valid(version) ||
	    ferry_document_find(document, text) != NULL)
		return 0;
	return ferry_document_add(document, version, version.n, object, err);
}

static int
read_artifact(struct ferry_document *document,
    const struct ferry_xml_node *versioning, struct ferry_error *err)
{
	const struct ferry_xml_node *node =
	    ferry_xml_child(versioning, "versions");
	char url[FERRY_MAVEN_VERSION_MAX + 32];

	for (node = node == NULL ? NULL : node->first; node != NULL;
	     node = node->next) {
		struct ferry_bytes version = ferry_bytes_str(node->text);

		if (!ferry_maven_version_valid(version))
			continue;
		if (!is_snapshot(version)) {
			if (add_version(document, node->text,
				ferry_bytes_of("", 0), err) == -1)
				return -1;
			continue;
		}
		(void)snprintf(
		    url, sizeof(url), "%s/" FERRY_MAVEN_METADATA, node->text);
		if (ferry_document_more(document, node->text,
			FERRY_PART_BY_PLACE, url, err) == -1)
			return -1;
	}
	return 0;
}

/* The newest build: by its POM, which names the rest, else by <snapshot>. */
static int
read_snapshot(struct ferry_document *document, const char *base,
    const struct ferry_xml_node *versioning, struct ferry_error *err)
{
	const struct ferry_xml_node *snapshot =
					ferry_xml_child(versioning, "snapshot"),
				    *node = ferry_xml_child(
					versioning, "snapshotVersions");
	const char *time = ferry_xml_text(snapshot, "timestamp"),
		   *number = ferry_xml_text(snapshot, "buildNumber");
	char version[FERRY_MAVEN_VERSION_MAX + 64];

	for (node = node == NULL ? NULL : node->first; node != NULL;
	     node = node->next) {
		const char *extension = ferry_xml_text(node, "extension"),
			   *value = ferry_xml_text(node, "value");

		if (extension != NULL && value != NULL &&
		    strcmp(extension, "pom") == 0)
			return add_version(
			    document, value, ferry_bytes_of("", 0), err);
	}
	if (time == NULL || number == NULL)
		/* One that is overwritten in place, of old tools. */
		return add_version(document, base, ferry_bytes_of("", 0), err);
	(void)snprintf(version, sizeof(version), "%.*s-%.20s-%.10s",
	    (int)(strlen(base) - (sizeof(SNAPSHOT) - 1)), base, time, number);
	return add_version(document, version, ferry_bytes_of("", 0), err);
}

int
ferry_maven_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_xml *xml = NULL;
	const struct ferry_xml_node *root;
	int rc = -1;

	if (ferry_xml_parse(&xml, text, FERRY_MAVEN_METADATA, err) == -1)
		return -1;
	root = ferry_xml_root(xml);
	if (strcmp(root->name, "metadata") != 0)
		ferry_error_set(err, FERRY_EFORMAT,
		    "this is not the " FERRY_MAVEN_METADATA
		    " of '%s': its element is <%.40s>",
		    name, root->name);
	else if (part == NULL)
		rc = read_artifact(
		    document, ferry_xml_child(root, "versioning"), err);
	else
		rc = read_snapshot(
		    document, part, ferry_xml_child(root, "versioning"), err);
	if (rc == 0 && part == NULL)
		document->root = text;
	ferry_xml_free(xml);
	return rc;
}

/* Gradle's "1.+", "+", "latest.release". */
static bool
is_dynamic(struct ferry_bytes spec)
{

	return (spec.n > 0 && spec.p[spec.n - 1] == '+') ||
	       ferry_bytes_starts(spec, "latest.");
}

bool
ferry_maven_exact(const char *spec)
{
	struct ferry_bytes text = ferry_bytes_str(spec);

	return !ferry_maven_is_range(text) && !is_snapshot(text) &&
	       !is_dynamic(text);
}

/* Whether a version is what spec asks for. */
static bool
is_asked(const char *spec, const struct ferry_maven_range *range,
    struct ferry_bytes version)
{
	struct ferry_maven_build build;
	struct ferry_bytes text = ferry_bytes_str(spec);

	if (range != NULL)
		return ferry_maven_range_has(range, version);
	if (text.n > 0 && text.p[text.n - 1] == '+')
		return version.n >= text.n - 1 &&
		       memcmp(version.p, text.p, text.n - 1) == 0;
	if (!is_snapshot(text))
		return true; /* LATEST, RELEASE, latest.release … */
	if (ferry_bytes_equal(version, text))
		return true;
	text.n -= sizeof(SNAPSHOT) - 1;
	return ferry_maven_build_cut(&build, version) &&
	       ferry_bytes_equal(build.base, text);
}

/* What Maven would take: the highest, and a release rather than a snapshot
 * unless LATEST is asked for. */
int
ferry_maven_pick(const struct ferry_document *document, const char *spec,
    size_t *out, struct ferry_error *err)
{
	bool range_spec = *spec == '[' || *spec == '(',
	     latest = strcmp(spec, "LATEST") == 0 ||
	              strcmp(spec, "latest.integration") == 0;
	struct ferry_maven_range *range = NULL;

	*out = document->n;
	if (range_spec &&
	    ferry_maven_range_new(&range, ferry_bytes_str(spec), err) == -1)
		return -1;
	for (size_t i = 0; i < document->n; i++) {
		struct ferry_bytes one =
		    ferry_bytes_str(document->listed[i].version);
		bool snapshot = ferry_maven_is_snapshot(one), better;

		if (!is_asked(spec, range, one))
			continue;
		if (*out == document->n) {
			*out = i;
			continue;
		}
		better = ferry_maven_generic_cmp(
			     ferry_bytes_str(document->listed[*out].version),
			     one) < 0;
		if (!latest &&
		    snapshot != ferry_maven_is_snapshot(ferry_bytes_str(
				    document->listed[*out].version)))
			better = !snapshot;
		if (better)
			*out = i;
	}
	ferry_maven_range_free(range);
	return 0;
}
