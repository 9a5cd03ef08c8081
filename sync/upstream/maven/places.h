#ifndef FERRY_SYNC_UPSTREAM_MAVEN_PLACES_H
#define FERRY_SYNC_UPSTREAM_MAVEN_PLACES_H

/*
 * Where packages of an owner's on GitHub are.
 *
 * A list calls one "com.octo.core" and names its repository; what of it is the
 * group is found by asking for metadata, with the shortest artifact first.
 * Packages of any other upstream are where their names say.
 *
 * Source: store/format/maven/PROTOCOL.md, section 12.
 */

#include <jansson.h>

#include "sync/upstream/package/format.h"
#include "sync/upstream/table.h"

struct maven_places {
	struct ferry_table
	    by_name; /* as in the catalog: "octo/com.octo.core" */
	struct ferry_table by_group; /* "com.octo.core" in lower case */
};
void ferry_maven_places_free(struct maven_places *places);

/* As of struct ferry_package_format. */
int ferry_maven_about(struct ferry_packages *packages, const char *name,
    const struct ferry_want_about *about, struct ferry_error *err);
int ferry_maven_elsewhere(struct ferry_packages *packages, const char *name);
/* "repository", "coordinates" (store/catalog/README.md). */
int ferry_maven_place_record(const struct ferry_packages *packages,
    const char *name, json_t *record, struct ferry_error *err);

/* The "GROUP:ARTIFACT" of a package, as it is known so far; a view. */
const char *ferry_maven_coordinates(
    const struct ferry_packages *packages, const char *name);
/* What the package of these coordinates is called in the catalog; a view.  NULL:
 * the upstream is an owner's on GitHub, who has none such. */
const char *ferry_maven_called(
    const struct ferry_packages *packages, const char *coordinates);
/* Append the URL of the tree that a package is in, with a slash at its end. */
int ferry_maven_tree(struct ferry_buf *url,
    const struct ferry_packages *packages, const char *name,
    struct ferry_error *err);

#endif
