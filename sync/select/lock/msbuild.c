/*
 * packages.config, and what projects and props of MSBuild ask for.
 *
 * MSBuild is a language; only what is literal is read.  Conditions are not
 * looked at: what some build asks for is wanted.  A property that is set more
 * than once, as conditions make it, has all of its values.  What takes its
 * version from a property that this file does not set is told.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 9.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/xml.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

#define VALUES_MAX 16 /* that one text may have */
#define DEPTH_MAX 8 /* of properties in properties */
#define TEXT_MAX 1000

int
ferry_lock_nuget_config(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct ferry_xml *xml = NULL;
	const struct ferry_xml_node *node;
	int rc = 0;

	if (ferry_xml_parse(&xml, text, "it", err) == -1)
		return -1;
	node = ferry_xml_child(ferry_xml_root(xml), "package");
	for (; node != NULL && rc == 0; node = ferry_xml_again(node)) {
		const char *id = ferry_xml_attribute(node, "id");
		const char *version = ferry_xml_attribute(node, "version");

		rc = ferry_lock_nuget_found(sink, FERRY_LOCK_VERSION,
		    ferry_bytes_str(id == NULL ? "" : id),
		    ferry_bytes_str(version == NULL ? "" : version),
		    ferry_bytes_of(NULL, 0), err);
	}
	ferry_xml_free(xml);
	return rc;
}

/* MSBuild */

struct build {
	const struct ferry_xml_node *root;
	const struct ferry_lock_sink *sink;
	size_t without; /* references without a version */
	const char *first; /* of those, an id */
};

/* What a text stands for, with its properties put in. */
struct values {
	struct ferry_buf list[VALUES_MAX];
	size_t n;
	bool unknown; /* some property is not of this file */
};

static void
values_free(struct values *values)
{

	for (size_t i = 0; i < values->n; i++)
		ferry_buf_free(&values->list[i]);
	values->n = 0;
}

static int
add_value(
    struct values *values, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;

	for (size_t i = 0; i < values->n; i++)
		if (ferry_bytes_equal(ferry_bytes_buf(&values->list[i]), text))
			return 0;
	if (values->n == VALUES_MAX || text.n > TEXT_MAX) {
		values->unknown = true;
		return 0;
	}
	if (ferry_buf_add(&buf, text.p, text.n, err) == -1)
		return -1;
	values->list[values->n++] = buf;
	return 0;
}

static int expand(const struct build *build, struct ferry_bytes text,
    unsigned depth, struct values *out, struct ferry_error *err);

/* Expand head, a value and tail, for every value that a property has. */
static int
expand_property(const struct build *build, struct ferry_bytes head,
    struct ferry_bytes name, struct ferry_bytes tail, unsigned depth,
    struct values *out, struct ferry_error *err)
{
	const struct ferry_xml_node *group, *node;
	bool found = false;
	int rc = 0;

	group = ferry_xml_child(build->root, "PropertyGroup");
	for (; group != NULL; group = ferry_xml_again(group))
		for (node = group->first; node != NULL && rc == 0;
		     node = node->next) {
			struct ferry_bytes value = ferry_bytes_str(node->text);
			struct ferry_buf text = FERRY_BUF_INIT;

			if (strlen(node->name) != name.n ||
			    strncasecmp(
				node->name, (const char *)name.p, name.n) != 0)
				continue;
			found = true;
			if (head.n + value.n + tail.n > TEXT_MAX)
				rc = 0;
			else if (ferry_buf_add(&text, head.p, head.n, err) ==
				     -1 ||
				 ferry_buf_add(&text, value.p, value.n, err) ==
				     -1 ||
				 ferry_buf_add(&text, tail.p, tail.n, err) ==
				     -1)
				rc = -1;
			else
				rc = expand(build, ferry_bytes_buf(&text),
				    depth + 1, out, err);
			ferry_buf_free(&text);
		}
	if (!found)
		out->unknown = true;
	return rc;
}

static int
expand(const struct build *build, struct ferry_bytes text, unsigned depth,
    struct values *out, struct ferry_error *err)
{
	const uint8_t *dollar, *end;
	size_t n;

	if (depth > DEPTH_MAX || out->n == VALUES_MAX) {
		out->unknown = true;
		return 0;
	}
	dollar = text.n < 2 ? NULL : memmem(text.p, text.n, "$(", 2);
	if (dollar == NULL && text.n > 1 &&
	    (memmem(text.p, text.n, "@(", 2) != NULL ||
		memmem(text.p, text.n, "%(", 2) != NULL)) {
		out->unknown = true;
		return 0;
	}
	if (dollar == NULL)
		return add_value(out, text, err);
	n = (size_t)(dollar - text.p);
	end = memchr(dollar, ')', text.n - n);
	if (end == NULL) {
		out->unknown = true;
		return 0;
	}
	return expand_property(build, ferry_bytes_of(text.p, n),
	    ferry_bytes_of(dollar + 2, (size_t)(end - dollar) - 2),
	    ferry_bytes_of(end + 1, text.n - (size_t)(end - text.p) - 1), depth,
	    out, err);
}

