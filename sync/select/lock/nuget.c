/*
 * NuGet's files that are JSON.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 9.
 */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

/* Strings of one entry, as the sink gets them. */
struct entry {
	struct ferry_buf name, version, integrity;
};

static int
tell_lost(const struct ferry_lock_sink *sink, struct ferry_bytes id,
    struct ferry_bytes text, const char *why, struct ferry_error *err)
{
	char *name = NULL, *what = NULL;
	int rc = -1;

	if (ferry_strndup(&name, id, err) == 0 &&
	    ferry_strndup(&what, text, err) == 0)
		rc = sink->on_unmirrorable(sink->ctx, name, what, why, err);
	free(name);
	free(what);
	return rc;
}

/* What is asked for: a version as keys have it, or a range. */
static int
put_version(struct entry *e, enum ferry_lock_nuget_what what,
    struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_nuget_range *range = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc;

	if (what == FERRY_LOCK_VERSION)
		return ferry_nuget_version_key(&e->version, text, err);
	if (ferry_nuget_range_new(&range, text, &why) == -1) {
		if (why.code != FERRY_ENOMEM)
			return 0;
		*err = why;
		return -1;
	}
	rc = ferry_nuget_range_text(&e->version, range, err);
	ferry_nuget_range_free(range);
	return rc == -1 ? -1 : 1;
}

static bool
has_nul(struct ferry_bytes s)
{

	return s.n > 0 && memchr(s.p, 0, s.n) != NULL;
}

int
ferry_lock_nuget_found(const struct ferry_lock_sink *sink,
    enum ferry_lock_nuget_what what, struct ferry_bytes id,
    struct ferry_bytes text, struct ferry_bytes integrity,
    struct ferry_error *err)
{
	struct entry e = { FERRY_BUF_INIT, FERRY_BUF_INIT, FERRY_BUF_INIT };
	struct ferry_lock_wanted wanted = { .closure =
						what == FERRY_LOCK_RANGE };
	int rc;

	if (has_nul(id) || has_nul(text) || has_nul(integrity))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an entry's text holds NUL");
	if (!ferry_nuget_id_valid(id))
		return tell_lost(sink, id, text, "not an id", err);
	rc = put_version(&e, what, text, err);
	if (rc == 0)
		rc = tell_lost(sink, id, text,
		    what == FERRY_LOCK_VERSION ? "not a version"
					       : "not a range of versions",
		    err);
	else if (rc == 1)
		rc = ferry_nuget_lower(&e.name, id, err) == -1 ||
		             (integrity.n > 0 &&
				 (ferry_buf_adds(&e.integrity, "contenthash-",
				      err) == -1 ||
				     ferry_buf_add(&e.integrity, integrity.p,
					 integrity.n, err) == -1))
		         ? -1
		         : 1;
	if (rc == 1) {
		wanted.name = (char *)e.name.p;
		wanted.version = (char *)e.version.p;
		wanted.integrity = (char *)e.integrity.p;
		rc = sink->on_wanted(sink->ctx, &wanted, err);
	}
	ferry_buf_free(&e.name);
	ferry_buf_free(&e.version);
	ferry_buf_free(&e.integrity);
	return rc;
}

/* A string member of an object, decoded and appended; nothing without one. */
static int
get(struct ferry_bytes object, const char *name, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_bytes value;

	ferry_buf_reset(out);
	if (!ferry_span_get(object, name, &value) ||
	    ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	return ferry_span_string(out, value, err);
}

static int
open_object(
    struct ferry_bytes text, struct ferry_bytes *root, struct ferry_error *err)
{

	if (ferry_span_check(text, root, err) == -1)
		return -1;
	return ferry_span_type(*root) == FERRY_SPAN_OBJECT
	           ? 0
	           : ferry_error_set(
			 err, FERRY_EFORMAT, "the file is not an object");
}

/* packages.lock.json: {"dependencies":{FRAMEWORK:{ID:{…}}}} */

static int
lock_entry(const struct ferry_lock_sink *sink, const struct ferry_span_iter *it,
    struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT, type = FERRY_BUF_INIT,
			 resolved = FERRY_BUF_INIT, hash = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_span_unescape(&id, it->name, err) == -1 ||
	    get(it->value, "type", &type, err) == -1 ||
	    get(it->value, "resolved", &resolved, err) == -1 ||
	    get(it->value, "contentHash", &hash, err) == -1)
		goto out;
	/* A project of the same solution. */
	if (ferry_bytes_is(ferry_bytes_buf(&type), "Project"))
		rc = 0;
	else
		rc = ferry_lock_nuget_found(sink, FERRY_LOCK_VERSION,
		    ferry_bytes_buf(&id), ferry_bytes_buf(&resolved),
		    ferry_bytes_buf(&hash), err);
out:
	ferry_buf_free(&id);
	ferry_buf_free(&type);
	ferry_buf_free(&resolved);
	ferry_buf_free(&hash);
	return rc;
}

