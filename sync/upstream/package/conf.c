/* What etc/ferry.conf wants of an upstream's packages: by name, by ranges, by
 * lock files. */

#include <assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/conf.h"
#include "store/format/format.h"
#include "sync/upstream/package/packages.h"

static bool
is_package(const struct ferry_packages *packages, const char *name)
{

	return ferry_format_find(ferry_bytes_str(packages->format->format))
	    ->name_valid(ferry_bytes_str(name));
}

/* Words for files stand behind what chooses versions. */
static int
cut_spec(const struct ferry_packages *packages, struct ferry_package_want *want,
    char **spec, char **files, struct ferry_error *err)
{
	size_t n;

	if (packages->format->cut == NULL)
		return 0;
	if (packages->format->cut(want->spec, &n, files, err) == -1 ||
	    ferry_strndup(spec, ferry_bytes_of(want->spec, n), err) == -1)
		return -1;
	want->spec = *spec;
	want->files = *files;
	return 0;
}

/* An element of `packages`: "react@^18", "rails ~> 7.1". */
static int
want_text(struct ferry_packages *packages, unsigned i, const char *text,
    enum ferry_wants_mode mode, struct ferry_error *err)
{
	struct ferry_package_want want = { .kind = FERRY_WANT_PICK,
		.closure = packages->dependencies,
		.direct = true };
	char *name = NULL, *spec = NULL, *files = NULL, by[64];
	int rc = -1;

	(void)snprintf(
	    by, sizeof(by), "packages of upstream '%.40s'", packages->up->name);
	if (packages->format->split(text, &name, &want.spec, err) == -1)
		return -1;
	if (want.spec == NULL)
		want.spec = packages->format->default_spec;
	if (cut_spec(packages, &want, &spec, &files, err) == -1)
		goto out;
	want.by = by;
	if (!is_package(packages, name))
		ferry_conf_error(packages->up->group, "packages", err,
		    "element %u, '%.80s', is not a package name", i + 1, text);
	else
		rc = mode == FERRY_WANTS_CHECK
		         ? 0
		         : ferry_packages_want(packages, name, &want, err);
out:
	free(name);
	free(spec);
	free(files);
	return rc;
}

static int
check_group(const struct ferry_packages *packages,
    struct ferry_conf_group *group, const char *name, const char *versions,
    struct ferry_error *err)
{
	void *range = NULL;

	if (!is_package(packages, name))
		return ferry_conf_error(
		    group, "name", err, "'%.80s' is not a package name", name);
	if (packages->format->range_new(
		&range, ferry_bytes_str(versions), err) == -1)
		return ferry_conf_error(group, "versions", err,
		    "'%.80s' is not a range of versions", versions);
	packages->format->range_free(range);
	return 0;
}

/* The name of a group as keys have it, the caller's to free. */
static int
group_name(const struct ferry_packages *packages,
    struct ferry_conf_group *group, char **out, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(packages->format->format));
	struct ferry_buf key = FERRY_BUF_INIT;
	const char *name;

	if (ferry_conf_need_str(group, "name", &name, err) == -1)
		return -1;
	if (*name == 0)
		return ferry_strdup(out, name, err);
	if (ferry_format_name_key(format, name, &key, err) == -1) {
		ferry_buf_free(&key);
		return -1;
	}
	*out = (char *)key.p;
	return 0;
}

/* { name = "react"; versions = "^18 || ^19"; latest = 5; } */
static int
want_named_group(struct ferry_packages *packages,
    struct ferry_conf_group *group, const char *name,
    enum ferry_wants_mode mode, struct ferry_error *err)
{
	struct ferry_package_want want = {
		.kind = FERRY_WANT_RANGE, .by = "a select group", .direct = true
	};
	bool prereleases;
	int rc;

	if (ferry_conf_str(group, "versions", packages->format->any, &want.spec,
		err) == -1 ||
	    ferry_conf_u64(group, "latest", 1, 100000, 0, &want.latest, err) ==
		-1 ||
	    ferry_conf_bool(group, "prereleases", false, &prereleases, err) ==
		-1 ||
	    ferry_conf_bool(group, "dependencies", packages->dependencies,
		&want.closure, err) == -1 ||
	    check_group(packages, group, name, want.spec, err) == -1)
		return -1;
	want.prereleases =
	    prereleases ? FERRY_PRERELEASES_ALL : FERRY_PRERELEASES_AS_NAMED;
	if (mode == FERRY_WANTS_ADD &&
	    (ferry_conf_has(group, "versions") ||
		ferry_conf_has(group, "latest") ||
		!ferry_conf_has(group, "tags")) &&
	    ferry_packages_want(packages, name, &want, err) == -1)
		return -1;
	want.kind = FERRY_WANT_PICK;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "tags", i, &want.spec, err)) == 1;
	     i++)
		if (mode == FERRY_WANTS_ADD &&
		    ferry_packages_want(packages, name, &want, err) == -1)
			return -1;
	return rc == -1 ? -1 : ferry_conf_finish(group, err);
}

