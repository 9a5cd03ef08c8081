#ifndef FERRY_SYNC_UPSTREAM_MAVEN_METADATA_H
#define FERRY_SYNC_UPSTREAM_MAVEN_METADATA_H

/*
 * maven-metadata.xml as the document of a package: that of the artifact lists
 * versions; that of each snapshot version is a part, and lists builds.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 2 and 9.
 */

#include "sync/upstream/package/format.h"

/* As of struct ferry_package_format. */
int ferry_maven_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err);
int ferry_maven_pick(const struct ferry_document *document, const char *spec,
    size_t *out, struct ferry_error *err);
bool ferry_maven_exact(const char *spec);

#endif
