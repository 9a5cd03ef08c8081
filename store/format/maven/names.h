#ifndef FERRY_STORE_FORMAT_MAVEN_NAMES_H
#define FERRY_STORE_FORMAT_MAVEN_NAMES_H

/*
 * Coordinates, and what they are called in a repository's tree.
 *
 * A package is "GROUP:ARTIFACT", or "OWNER/GROUP.ARTIFACT" of an owner's on
 * GitHub, whose lists do not tell where the group ends; a version is a release, "1.0", or one build of
 * a snapshot, "1.0-20240501.120000-3", whose folder is "1.0-SNAPSHOT".  A file
 * of a version is called ARTIFACT-VERSION[-CLASSIFIER].EXTENSION.
 *
 * Source: store/format/maven/PROTOCOL.md, section 1.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_MAVEN_NAME_MAX 220 /* bytes, with the ':' */
#define FERRY_MAVEN_METADATA "maven-metadata.xml"

/* Whether it is "GROUP:ARTIFACT", "OWNER/GROUP.ARTIFACT", or "GROUP.ARTIFACT",
 * which nothing is pulled or served as. */
bool ferry_maven_name_valid(struct ferry_bytes name);
struct ferry_bytes ferry_maven_group(struct ferry_bytes name);
struct ferry_bytes ferry_maven_artifact(struct ferry_bytes name);
/* Whether it may be a group, an artifact or a classifier of its own. */
bool ferry_maven_part_valid(struct ferry_bytes part);

/* Whether it may be a version: no blanks, slashes, brackets. */
bool ferry_maven_version_valid(struct ferry_bytes version);
/* A total order: as Maven's, then by bytes. */
int ferry_maven_order(struct ferry_bytes a, struct ferry_bytes b);
/* Whether it is a snapshot, or has alpha, beta, milestone, rc. */
bool ferry_maven_prerelease(struct ferry_bytes version);
/* Whether it ends in "-SNAPSHOT", or is a build of such. */
bool ferry_maven_is_snapshot(struct ferry_bytes version);
/* Of a build "1.0-20240501.120000-3": the bytes of "1.0", of the time and of
 * the number.  Returns whether it is one. */
struct ferry_maven_build {
	struct ferry_bytes base, time, number;
};
bool ferry_maven_build_cut(
    struct ferry_maven_build *out, struct ferry_bytes version);

/* Append "org/example/lib", the folder of a version below that, and a file's
 * name; classifier may be empty. */
int ferry_maven_folder(
    struct ferry_buf *out, const char *name, struct ferry_error *err);
int ferry_maven_version_folder(struct ferry_buf *out, const char *name,
    const char *version, struct ferry_error *err);
int ferry_maven_file_name(struct ferry_buf *out, const char *name,
    const char *version, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err);

/* What a type of a dependency, or a packaging, is called as a file. */
struct ferry_maven_type {
	const char *extension, *classifier; /* classifier: "" for none */
	bool known; /* else the type is the extension */
};
struct ferry_maven_type ferry_maven_type(const char *type);

/* For the table of formats: what a package of an owner's on GitHub is called
 * here, in lower case.  name may have a ':' for its last '.'. */
int ferry_maven_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err);

#endif
