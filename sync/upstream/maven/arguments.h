#ifndef FERRY_SYNC_UPSTREAM_MAVEN_ARGUMENTS_H
#define FERRY_SYNC_UPSTREAM_MAVEN_ARGUMENTS_H

/*
 * .mvn/maven.config beside a project: arguments that each of its builds has, of
 * which profiles and properties say what is resolved.
 *
 * Source: Maven 3.8.7, MavenCli: cli(), activateProfiles, populateProperties.
 */

#include <stddef.h>

struct ferry_error;
struct maven;

/*
 * Add those of the i-th project, whose pom.xml is at path; what the
 * configuration, or a project before, says of a property counts.  -1: memory.
 */
int ferry_maven_arguments(
    struct maven *maven, size_t i, const char *path, struct ferry_error *err);

#endif