static int
tell(const struct build *build, struct ferry_bytes id, struct ferry_bytes text,
    const char *why, struct ferry_error *err)
{
	char *name = NULL, *what = NULL;
	int rc = -1;

	if (ferry_strndup(&name, id, err) == 0 &&
	    ferry_strndup(&what, text, err) == 0)
		rc = build->sink->on_unmirrorable(
		    build->sink->ctx, name, what, why, err);
	free(name);
	free(what);
	return rc;
}

/* One id in every version that text may be. */
static int
want(const struct build *build, struct ferry_bytes id, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct values ids = { .n = 0 }, versions = { .n = 0 };
	int rc = -1;

	if (expand(build, id, 0, &ids, err) == -1 ||
	    expand(build, text, 0, &versions, err) == -1)
		goto out;
	rc = 0;
	if (ids.unknown || versions.unknown)
		rc = tell(build, id, text,
		    "it depends on a property that the file does not set", err);
	for (size_t i = 0; i < ids.n; i++)
		for (size_t k = 0; k < versions.n && rc == 0; k++)
			rc = ferry_lock_nuget_found(build->sink,
			    FERRY_LOCK_RANGE, ferry_bytes_buf(&ids.list[i]),
			    ferry_bytes_buf(&versions.list[k]),
			    ferry_bytes_of(NULL, 0), err);
out:
	values_free(&ids);
	values_free(&versions);
	return rc;
}

/* Each of a list with ';' between: on_one for what is not empty. */
static int
each(struct build *build, struct ferry_bytes list, struct ferry_bytes version,
    struct ferry_error *err)
{

	while (list.n > 0) {
		const uint8_t *end = memchr(list.p, ';', list.n);
		size_t n = end == NULL ? list.n : (size_t)(end - list.p);
		struct ferry_bytes one =
		    ferry_bytes_trim(ferry_bytes_of(list.p, n));

		if (one.n > 0 && want(build, one, version, err) == -1)
			return -1;
		n += end != NULL;
		list = ferry_bytes_of(list.p + n, list.n - n);
	}
	return 0;
}

/* An attribute, or the child that means the same. */
static struct ferry_bytes
said(const struct ferry_xml_node *node, const char *name)
{
	const char *text = ferry_xml_attribute(node, name);

	return text != NULL ? ferry_bytes_trim(ferry_bytes_str(text))
	                    : ferry_xml_bytes(node, name);
}

static bool
is_item(const struct ferry_xml_node *node)
{
	static const char *const names[] = { "PackageReference",
		"PackageVersion", "GlobalPackageReference", "PackageDownload",
		"DotNetCliToolReference" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(node->name, names[i]) == 0)
			return true;
	return false;
}

static int
read_item(struct build *build, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	const char *id = ferry_xml_attribute(node, "Include");
	struct ferry_bytes version = said(node, "VersionOverride");

	if (id == NULL)
		id = ferry_xml_attribute(node, "Update");
	if (id == NULL)
		return 0;
	if (version.n == 0)
		version = said(node, "Version");
	/* Its version is central, in another file. */
	if (version.n == 0) {
		if (build->without++ == 0)
			build->first = id;
		return 0;
	}
	/* A list of exact ones, of PackageDownload. */
	while (version.n > 0) {
		const uint8_t *end = memchr(version.p, ';', version.n);
		size_t n = end == NULL ? version.n : (size_t)(end - version.p);

		if (each(build, ferry_bytes_str(id),
			ferry_bytes_trim(ferry_bytes_of(version.p, n)),
			err) == -1)
			return -1;
		n += end != NULL;
		version = ferry_bytes_of(version.p + n, version.n - n);
	}
	return 0;
}

/* "X/1.0;Y/2.0" of <Project Sdk="…">; without a version it is of the SDK. */
static int
read_sdks(struct build *build, const char *text, struct ferry_error *err)
{
	char *copy = NULL, *save = NULL;
	int rc = 0;

	if (text == NULL || strchr(text, '/') == NULL)
		return 0;
	if (ferry_strdup(&copy, text, err) == -1)
		return -1;
	for (char *one = strtok_r(copy, ";", &save); one != NULL && rc == 0;
	     one = strtok_r(NULL, ";", &save)) {
		struct ferry_buf exact = FERRY_BUF_INIT;
		char *slash = strchr(one, '/');

		if (slash == NULL)
			continue;
		*slash = 0;
		rc = ferry_buf_addf(&exact, err, "[%s]", slash + 1);
		if (rc == 0)
			rc = want(build, ferry_bytes_trim(ferry_bytes_str(one)),
			    ferry_bytes_buf(&exact), err);
		ferry_buf_free(&exact);
	}
	free(copy);
	return rc;
}

