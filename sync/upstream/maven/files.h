#ifndef FERRY_SYNC_UPSTREAM_MAVEN_FILES_H
#define FERRY_SYNC_UPSTREAM_MAVEN_FILES_H

/*
 * The files of a version, and the words by which they are wanted:
 *
 *	pom		the POM, which always comes
 *	*		the main file, as the POM's packaging says
 *	C:E		that of classifier C (or none) and extension E
 *	?C:E		the same, if upstream has it
 *	C:E#ALG=HEX	the same, with a digest that a lock file says; of
 *			several, "#ALG=HEX#ALG=HEX", any
 *	=RANGE		no file: who wanted it will know by this
 *	@all		each that upstream lists
 *	gradle		no file: what its Gradle module metadata names
 *	platform	no file: what its POM manages are constraints of Gradle,
 *			if it has no module metadata
 *
 * Without words it is "*".
 */

#include <jansson.h>

#include "sync/select/maven/listing.h"
#include "sync/upstream/package/format.h"

/* As of struct ferry_package_format. */
int ferry_maven_files(const struct ferry_version_at *at, ferry_on_file *on_file,
    void *ctx, struct ferry_error *err);
int ferry_maven_more_files(const struct ferry_version_at *at,
    ferry_on_file *on_file, void *ctx, struct ferry_error *err);
/* Whether a module is looked for that its POM promises.  A puller waits until a
 * client asks. */
struct ferry_pom;
bool ferry_maven_asks_module(
    const struct ferry_version_at *at, const struct ferry_pom *pom);
/* Whether all classifiers are wanted; and what the page of the version's folder
 * lists, as ferry_maven_listing() tells: 1, 0, 2 it was not asked for, -1. */
bool ferry_maven_wants_all(const struct ferry_version_at *at);
int ferry_maven_list(const struct ferry_version_at *at,
    ferry_maven_on_listed *on_listed, void *ctx, struct ferry_error *err);
/* Checks files against their checksums; adds "packaging", "absent", "bare",
 * "prefix", "listed" to the record (store/catalog/README.md). */
int ferry_maven_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err);

#endif
