#include "sync/upstream/nuget/needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/base/xml.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"
#include "sync/upstream/nuget/frameworks.h"
#include "sync/upstream/nuget/inside.h"
#include "sync/upstream/nuget/nuget.h"
#include "sync/upstream/package/packages.h"

#define ALSO_MAX 2000

/* One that is needed, by an id and a range as they are written. */
static int
need(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_bytes id, struct ferry_bytes text, enum ferry_need how,
    struct ferry_error *err)
{
	struct ferry_bytes owner =
	    ferry_nuget_name_owner(ferry_bytes_str(at->name));
	struct ferry_buf name = FERRY_BUF_INIT, spec = FERRY_BUF_INIT;
	struct ferry_nuget_range *range = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = -1;

	if (text.n == 0)
		text = ferry_bytes_str("(, )");
	if (!ferry_nuget_id_valid(id) ||
	    ferry_nuget_range_new(&range, text, &why) == -1) {
		ferry_needs_skip(needs, NULL,
		    "it depends on something that is not an id and a range");
		return 0;
	}
	/* What an owner's package needs is an owner's, or another registry's. */
	if ((owner.n == 0 || ferry_buf_addf(&name, err, "%.*s/", (int)owner.n,
				 (const char *)owner.p) == 0) &&
	    ferry_nuget_lower(&name, id, err) == 0 &&
	    ferry_nuget_range_text(&spec, range, err) == 0)
		rc = ferry_needs_add(needs, (char *)name.p, (char *)spec.p,
		    owner.n == 0 ? how : FERRY_NEEDED_IF_THERE, err);
	ferry_nuget_range_free(range);
	ferry_buf_free(&name);
	ferry_buf_free(&spec);
	return rc;
}

/* Groups of a leaf */

static int
needs_of_group(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_bytes group, struct ferry_error *err)
{
	struct ferry_bytes list;
	struct ferry_span_iter it;
	int rc = 0;

	if (!ferry_span_get(group, "dependencies", &list))
		return 0;
	ferry_span_iter(&it, list);
	while (rc == 0 && ferry_span_next(&it)) {
		struct ferry_buf id = FERRY_BUF_INIT, range = FERRY_BUF_INIT;

		if (ferry_nuget_member(it.value, "id", &id, err) == -1 ||
		    ferry_nuget_member(it.value, "range", &range, err) == -1)
			rc = -1;
		else
			rc = need(needs, at, ferry_bytes_buf(&id),
			    ferry_bytes_buf(&range), FERRY_NEEDED, err);
		ferry_buf_free(&id);
		ferry_buf_free(&range);
	}
	return rc;
}

int
ferry_nuget_needs(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	const struct nuget *nuget = at->packages->state;
	struct ferry_bytes entry, groups;
	struct ferry_span_iter it;
	int rc = 0;

	if (!ferry_nuget_leaf_entry(at->listed->object, &entry) ||
	    !ferry_span_get(entry, "dependencyGroups", &groups))
		return 0;
	ferry_span_iter(&it, groups);
	while (rc == 0 && ferry_span_next(&it)) {
		struct ferry_buf framework = FERRY_BUF_INIT;

		rc = ferry_nuget_member(
		    it.value, "targetFramework", &framework, err);
		if (rc != -1)
			rc = !ferry_nuget_framework_wanted(
				 nuget, ferry_bytes_buf(&framework))
			         ? 0
			         : needs_of_group(needs, at, it.value, err);
		ferry_buf_free(&framework);
	}
	return rc;
}

/* Groups of a nuspec, and what else there is */

/* "linux" and "-x64" of "linux-x64", "win10" and "-arm64-aot". */
static size_t
system_length(const char *runtime)
{
	size_t n = strcspn(runtime, "-");

	return strncmp(runtime + n, "-musl", 5) == 0 ? n + 5 : n;
}

/* Systems that clients of today build for; others are distributions and
 * releases, whose packages are asked for by who names them. */
static bool
is_portable(const char *runtime)
{
	static const char *const systems[] = { "any", "base", "unix", "linux",
		"linux-musl", "linux-bionic", "osx", "win", "freebsd",
		"android", "ios", "iossimulator", "maccatalyst", "tvos",
		"browser", "wasi" };
	size_t n = system_length(runtime);

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
		if (strlen(systems[i]) == n &&
		    strncasecmp(systems[i], runtime, n) == 0)
			return true;
	return false;
}

/*
 * Whether what is for `runtime` may be used where a project is for mine: the
 * same system, one that it is a kind of ("win" of "win10", "linux" of
 * "linux-musl", "unix"), and the same architecture, if it says one.
 */
static bool
is_for(const char *mine, const char *runtime)
{
	size_t n = system_length(runtime), m = system_length(mine);
	bool windows = strncasecmp(mine, "win", 3) == 0;
	bool system;

	system = (n <= m && strncasecmp(mine, runtime, n) == 0) ||
	         (n == 4 && strncasecmp(runtime, "unix", n) == 0 && !windows) ||
	         (windows && strncasecmp(runtime, "win", 3) == 0) ||
	         (n == 3 && strncasecmp(runtime, "any", n) == 0) ||
	         (n == 4 && strncasecmp(runtime, "base", n) == 0);
	return system && (runtime[n] == 0 || mine[m] == 0 ||
			     strcasecmp(runtime + n, mine + m) == 0);
}

