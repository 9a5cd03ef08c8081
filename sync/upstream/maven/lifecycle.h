#ifndef FERRY_SYNC_UPSTREAM_MAVEN_LIFECYCLE_H
#define FERRY_SYNC_UPSTREAM_MAVEN_LIFECYCLE_H

/*
 * Plugins that builds use though no POM names them, in the versions that are
 * compiled into Maven.
 *
 * Source: META-INF/plexus/default-bindings.xml and components.xml of maven-core,
 *     and the super POM, of 3.8.7; the reference pages "Plugin bindings for
 *     default lifecycle" of 3.9.0 and 3.9.6 for jars, build logs of 3.9.9.
 * Guess: of 3.9, the plugins that a jar does not use.
 */

#include <stdbool.h>
#include <stddef.h>

/* Artifacts are of group org.apache.maven.plugins. */
struct maven_default {
	const char *artifact, *version;
	bool later; /* not for `package`, but install, deploy, clean */
};
/* Whether maven is "3.8", "3.9.0", "3.9.6" or "3.9", which is 3.9.9. */
bool ferry_maven_lifecycle_known(const char *maven);
/* Those of a packaging.  Returns: how many. */
#define FERRY_MAVEN_LIFECYCLE_MAX 9
size_t ferry_maven_lifecycle(const char *maven, const char *packaging,
    struct maven_default out[FERRY_MAVEN_LIFECYCLE_MAX]);
/* The version that a plugin has where nobody says one, or NULL. */
const char *
ferry_maven_default_version(const char *maven, const char *artifact);

#endif