/* <Sdk Name="X" Version="1.0" />, <Import Sdk="X" Version="1.0" /> */
static int
read_sdk(struct build *build, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	const char *id = ferry_xml_attribute(
	    node, strcmp(node->name, "Sdk") == 0 ? "Name" : "Sdk");
	const char *version = ferry_xml_attribute(node, "Version");
	struct ferry_buf exact = FERRY_BUF_INIT;
	int rc;

	if (id == NULL || version == NULL)
		return read_sdks(build, id, err);
	rc = ferry_buf_addf(&exact, err, "[%s]", version);
	if (rc == 0)
		rc = want(build, ferry_bytes_trim(ferry_bytes_str(id)),
		    ferry_bytes_buf(&exact), err);
	ferry_buf_free(&exact);
	return rc;
}

/* Files of the project are not followed, those of the SDK are no matter. */
static int
read_import(struct build *build, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	static const char *const own[] = { "$(MSBuildThisFileDirectory)",
		"$(MSBuildProjectDirectory)", "$(SolutionDir)" };
	const char *path = ferry_xml_attribute(node, "Project"), *rest = path;

	if (path == NULL || ferry_xml_attribute(node, "Sdk") != NULL)
		return read_sdk(build, node, err);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			rest = path + strlen(own[i]);
	return strstr(rest, "$(") != NULL
	           ? 0
	           : tell(build, ferry_bytes_str("Import"),
			 ferry_bytes_str(path),
			 "imported files are not followed: 'lockfiles' may "
			 "name it",
			 err);
}

/* Items stand in groups, and groups in <Choose>; the tree is bounded. */
static int
walk(struct build *build, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	int rc = 0;

	for (node = node->first; node != NULL && rc == 0; node = node->next) {
		if (is_item(node))
			rc = read_item(build, node, err);
		else if (strcmp(node->name, "Sdk") == 0)
			rc = read_sdk(build, node, err);
		else if (strcmp(node->name, "Import") == 0)
			rc = read_import(build, node, err);
		else if (strcmp(node->name, "PropertyGroup") != 0)
			rc = walk(build, node, err);
	}
	return rc;
}

/* What the SDK adds for frameworks that it has no reference assemblies of. */
static int
want_implicit(struct build *build, struct ferry_error *err)
{
	struct values frameworks = { .n = 0 };
	static const char *const names[] = { "$(TargetFramework)",
		"$(TargetFrameworks)" };
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = expand(
		    build, ferry_bytes_str(names[i]), 0, &frameworks, err);
	for (size_t i = 0; i < frameworks.n && rc == 0; i++) {
		struct ferry_bytes f = ferry_bytes_buf(&frameworks.list[i]);
		bool standard = memmem(f.p, f.n, "netstandard2.0", 14) != NULL;

		if (standard)
			rc = want(build, ferry_bytes_str("NETStandard.Library"),
			    ferry_bytes_str("[2.0.3]"), err);
		else if (memmem(f.p, f.n, "netstandard1", 12) != NULL)
			rc = want(build, ferry_bytes_str("NETStandard.Library"),
			    ferry_bytes_str("[1.6.1]"), err);
		if (rc == 0 && memmem(f.p, f.n, "net4", 4) != NULL)
			rc = want(build,
			    ferry_bytes_str(
				"Microsoft.NETFramework.ReferenceAssemblies"),
			    ferry_bytes_str("[1.0.3]"), err);
	}
	values_free(&frameworks);
	return rc;
}

/* What makes the SDK fetch packs at versions of its own choice. */
static int
tell_runtimes(struct build *build, struct ferry_error *err)
{
	static const char *const names[] = { "RuntimeIdentifiers",
		"RuntimeIdentifier", "PublishAot" };
	const struct ferry_xml_node *group =
	    ferry_xml_child(build->root, "PropertyGroup");
	struct ferry_bytes text;

	for (; group != NULL; group = ferry_xml_again(group))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if ((text = ferry_xml_bytes(group, names[i])).n > 0)
				return tell(build, ferry_bytes_str(names[i]),
				    text,
				    "the SDK fetches packs for it, at versions "
				    "of its own: obj/project.assets.json names "
				    "them, which 'lockfiles' may name",
				    err);
	return 0;
}

int
ferry_lock_msbuild(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct build build = { .sink = sink };
	struct ferry_xml *xml = NULL;
	char what[100];
	int rc = -1;

	if (ferry_xml_parse(&xml, text, "it", err) == -1)
		return -1;
	build.root = ferry_xml_root(xml);
	if (read_sdks(&build, ferry_xml_attribute(build.root, "Sdk"), err) ==
		0 &&
	    walk(&build, build.root, err) == 0 &&
	    want_implicit(&build, err) == 0 && tell_runtimes(&build, err) == 0)
		rc = 0;
	(void)snprintf(
	    what, sizeof(what), "%zu without a version", build.without);
	if (rc == 0 && build.without > 0)
		rc = sink->on_unmirrorable(sink->ctx, build.first, what,
		    "central versions are in Directory.Packages.props, which "
		    "'lockfiles' may name",
		    err);
	ferry_xml_free(xml);
	return rc;
}
