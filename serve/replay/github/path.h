#ifndef FERRY_SERVE_REPLAY_GITHUB_PATH_H
#define FERRY_SERVE_REPLAY_GITHUB_PATH_H

/*
 * A path below /api/v3/, taken apart; bytes only.
 *
 * Source: GitHub REST API, "Packages" (API version 2022-11-28):
 *     orgs/{org}, users/{username} or user, then packages.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

enum ferry_github_endpoint {
	FERRY_GITHUB_NOTHING, /* no such URL */
	FERRY_GITHUB_ROOT,
	FERRY_GITHUB_USER, /* the client's own */
	FERRY_GITHUB_PACKAGES,
	FERRY_GITHUB_PACKAGE,
	FERRY_GITHUB_VERSIONS,
	FERRY_GITHUB_VERSION,
	FERRY_GITHUB_CONFLICTS /* of a move to a type's successor */
};
enum ferry_github_space {
	FERRY_GITHUB_ORG,
	FERRY_GITHUB_NAMED, /* a user */
	FERRY_GITHUB_SELF /* the user that the client is */
};

#define FERRY_GITHUB_NAME 256
struct ferry_github_path {
	enum ferry_github_endpoint endpoint;
	enum ferry_github_space space;
	char owner[FERRY_GITHUB_NAME]; /* "" of FERRY_GITHUB_SELF */
	char type[16]; /* npm, container …: as it was sent */
	char name[FERRY_GITHUB_NAME]; /* of the package, without its owner */
	uint64_t version;
};

/* path is percent-encoded, without a leading '/'.  Cannot fail: what is no
 * path of ours is FERRY_GITHUB_NOTHING. */
void
ferry_github_path_split(struct ferry_github_path *out, struct ferry_bytes path);

#endif
