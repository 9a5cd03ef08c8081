#ifndef FERRY_SERVE_REPLAY_NUGET_VERSIONS_H
#define FERRY_SERVE_REPLAY_NUGET_VERSIONS_H

/*
 * The versions of a package that are here, in NuGet's order; of an upstream that
 * is pulled through, also those that it lists.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/format/nuget/version.h"

struct ferry_error;
struct ferry_store_view;

struct ferry_nuget_held {
	char *key; /* normalised, in lower case */
	json_t *record; /* of one that is not here, without files */
	struct ferry_nuget_version v; /* of what the record writes */
	bool listed; /* upstream lists it, and has it still */
	bool semver2; /* clients of SemVer 1 must not see it */
};
/* The lowest first.  All zero is empty. */
struct ferry_nuget_versions {
	struct ferry_nuget_held *list;
	size_t n, cap;
};

/* Returns: 0, -1. */
int ferry_nuget_versions_load(struct ferry_nuget_versions *out,
    struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_error *err);
/* The same of those from lower to upper: only their records are read, of a
 * package that may have thousands. */
int ferry_nuget_versions_load_between(struct ferry_nuget_versions *out,
    struct ferry_store_view *view, const char *package, const char *owner,
    const struct ferry_nuget_version *lower,
    const struct ferry_nuget_version *upper, struct ferry_error *err);
void ferry_nuget_versions_free(struct ferry_nuget_versions *versions);

/* What people take for the newest: listed, and a release unless pre-releases
 * are asked for.  NULL if there is none. */
const struct ferry_nuget_held *ferry_nuget_versions_latest(
    const struct ferry_nuget_versions *versions, bool prerelease, bool semver2);

/* A string of a record, or of its "about"; "" if there is none. */
const char *ferry_nuget_said(const json_t *record, const char *name);
const char *ferry_nuget_about(const json_t *record, const char *name);

#endif