static int
want_group(struct ferry_packages *packages, struct ferry_conf_group *group,
    enum ferry_wants_mode mode, struct ferry_error *err)
{
	char *name = NULL;
	int rc = -1;

	if (group_name(packages, group, &name, err) == 0)
		rc = want_named_group(packages, group, name, mode, err);
	free(name);
	return rc;
}

/* The lock files that a pattern of the shell fits.  One that cannot be read does
 * not stop the rest. */
static void
want_lockfiles(struct ferry_packages *packages, const char *pattern)
{
	glob_t found = { 0 };

	/* What is there by that name is meant, whatever its name has in it. */
	if (glob(pattern, access(pattern, F_OK) == 0 ? GLOB_NOCHECK : 0, NULL,
		&found) != 0) {
		struct ferry_error why = FERRY_ERROR_INIT;

		ferry_error_set(
		    &why, FERRY_ESYSTEM, "there is no such file (lockfiles)");
		ferry_run_fail(packages->run, pattern, &why);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		struct ferry_error why = FERRY_ERROR_INIT;

		if (ferry_packages_want_lockfile(packages, path, &why) == -1)
			ferry_run_fail(packages->run, path, &why);
	}
	globfree(&found);
}

int
ferry_packages_read_wants(struct ferry_packages *packages,
    enum ferry_wants_mode mode, struct ferry_error *err)
{
	struct ferry_conf_group *group = packages->up->group, *select;
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "packages", i, &text, err)) == 1; i++)
		if (want_text(packages, i, text, mode, err) == -1)
			return -1;
	if (rc == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_list(group, "select", i, &select, err)) == 1; i++)
		if (want_group(packages, select, mode, err) == -1)
			return -1;
	if (rc == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_path_at(group, "lockfiles", i, &text, err)) == 1;
	     i++)
		if (mode == FERRY_WANTS_ADD)
			want_lockfiles(packages, text);
	return rc;
}

static int
read_licences(struct ferry_packages *packages, struct ferry_error *err)
{
	struct ferry_upstream *up = packages->up;
	struct ferry_licences *l = &up->licences;

	if (ferry_conf_all_strs(up->group, "licences", l->allow,
		sizeof(l->allow) / sizeof(l->allow[0]), &l->allow_n,
		err) == -1 ||
	    ferry_conf_all_strs(up->group, "licences_deny", l->deny,
		sizeof(l->deny) / sizeof(l->deny[0]), &l->deny_n, err) == -1)
		return -1;
	return l->allow_n + l->deny_n == 0 || packages->format->licence != NULL
	           ? 0
	           : ferry_conf_error(up->group,
			 l->allow_n > 0 ? "licences" : "licences_deny", err,
			 "what comes from upstreams of the format '%s' does not "
			 "tell its licence",
			 packages->format->format);
}

int
ferry_packages_configure_all(
    struct ferry_packages *packages, struct ferry_error *err)
{
	struct ferry_conf_group *group = packages->up->group;

	if (read_licences(packages, err) == -1 ||
	    ferry_conf_all_strs(group, "remotes", packages->sources,
		sizeof(packages->sources) / sizeof(packages->sources[0]),
		&packages->sources_n, err) == -1 ||
	    ferry_withdrawn_read(group, packages->format->withdrawn,
		&packages->withdrawn, err) == -1)
		return -1;
	/* A delegator wants what is of its owners; dependencies seldom are. */
	if (ferry_conf_bool(group, "dependencies",
		packages->up->delegator == NULL, &packages->dependencies,
		err) == -1)
		return -1;
	if ((packages->format->needs != NULL ||
		packages->format->needs_inside != NULL) &&
	    ferry_conf_u64(group, "needs_max", 1, FERRY_NEEDS_MOST,
		FERRY_NEEDS_USUAL, &packages->needs_max, err) == -1)
		return -1;
	if (packages->format->configure != NULL &&
	    packages->format->configure(packages, group, err) == -1)
		return -1;
	/* The wants are read when a sync starts; mistakes are found now. */
	return ferry_packages_read_wants(packages, FERRY_WANTS_CHECK, err);
}

int
ferry_packages_ready(struct ferry_packages *packages, struct ferry_error *err)
{

	packages->ready = true;
	if (packages->run->pulls)
		return 0;
	return ferry_packages_read_wants(packages, FERRY_WANTS_ADD, err) == -1
	           ? -1
	           : ferry_packages_want_recorded(packages, err);
}

void
ferry_packages_break(
    struct ferry_packages *packages, const struct ferry_error *why)
{

	assert(!packages->ready && why->code != FERRY_OK);
	packages->broken = *why;
	packages->run->broken = true;
}
