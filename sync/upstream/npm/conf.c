/* What etc/ferry.conf says of an npm upstream, and lock files. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "sync/select/lock/lock.h"
#include "sync/upstream/npm/npm.h"

static int
strings(struct ferry_conf_group *group, const char *name, const char **out,
    size_t max, size_t *n, struct ferry_error *err)
{
	int rc;

	for (*n = 0; (rc = ferry_conf_strs(
			  group, name, (unsigned)*n, out + *n, err)) == 1;
	     *n += 1)
		if (*n + 1 == max)
			return ferry_conf_error(
			    group, name, err, "at most %zu values", max - 1);
	return rc;
}

int
npm_configure(struct npm *npm, struct ferry_error *err)
{
	struct ferry_conf_group *group = npm->up->group;
	/* A delegator wants what is of its owners; dependencies seldom are. */
	bool alone = npm->up->delegator == NULL;
	const char *signatures;

	if (ferry_conf_bool(
		group, "dependencies", alone, &npm->dependencies, err) == -1 ||
	    ferry_conf_bool(group, "optional_dependencies", true,
		&npm->optional, err) == -1 ||
	    ferry_conf_bool(
		group, "peer_dependencies", true, &npm->peers, err) == -1 ||
	    strings(group, "os", npm->os, 16, &npm->os_n, err) == -1 ||
	    strings(group, "cpu", npm->cpu, 16, &npm->cpu_n, err) == -1 ||
	    strings(group, "libc", npm->libc, 8, &npm->libc_n, err) == -1 ||
	    ferry_conf_str(group, "signatures", alone ? "auto" : "off",
		&signatures, err) == -1)
		return -1;
	if (strcmp(signatures, "off") == 0)
		npm->signatures = NPM_SIGNATURES_OFF;
	else if (strcmp(signatures, "auto") == 0)
		npm->signatures = NPM_SIGNATURES_AUTO;
	else if (strcmp(signatures, "required") == 0)
		npm->signatures = NPM_SIGNATURES_REQUIRED;
	else
		return ferry_conf_error(group, "signatures", err,
		    "expected \"off\", \"auto\" or \"required\"");
	/* The wants are read when a sync starts; mistakes are found now. */
	return npm_wants_read(npm, NPM_WANTS_CHECK, err);
}

/* "react@^18", "@types/node", "jquery@next". */
static int
want_string(struct npm *npm, unsigned i, const char *text,
    enum npm_wants_mode mode, struct ferry_error *err)
{
	struct npm_want want = { .kind = NPM_WANT_PICK,
		.closure = npm->dependencies };
	const char *at = text[0] == 0 ? NULL : strchr(text + 1, '@');
	char *name = NULL, by[64];
	int rc = -1;

	(void)snprintf(
	    by, sizeof(by), "packages of upstream '%.40s'", npm->up->name);
	if (ferry_strndup(&name,
		ferry_bytes_of(
		    text, at == NULL ? strlen(text) : (size_t)(at - text)),
		err) == -1)
		return -1;
	if (!ferry_npm_name_valid(ferry_bytes_str(name))) {
		ferry_conf_error(npm->up->group, "packages", err,
		    "element %u, '%.80s', is not a package name", i + 1, text);
		goto out;
	}
	want.spec = (char *)(uintptr_t)(at == NULL ? "latest" : at + 1);
	want.by = by;
	rc = mode == NPM_WANTS_CHECK ? 0 : npm_want(npm, name, &want, err);
out:
	free(name);
	return rc;
}

/* { name = "react"; versions = "^18 || ^19"; latest = 5; } */
static int
want_group(struct npm *npm, struct ferry_conf_group *group,
    enum npm_wants_mode mode, struct ferry_error *err)
{
	struct npm_want want = { .kind = NPM_WANT_RANGE };
	const char *name, *versions, *tag;
	struct ferry_semver_range *range = NULL;
	int rc;

	want.by = (char *)(uintptr_t) "a select group";
	if (ferry_conf_need_str(group, "name", &name, err) == -1 ||
	    ferry_conf_str(group, "versions", "*", &versions, err) == -1 ||
	    ferry_conf_u64(group, "latest", 1, 100000, 0, &want.latest, err) ==
		-1 ||
	    ferry_conf_bool(
		group, "prereleases", false, &want.prereleases, err) == -1 ||
	    ferry_conf_bool(group, "dependencies", npm->dependencies,
		&want.closure, err) == -1)
		return -1;
	if (!ferry_npm_name_valid(ferry_bytes_str(name)))
		return ferry_conf_error(
		    group, "name", err, "'%.80s' is not a package name", name);
	if (ferry_semver_range_new(&range, ferry_bytes_str(versions),
		FERRY_SEMVER_LOOSE, err) == -1)
		return ferry_conf_error(group, "versions", err,
		    "'%.80s' is not a range of versions", versions);
	ferry_semver_range_free(range);
	want.spec = (char *)(uintptr_t)versions;
	if (mode == NPM_WANTS_ADD &&
	    (ferry_conf_has(group, "versions") ||
		ferry_conf_has(group, "latest") ||
		!ferry_conf_has(group, "tags")) &&
	    npm_want(npm, name, &want, err) == -1)
		return -1;
	want.kind = NPM_WANT_PICK;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "tags", i, &tag, err)) == 1; i++) {
		want.spec = (char *)(uintptr_t)tag;
		if (mode == NPM_WANTS_ADD &&
		    npm_want(npm, name, &want, err) == -1)
			return -1;
	}
	return rc == -1 ? -1 : ferry_conf_finish(group, err);
}

/* Lock files */

struct lock_context {
	struct npm *npm;
	const char *path;
};

static int
on_wanted(
    void *ctx, const struct ferry_lock_wanted *entry, struct ferry_error *err)
{
	struct lock_context *lock = ctx;

	return npm_want_locked(lock->npm, entry, lock->path, err);
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{
	struct lock_context *lock = ctx;
	char text[600];

	(void)err;
	(void)snprintf(
	    text, sizeof(text), "%s: %.300s (%s)", lock->path, what, why);
	ferry_run_skip(lock->npm->run, name, text);
	return 0;
}

static int
want_lock(struct npm *npm, const char *path, struct ferry_error *err)
{
	struct lock_context lock = { npm, path };
	const struct ferry_lock_sink sink = { on_wanted, on_unmirrorable,
		&lock };

	return ferry_lock_read(path, &sink, err);
}

int
npm_wants_read(
    struct npm *npm, enum npm_wants_mode mode, struct ferry_error *err)
{
	struct ferry_conf_group *group = npm->up->group, *select;
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "packages", i, &text, err)) == 1; i++)
		if (want_string(npm, i, text, mode, err) == -1)
			return -1;
	if (rc == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_list(group, "select", i, &select, err)) == 1; i++)
		if (want_group(npm, select, mode, err) == -1)
			return -1;
	if (rc == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_path_at(group, "lockfiles", i, &text, err)) == 1;
	     i++) {
		if (mode == NPM_WANTS_CHECK)
			continue;
		/* One lock file that cannot be read does not stop the rest. */
		if (want_lock(npm, text, &why) == -1)
			ferry_run_fail(npm->run, text, &why);
	}
	return rc;
}
