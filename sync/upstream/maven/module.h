#ifndef FERRY_SYNC_UPSTREAM_MAVEN_MODULE_H
#define FERRY_SYNC_UPSTREAM_MAVEN_MODULE_H

/*
 * Gradle module metadata: what a build that reads ".module" instead of the POM
 * finds there.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 2 and 10; Gradle Module
 *     Metadata 1.1.
 */

#include <stdbool.h>

struct ferry_error;
struct ferry_table;
struct ferry_version_at;

/*
 * Want the files of all variants but documentation, the modules that variants
 * are available at and the platforms they need; follow: and all else that they
 * depend on.  What constraints say is wanted of modules that something that was
 * followed depends on.  Nothing if the version has no module metadata.  What is wrong with
 * it is a failure of the run.  -1: of the store, memory.
 */
int ferry_maven_module(
    const struct ferry_version_at *at, bool follow, struct ferry_error *err);
/* Free the table of what constraints say (struct maven). */
void ferry_maven_module_forget(struct ferry_table *constrained);

#endif
