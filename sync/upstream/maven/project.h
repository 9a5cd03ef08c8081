#ifndef FERRY_SYNC_UPSTREAM_MAVEN_PROJECT_H
#define FERRY_SYNC_UPSTREAM_MAVEN_PROJECT_H

/*
 * Projects of the configuration: pom.xml files, their modules, and what builds
 * of them use besides dependencies: plugins with what these depend on,
 * extensions, annotation processors, providers of tests.
 */

#include "sync/upstream/maven/walk.h"

/* Read the projects and want what they need.  One that cannot be read is a
 * failure of the run.  -1: of the store, memory. */
int
ferry_maven_projects(struct ferry_packages *packages, struct ferry_error *err);

extern const struct maven_hooks ferry_maven_project_hooks;

#endif
