#ifndef FERRY_SERVE_REPLAY_GITHUB_JSON_H
#define FERRY_SERVE_REPLAY_GITHUB_JSON_H

/*
 * The shapes of GitHub's REST interface.
 * Source: GitHub REST API, schemas "package", "package-version",
 *     "simple-user", "minimal-repository" (API version 2022-11-28).
 */

#include <jansson.h>

#include "serve/replay/github/find.h"
#include "serve/replay/github/version.h"

/* Each returns NULL without memory; the caller decrefs. */

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
