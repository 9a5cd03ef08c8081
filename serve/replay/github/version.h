#ifndef FERRY_SERVE_REPLAY_GITHUB_VERSION_H
#define FERRY_SERVE_REPLAY_GITHUB_VERSION_H

/*
 * The versions of a package, for GitHub's REST interface: made once a change,
 * and kept in the cache as lines
 *
 *	ID CREATED DELETED NAME TAG…
 *
 * behind one with the times of the package.
 *
 * GitHub's own numbers and times of versions do not reach a mirror through the
 * registries.  A number is made of the package's and of the version's name: the
 * first 53 bits of the SHA-256 of "NUMBER NAME", so that it is the same on every
 * server and after every sync.  Times are those of the
 * package's document; where that has none, of a manifest, when the version came
 * into the store's history, which crosses in bundles.
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_body;
struct ferry_call;
struct ferry_error;
struct ferry_github_package;

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

#endif
