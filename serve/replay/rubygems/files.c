#include "serve/replay/rubygems/files.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/file.h"
#include "serve/replay/held.h"
#include "serve/replay/rubygems/path.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/format/rubygems/gem.h"
#include "store/pull/message.h"

#define CANDIDATES 8 /* gems that a file may be of */

/* Whose package */

/* The gem called name, of the owner in the URL: OWNER/NAME, or the NAME that
 * the upstream OWNER has. */
static int
find_package(struct ferry_call *call, const char *name,
    enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	int rc;

	if ((size_t)snprintf(r->package, sizeof(r->package), "%s%s%s",
		r->origin, r->origin[0] == 0 ? "" : "/",
		name) >= sizeof(r->package))
		return 0;
	rc = ferry_view_owner(
	    call->view, "rubygems", r->package, lookup, call->owner, err);
	if (rc != 0 || r->origin[0] == 0)
		return rc;
	rc = ferry_view_owner_at(
	    call->view, "rubygems", name, r->origin, lookup, call->owner, err);
	if (rc == 1)
		(void)snprintf(r->package, sizeof(r->package), "%.255s", name);
	return rc;
}

/* A record of a version of the package that call names: 1, 0, -1. */
static int
get_version(const struct ferry_call *call, const char *version, json_t **out,
    struct ferry_error *err)
{

	return ferry_held_record(call->view, "rubygems", call->resource.package,
	    call->owner, version, out, err);
}

struct candidate {
	char name[FERRY_PACKAGE_NAME], version[FERRY_PACKAGE_NAME];
};

static size_t
find_candidates(
    const struct ferry_resource *r, struct candidate list[CANDIDATES])
{
	unsigned at = 0;
	size_t n = 0;

	while (n < CANDIDATES && ferry_gem_path_cut(r, &at, list[n].name,
				     list[n].version, FERRY_PACKAGE_NAME))
		n++;
	return n;
}

/*
 * The package of a file.  Mostly there is one gem that it can be of.  Of
 * several it is the one that has such a version; of what may not be read none
 * is looked at.
 */
static int
find_file(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	struct candidate list[CANDIDATES];
	size_t n = find_candidates(&call->resource, list);
	struct ferry_error ignored = FERRY_ERROR_INIT;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *record = NULL;

		rc = find_package(call, list[i].name, lookup, err);
		if (rc == -1 || (rc == 1 && n == 1))
			return rc;
		if (rc == 1 && !ferry_view_may_read(call, "rubygems")) {
			(void)find_package(
			    call, list[i].name, FERRY_LOOKUP_FRESH, &ignored);
			rc = 0;
		}
		if (rc == 1)
			rc = get_version(call, list[i].version, &record, err);
		json_decref(record);
		if (rc != 0)
			return rc;
	}
	/* One that may not be read is refused as such. */
	for (size_t i = 0; i < n && n > 1; i++)
		if ((rc = find_package(call, list[i].name, lookup, err)) != 0)
			return rc;
	call->resource.package[0] = call->owner[0] = 0;
	return 0;
}

int
ferry_gem_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_bytes base;
	char name[FERRY_PACKAGE_NAME];

	if (call->resource.kind == FERRY_GEM_FILE)
		return find_file(call, lookup, err);
	base = ferry_gem_name_base(ferry_bytes_str(call->resource.package));
	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)base.n, (const char *)base.p);
	return find_package(call, name, lookup, err);
}

/* Files */

/* Which of its versions, and of that the file. */
static int
find(void *ctx, struct ferry_digest *out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const struct ferry_resource *r = &call->resource;
	struct candidate list[CANDIDATES];
	size_t n = find_candidates(r, list);
	struct ferry_file file;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		json_t *record = NULL;

		if (!ferry_bytes_is(
			ferry_gem_name_base(ferry_bytes_str(r->package)),
			list[i].name))
			continue;
		rc = get_version(call, list[i].version, &record, err);
		if (rc == 1)
			rc = ferry_files_find(record, r->item, &file, err);
		if (rc == 1)
			*out = file.sha256;
		json_decref(record);
	}
	return rc;
}

int
ferry_gem_file(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err)
{
	const struct ferry_file_call file = { call->view, "rubygems",
		call->resource.package, call->owner, call->resource.item, NULL,
		find, (void *)(uintptr_t)call };

	return ferry_file_body(&file, out, err);
}

/* Pulling */

/* Copy text, if it has room. */
static bool
set_name(char out[FERRY_PULL_NAME], struct ferry_bytes text)
{

	if (text.n == 0 || text.n >= FERRY_PULL_NAME)
		return false;
	memcpy(out, text.p, text.n);
	out[text.n] = 0;
	return true;
}

/* Of a file that nothing here is of, the gem with the shortest name that it can
 * be of: versions that begin with a number and a dash are rare. */
bool
ferry_gem_wants(const struct ferry_call *call, struct ferry_pull_want *want)
{
	const struct ferry_resource *r = &call->resource;
	struct candidate list[CANDIDATES];
	size_t i = 0, n;

	if (r->kind == FERRY_GEM_INFO) {
		want->what = FERRY_PULL_DOCUMENT;
		return set_name(want->package,
		    ferry_gem_name_base(ferry_bytes_str(r->package)));
	}
	if (r->kind != FERRY_GEM_FILE)
		return false;
	n = find_candidates(r, list);
	while (i < n && call->owner[0] != 0 &&
	       !ferry_bytes_is(ferry_gem_name_base(ferry_bytes_str(r->package)),
		   list[i].name))
		i++;
	want->what = FERRY_PULL_VERSION;
	want->grows = ferry_bytes_ends(ferry_bytes_str(r->item), ".gem");
	return i < n &&
	       set_name(want->package, ferry_bytes_str(list[i].name)) &&
	       set_name(want->version, ferry_bytes_str(list[i].version));
}

bool
ferry_gem_supplies(const struct ferry_call *call, const char *upstream)
{
	const char *origin = call->resource.origin;

	return origin[0] == 0 || strcmp(origin, upstream) == 0;
}
