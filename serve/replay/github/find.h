#ifndef FERRY_SERVE_REPLAY_GITHUB_FIND_H
#define FERRY_SERVE_REPLAY_GITHUB_FIND_H

/*
 * Which packages and versions there are, for GitHub's REST interface.
 *
 * Packages are those that a permission snapshot of GitHub knows, with its
 * numbers, and that the store holds.
 */

#include "serve/replay/github/path.h"
#include "serve/replay/view.h"
#include "store/access/snapshots.h"
#include "store/format/format.h"

struct ferry_error;
struct ferry_permit;

/* The path of a request, taken apart. */
void ferry_github_path_of(
    const struct ferry_call *call, struct ferry_github_path *out);
/* The format whose packages GitHub calls type, or NULL. */
const struct ferry_format *ferry_github_format(const char *type);

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

#endif