static bool
runtime_wanted(const struct nuget *nuget, const char *runtime)
{

	for (size_t i = 0; i < nuget->runtimes_n; i++)
		if (is_for(nuget->runtimes[i], runtime))
			return true;
	return nuget->runtimes_n == 0 && is_portable(runtime);
}

static struct ferry_bytes
string_at(const json_t *array, size_t i)
{
	const char *s = json_string_value(json_array_get(array, i));

	return ferry_bytes_str(s == NULL ? "" : s);
}

static int
needs_also(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	const struct nuget *nuget = at->packages->state;
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(at->record, "also"), i, one)
		if (runtime_wanted(nuget, (const char *)string_at(one, 0).p) &&
		    need(needs, at, string_at(one, 1), string_at(one, 2),
			FERRY_NEEDED_IF_THERE, err) == -1)
			return -1;
	return 0;
}

int
ferry_nuget_needs_inside(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err)
{
	const struct nuget *nuget = at->packages->state;
	const json_t *group, *one;
	size_t i, k;

	json_array_foreach (
	    json_object_get(at->record, "dependencies"), i, group) {
		const char *framework =
		    json_string_value(json_object_get(group, "framework"));

		if (!ferry_nuget_framework_wanted(nuget,
			ferry_bytes_str(framework == NULL ? "" : framework)))
			continue;
		json_array_foreach (json_object_get(group, "needs"), k, one)
			if (need(needs, at, string_at(one, 0),
				string_at(one, 1), FERRY_NEEDED, err) == -1)
				return -1;
	}
	return needs_also(needs, at, err);
}

/* What the record keeps of that */

static int
add_also(json_t *also, struct ferry_bytes runtime, struct ferry_bytes id,
    struct ferry_bytes range, struct ferry_error *err)
{
	json_t *one;

	if (json_array_size(also) >= ALSO_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the nupkg needs more than %d others for runtimes",
		    ALSO_MAX);
	one = json_array();
	if (one == NULL ||
	    ferry_json_push(one, ferry_json_text(runtime), err) == -1 ||
	    ferry_json_push(one, ferry_json_text(id), err) == -1 ||
	    ferry_json_push(one, ferry_json_text(range), err) == -1) {
		json_decref(one);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	}
	return ferry_json_push(also, one, err);
}

static struct ferry_bytes
between_quotes(struct ferry_bytes value)
{

	return ferry_span_type(value) == FERRY_SPAN_STRING
	           ? ferry_bytes_of(value.p + 1, value.n - 2)
	           : ferry_bytes_str("");
}

/* {"runtimes":{"win":{"ID":{"ID OF WIN":"1.0"}}}}: who installs ID for win gets
 * the other, too. */
static int
add_runtimes(json_t *also, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_span_iter runtime, package, other;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_bytes root, runtimes;

	/* Clients skip what begins with a byte order mark's bytes, too. */
	if (ferry_bytes_starts(text, "\xef\xbb\xbf"))
		text = ferry_bytes_of(text.p + 3, text.n - 3);
	if (text.n == 0 || ferry_span_check(text, &root, &why) == -1 ||
	    ferry_span_type(root) != FERRY_SPAN_OBJECT ||
	    !ferry_span_get(root, "runtimes", &runtimes))
		return 0;
	ferry_span_iter(&runtime, runtimes);
	while (ferry_span_next(&runtime)) {
		ferry_span_iter(&package, runtime.value);
		while (ferry_span_next(&package)) {
			if (ferry_span_type(package.value) != FERRY_SPAN_OBJECT)
				continue;
			ferry_span_iter(&other, package.value);
			while (ferry_span_next(&other))
				if (add_also(also, runtime.name, other.name,
					between_quotes(other.value), err) == -1)
					return -1;
		}
	}
	return 0;
}

/* A tool whose packages for runtimes have ids and this version. */
static int
add_tool(json_t *also, struct ferry_bytes text, const char *version,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_xml *xml = NULL;
	const struct ferry_xml_node *one;
	struct ferry_buf range = FERRY_BUF_INIT;
	int rc = 0;

	if (text.n == 0 ||
	    ferry_xml_parse(&xml, text, "its list of runtimes", &why) == -1)
		return 0;
	one = ferry_xml_child(
	    ferry_xml_child(ferry_xml_root(xml), "RuntimeIdentifierPackages"),
	    "RuntimeIdentifierPackage");
	if (one != NULL)
		rc = ferry_buf_addf(&range, err, "[%s]", version);
	for (; one != NULL && rc == 0; one = ferry_xml_again(one)) {
		const char *runtime =
		    ferry_xml_attribute(one, "RuntimeIdentifier");
		const char *id = ferry_xml_attribute(one, "Id");

		if (runtime != NULL && id != NULL)
			rc = add_also(also, ferry_bytes_str(runtime),
			    ferry_bytes_str(id), ferry_bytes_buf(&range), err);
	}
	ferry_buf_free(&range);
	ferry_xml_free(xml);
	return rc;
}

int
ferry_nuget_needs_describe(
    json_t *record, const struct nuget_inside *inside, struct ferry_error *err)
{
	const char *version =
	    json_string_value(json_object_get(record, "version"));
	json_t *also = json_array();

	if (also == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (add_runtimes(also, ferry_bytes_buf(&inside->runtime), err) == -1 ||
	    add_tool(also, ferry_bytes_buf(&inside->tool), version, err) ==
		-1) {
		json_decref(also);
		return -1;
	}
	if (json_array_size(also) > 0)
		return ferry_json_set(record, "also", also, err);
	json_decref(also);
	return 0;
}