int
ferry_lock_nuget(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct ferry_bytes root, dependencies;
	struct ferry_span_iter framework, entry;

	if (open_object(text, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, "dependencies", &dependencies))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the file has no \"dependencies\"");
	ferry_span_iter(&framework, dependencies);
	while (ferry_span_next(&framework)) {
		ferry_span_iter(&entry, framework.value);
		while (ferry_span_next(&entry))
			if (lock_entry(sink, &entry, err) == -1)
				return -1;
	}
	return 0;
}

/* project.assets.json */

/* "ID/VERSION":{"type":"package"} */
static int
library(const struct ferry_lock_sink *sink, const struct ferry_span_iter *it,
    struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, type = FERRY_BUF_INIT,
			 hash = FERRY_BUF_INIT;
	const uint8_t *slash;
	int rc = -1;

	if (ferry_span_unescape(&name, it->name, err) == -1 ||
	    get(it->value, "type", &type, err) == -1 ||
	    get(it->value, "sha512", &hash, err) == -1)
		goto out;
	slash = name.n == 0 ? NULL : memchr(name.p, '/', name.n);
	rc = 0;
	if (slash != NULL &&
	    ferry_bytes_is(ferry_bytes_buf(&type), "package")) {
		size_t n = (size_t)(slash - name.p);

		rc = ferry_lock_nuget_found(sink, FERRY_LOCK_VERSION,
		    ferry_bytes_of(name.p, n),
		    ferry_bytes_of(slash + 1, name.n - n - 1),
		    ferry_bytes_buf(&hash), err);
	}
out:
	ferry_buf_free(&name);
	ferry_buf_free(&type);
	ferry_buf_free(&hash);
	return rc;
}

/* What the SDK fetches besides: {"name":ID,"version":"[1.0, 1.0]"}. */
static int
download(const struct ferry_lock_sink *sink, struct ferry_bytes object,
    struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT, range = FERRY_BUF_INIT;
	int rc = -1;

	if (get(object, "name", &id, err) == 0 &&
	    get(object, "version", &range, err) == 0)
		rc = ferry_lock_nuget_found(sink, FERRY_LOCK_RANGE,
		    ferry_bytes_buf(&id), ferry_bytes_buf(&range),
		    ferry_bytes_of(NULL, 0), err);
	ferry_buf_free(&id);
	ferry_buf_free(&range);
	return rc;
}

static int
downloads(const struct ferry_lock_sink *sink, struct ferry_bytes root,
    struct ferry_error *err)
{
	struct ferry_bytes project, frameworks, list;
	struct ferry_span_iter framework, it;

	if (!ferry_span_get(root, "project", &project) ||
	    !ferry_span_get(project, "frameworks", &frameworks))
		return 0;
	ferry_span_iter(&framework, frameworks);
	while (ferry_span_next(&framework)) {
		if (!ferry_span_get(
			framework.value, "downloadDependencies", &list))
			continue;
		ferry_span_iter(&it, list);
		while (ferry_span_next(&it))
			if (download(sink, it.value, err) == -1)
				return -1;
	}
	return 0;
}

int
ferry_lock_nuget_assets(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct ferry_bytes root, libraries;
	struct ferry_span_iter it;

	if (open_object(text, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, "libraries", &libraries))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the file has no \"libraries\"");
	ferry_span_iter(&it, libraries);
	while (ferry_span_next(&it))
		if (library(sink, &it, err) == -1)
			return -1;
	return downloads(sink, root, err);
}

/* dotnet-tools.json, global.json: {ID:…} */

static int
named(const struct ferry_lock_sink *sink, struct ferry_bytes raw_id,
    struct ferry_bytes version, struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT, exact = FERRY_BUF_INIT;
	int rc = -1;

	/* A tool or an SDK is that version, and brings what it needs. */
	if (ferry_span_unescape(&id, raw_id, err) == 0 &&
	    ferry_buf_adds(&exact, "[", err) == 0 &&
	    (ferry_span_type(version) != FERRY_SPAN_STRING ||
		ferry_span_string(&exact, version, err) == 0) &&
	    ferry_buf_adds(&exact, "]", err) == 0)
		rc = ferry_lock_nuget_found(sink, FERRY_LOCK_RANGE,
		    ferry_bytes_buf(&id), ferry_bytes_buf(&exact),
		    ferry_bytes_of(NULL, 0), err);
	ferry_buf_free(&id);
	ferry_buf_free(&exact);
	return rc;
}

int
ferry_lock_nuget_tools(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct ferry_bytes root, tools, version;
	struct ferry_span_iter it;

	if (open_object(text, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, "tools", &tools))
		return 0;
	ferry_span_iter(&it, tools);
	while (ferry_span_next(&it)) {
		if (!ferry_span_get(it.value, "version", &version))
			version = ferry_bytes_str("null");
		if (named(sink, it.name, version, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_lock_nuget_global(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct ferry_bytes root, sdks;
	struct ferry_span_iter it;

	if (open_object(text, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, "msbuild-sdks", &sdks))
		return 0;
	ferry_span_iter(&it, sdks);
	while (ferry_span_next(&it))
		if (named(sink, it.name, it.value, err) == -1)
			return -1;
	return 0;
}
