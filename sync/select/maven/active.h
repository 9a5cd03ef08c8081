#ifndef FERRY_SYNC_SELECT_MAVEN_ACTIVE_H
#define FERRY_SYNC_SELECT_MAVEN_ACTIVE_H

/*
 * Which profiles of a POM are active: for what is resolved from a repository, or
 * for the build of a project whose POM it is, or above.
 *
 * Builds run on Linux, amd64, with the JDK of the builder, and with none of their
 * machine's files: what is outside of a project is not there.
 *
 * Source: Maven 3.8.7, maven-model-builder: DefaultProfileSelector,
 *     FileProfileActivator, JdkVersionProfileActivator,
 *     OperatingSystemProfileActivator, PropertyProfileActivator.
 * Observed: tests/maven/207, where mvn is asked the same.
 */

#include <stddef.h>

#include "sync/select/maven/builder.h"
#include "sync/select/maven/pom.h"

#define FERRY_ACTIVE_MAX 64 /* of one POM; further ones do not count */

struct ferry_active {
	struct ferry_active *next; /* for other builds */
	char *file; /* the POM of the project that is built, or NULL */
	const struct ferry_xml_node *profiles[FERRY_ACTIVE_MAX];
	size_t n;
};
/*
 * Those of pom in the build of the project whose POM is file, or, if that is
 * NULL, where it is read from a repository: there no profile is active by its
 * name, nor by files, as they are where a project is.
 * Returns: 0 and *out, which lives as long as pom; -1 with FERRY_ENOMEM.
 */
int ferry_active_find(struct ferry_pom *pom, const char *file,
    const struct ferry_active **out, struct ferry_error *err);
void ferry_active_free(struct ferry_active *all); /* NULL is fine */

#endif
