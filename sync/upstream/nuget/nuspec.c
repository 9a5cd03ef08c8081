#include "sync/upstream/nuget/nuspec.h"

#include <string.h>
#include <strings.h>

#include "store/base/json.h"
#include "store/base/xml.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"

#define TEXT_MAX 4000 /* bytes of a text for people */
#define GROUPS_MAX 200
#define DEPENDENCIES_MAX 4000 /* of all groups */
#define TYPES_MAX 20

/* What people and clients read, by its name in the nuspec. */
static const char *const about_names[] = { "title", "authors", "owners",
	"description", "summary", "tags", "language", "projectUrl", "iconUrl",
	"licenseUrl", "copyright", "icon", "readme" };

static int
set_text(json_t *object, const char *name, struct ferry_bytes s,
    struct ferry_error *err)
{

	if (s.n == 0)
		return 0;
	if (s.n > TEXT_MAX) {
		s.n = TEXT_MAX;
		while (s.n > 0 && (s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	return ferry_json_set(object, name, ferry_json_text(s), err);
}

/* <license type="expression">MIT</license>, or type="file". */
static int
set_license(json_t *about, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	const struct ferry_xml_node *license =
	    ferry_xml_child(metadata, "license");
	const char *type = ferry_xml_attribute(license, "type");

	if (type == NULL)
		return 0;
	return set_text(about,
	    strcasecmp(type, "file") == 0 ? "licenseFile" : "licenseExpression",
	    ferry_bytes_str(license->text), err);
}

static int
set_about(json_t *record, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	const char *client = ferry_xml_attribute(metadata, "minClientVersion");
	json_t *about = json_object();
	int rc = about == NULL ? -1 : 0;

	for (size_t i = 0;
	     rc == 0 && i < sizeof(about_names) / sizeof(about_names[0]); i++)
		rc = set_text(about, about_names[i],
		    ferry_xml_bytes(metadata, about_names[i]), err);
	if (rc == 0 && client != NULL)
		rc = set_text(
		    about, "minClientVersion", ferry_bytes_str(client), err);
	if (rc == 0 &&
	    ferry_bytes_is(
		ferry_xml_bytes(metadata, "requireLicenseAcceptance"), "true"))
		rc = ferry_json_set(
		    about, "requireLicenseAcceptance", json_true(), err);
	if (rc == 0 && set_license(about, metadata, err) == 0)
		return ferry_json_set(record, "about", about, err);
	json_decref(about);
	return about == NULL ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	                     : -1;
}

/* Dependencies */

static int
add_dependency(
    json_t *needs, const struct ferry_xml_node *node, struct ferry_error *err)
{
	const char *id = ferry_xml_attribute(node, "id");
	const char *range = ferry_xml_attribute(node, "version");
	struct ferry_buf form = FERRY_BUF_INIT;
	struct ferry_bytes text;
	int rc = -1;

	if (id == NULL)
		return 0;
	text = ferry_bytes_trim(ferry_bytes_str(id));
	if (!ferry_nuget_id_valid(text))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the nuspec depends on '%.100s', which is not an id", id);
	if (ferry_nuget_range_normal(&form,
		ferry_bytes_trim(ferry_bytes_str(range == NULL ? "" : range)),
		err) == 0)
		rc = ferry_nuget_need_push(
		    needs, text, ferry_bytes_buf(&form), err);
	ferry_buf_free(&form);
	return rc;
}

/* A group, or the dependencies that stand in none. */
static int
add_group(json_t *groups, const struct ferry_xml_node *parent,
    const char *framework, size_t *n, struct ferry_error *err)
{
	const struct ferry_xml_node *node =
	    ferry_xml_child(parent, "dependency");
	json_t *needs = json_array(), *group;

	if (json_array_size(groups) >= GROUPS_MAX) {
		json_decref(needs);
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the nuspec has more than %d groups of dependencies",
		    GROUPS_MAX);
	}
	for (; needs != NULL && node != NULL; node = ferry_xml_again(node)) {
		if (++*n > DEPENDENCIES_MAX)
			ferry_error_set(err, FERRY_ELIMIT,
			    "the nuspec has more than %d dependencies",
			    DEPENDENCIES_MAX);
		if (*n > DEPENDENCIES_MAX ||
		    add_dependency(needs, node, err) == -1) {
			json_decref(needs);
			return -1;
		}
	}
	group = json_pack("{s:s*,s:o}", "framework", framework, "needs", needs);
	return ferry_json_push(groups, group, err);
}

static int
set_dependencies(json_t *record, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	const struct ferry_xml_node *all =
	    ferry_xml_child(metadata, "dependencies");
	const struct ferry_xml_node *group = ferry_xml_child(all, "group");
	json_t *groups;
	size_t n = 0;

	if (all == NULL)
		return 0;
	if ((groups = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_xml_child(all, "dependency") != NULL &&
	    add_group(groups, all, NULL, &n, err) == -1)
		goto fail;
	for (; group != NULL; group = ferry_xml_again(group))
		if (add_group(groups, group,
			ferry_xml_attribute(group, "targetFramework"), &n,
			err) == -1)
			goto fail;
	if (json_array_size(groups) > 0)
		return ferry_json_set(record, "dependencies", groups, err);
	json_decref(groups);
	return 0;
fail:
	json_decref(groups);
	return -1;
}

/* <packageTypes><packageType name="DotnetTool" /></packageTypes> */
static int
set_types(json_t *record, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	const struct ferry_xml_node *type = ferry_xml_child(
	    ferry_xml_child(metadata, "packageTypes"), "packageType");
	json_t *types;

	if (type == NULL)
		return 0;
	if ((types = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	for (; type != NULL && json_array_size(types) < TYPES_MAX;
	     type = ferry_xml_again(type)) {
		const char *name = ferry_xml_attribute(type, "name");

		if (name != NULL && *name != 0 && strlen(name) <= 100 &&
		    ferry_json_push(types,
			ferry_json_text(ferry_bytes_str(name)), err) == -1) {
			json_decref(types);
			return -1;
		}
	}
	return ferry_json_set(record, "types", types, err);
}

/* The version as the author writes it, normalised; with its metadata. */
static int
set_version(json_t *record, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_nuget_version v;
	int rc = -1;

	if (ferry_nuget_version_parse(
		&v, ferry_xml_bytes(metadata, "version"), err) == 0 &&
	    ferry_nuget_version_text(&text, &v, FERRY_NUGET_AS_WRITTEN, err) ==
		0 &&
	    (v.metadata.n == 0 ||
		ferry_buf_addf(&text, err, "+%.*s", (int)v.metadata.n,
		    (const char *)v.metadata.p) == 0))
		rc = ferry_json_set(record, "version",
		    ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	return rc;
}

static int
set_id(json_t *record, const struct ferry_xml_node *metadata,
    struct ferry_error *err)
{
	struct ferry_bytes id = ferry_xml_bytes(metadata, "id");

	if (!ferry_nuget_id_valid(id))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the nuspec has no valid id");
	return ferry_json_set(record, "id", ferry_json_text(id), err);
}

int
ferry_nuspec_read(
    json_t *record, struct ferry_bytes text, struct ferry_error *err)
{
	const struct ferry_xml_node *metadata;
	struct ferry_xml *xml = NULL;
	int rc = -1;

	if (ferry_xml_parse(&xml, text, "the nuspec", err) == -1)
		return -1;
	metadata = ferry_xml_child(ferry_xml_root(xml), "metadata");
	if (metadata == NULL)
		ferry_error_set(
		    err, FERRY_EFORMAT, "the nuspec has no metadata");
	else if (set_id(record, metadata, err) == 0 &&
		 set_version(record, metadata, err) == 0 &&
		 set_about(record, metadata, err) == 0 &&
		 set_dependencies(record, metadata, err) == 0)
		rc = set_types(record, metadata, err);
	ferry_xml_free(xml);
	return rc;
}
