#ifndef FERRY_SERVE_REPLAY_GITHUB_GITHUB_H
#define FERRY_SERVE_REPLAY_GITHUB_GITHUB_H

/* What the files of GitHub's REST interface share. */

#include <jansson.h>

#include "serve/replay/format.h"
#include "serve/replay/github/path.h"
#include "store/access/snapshots.h"
#include "store/format/format.h"

/* The path of a request, taken apart. */
void ferry_github_path_of(
    const struct ferry_call *call, struct ferry_github_path *out);
/* The format whose packages GitHub calls type, or NULL. */
const struct ferry_format *ferry_github_format(const char *type);

extern const struct ferry_replay ferry_replay_github;

/* Finding: see github_find.c. */

/* As owner() of format.h: call->owner is the upstream, package the name. */
int ferry_github_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err);

/* A package that a snapshot knows and the store holds.  Borrowed from the
 * identity. */
struct ferry_github_package {
	const struct ferry_snapshot *snapshot;
	const struct ferry_snapshot_package *package;
	const struct ferry_snapshot_owner *owner;
	const struct ferry_format *format;
};
/* The one that call was decided about: 1, 0. */
int ferry_github_package_find(const struct ferry_call *call,
    const struct ferry_github_path *path, struct ferry_github_package *out);

/*
 * The packages of the path's owner and of format (NULL: of none) that the
 * holder of permit may read and of which versions are held, by name.
 * Returns: 1 and *out (the caller frees it); 0 if this owner is nothing that
 *     the holder knows of; -1.
 */
int ferry_github_packages(const struct ferry_call *call,
    const struct ferry_permit *permit, const struct ferry_github_path *path,
    const struct ferry_format *format, struct ferry_github_package **out,
    size_t *n, struct ferry_error *err);

/* A version; strings are its struct ferry_github_versions'. */
struct ferry_github_version {
	uint64_t id;
	int64_t created_at;
	int64_t deleted_at; /* 0: not */
	const char *name;
	const char *tags; /* separated by blanks; "" */
};
/* The newest first. */
struct ferry_github_versions {
	struct ferry_github_version *v;
	size_t n, live;
	int64_t created_at, updated_at; /* of the package */
	struct ferry_body *body; /* private */
};
/* Returns: 0, -1.  The caller frees what is in *out. */
int ferry_github_versions(const struct ferry_call *call,
    const struct ferry_github_package *p, struct ferry_github_versions *out,
    struct ferry_error *err);
void ferry_github_versions_free(struct ferry_github_versions *versions);

/* Shapes: see github_json.c.  NULL without memory; the caller decrefs. */

/* Of absolute URLs: the interface's with a final '/', the pages' without. */
struct ferry_github_urls {
	const char *api;
	const char *pages;
};
json_t *ferry_github_user_json(const struct ferry_github_urls *urls,
    uint64_t id, const char *login, bool organization);
json_t *ferry_github_package_json(const struct ferry_github_urls *urls,
    const struct ferry_permit *permit, const struct ferry_github_package *p,
    const struct ferry_github_versions *versions);
json_t *ferry_github_version_json(const struct ferry_github_urls *urls,
    const struct ferry_github_package *p,
    const struct ferry_github_version *version);
/* A repository-scoped package's is its repository's. */
enum ferry_visibility
ferry_github_visibility(const struct ferry_github_package *p);
json_t *ferry_github_root_json(const struct ferry_github_urls *urls);

#endif
