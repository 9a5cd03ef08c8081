#ifndef FERRY_SERVE_REPLAY_MAVEN_PATH_H
#define FERRY_SERVE_REPLAY_MAVEN_PATH_H

/*
 * Paths of a Maven repository, below its own prefix: bytes only.
 *
 * A path may begin with an upstream, or with OWNER/REPO, whose packages it is
 * about then; only the store can tell that from the beginning of a group, so a
 * path has several readings.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 1, 2 and 12.
 */

#include <stdbool.h>

#include "serve/replay/call.h"
#include "store/format/maven/version.h"

enum ferry_maven_kind {
	FERRY_MAVEN_ROOT,
	FERRY_MAVEN_FILE,
	FERRY_MAVEN_VERSIONS, /* of an artifact, or of a group */
	FERRY_MAVEN_SNAPSHOT, /* metadata of a snapshot version */
	FERRY_MAVEN_PREFIXES, /* ".meta/prefixes.txt" */
	FERRY_MAVEN_PAGE /* of an artifact, at its folder */
};
/* What of it: in kind, above those. */
enum ferry_maven_sum {
	FERRY_MAVEN_ITSELF,
	FERRY_MAVEN_SHA1 = 0x10,
	FERRY_MAVEN_MD5 = 0x20,
	FERRY_MAVEN_SHA256 = 0x30,
	FERRY_MAVEN_SHA512 = 0x40,
	FERRY_MAVEN_SUMS = 0x70
};

/*
 * Fill kind, action and item (the path, without a sidecar's ending) of r, which
 * is all zero, from a decoded path.  Returns whether something can have that
 * path.
 */
bool ferry_maven_path_parse(struct ferry_resource *r, const char *path);
/* The same of a folder, "org/example/lib/", for people. */
bool ferry_maven_path_page(struct ferry_resource *r, const char *path);

/* A reading of a path: how many of its first words are not of the group. */
#define FERRY_MAVEN_READINGS 3
struct ferry_maven_reading {
	char origin[FERRY_OWNER_NAME]; /* "", "UPSTREAM", "OWNER/REPO" */
	char package[FERRY_PACKAGE_NAME]; /* "GROUP:ARTIFACT" */
	char folder[FERRY_MAVEN_VERSION_MAX + 1]; /* of a version, or "" */
	const char *file; /* its name; of the resource */
};
/* Returns whether that is one. */
bool ferry_maven_path_read(const struct ferry_resource *r, unsigned skip,
    struct ferry_maven_reading *out);
/* The version that a file is of: its folder, or the build that its name
 * tells.  Returns whether the name fits. */
bool ferry_maven_path_version(const struct ferry_maven_reading *reading,
    char version[FERRY_MAVEN_VERSION_MAX + 1]);

#endif
