#include "sync/upstream/maven/lifecycle.h"

#include <string.h>

/* Columns of versions; the last is of 3.9.9 and later. */
static const char *const mavens[] = { "3.8", "3.9.0", "3.9.6", "3.9" };
#define MAVENS (sizeof(mavens) / sizeof(mavens[0]))
enum {
	CLEAN,
	RESOURCES,
	COMPILER,
	SUREFIRE,
	JAR,
	EJB,
	WAR,
	EAR,
	RAR,
	PLUGIN,
	INSTALL,
	DEPLOY,
	SITE,
	ANTRUN,
	ASSEMBLY,
	DEPENDENCY,
	RELEASE,
	PLUGINS
};
static const struct {
	const char *artifact, *versions[MAVENS];
} plugins[PLUGINS] = {
	[CLEAN] = { "maven-clean-plugin",
	    { "2.5", "3.2.0", "3.2.0", "3.2.0" } },
	[RESOURCES] = { "maven-resources-plugin",
	    { "2.6", "3.3.0", "3.3.1", "3.3.1" } },
	[COMPILER] = { "maven-compiler-plugin",
	    { "3.1", "3.10.1", "3.11.0", "3.13.0" } },
	[SUREFIRE] = { "maven-surefire-plugin",
	    { "2.12.4", "3.0.0-M8", "3.2.2", "3.2.5" } },
	[JAR] = { "maven-jar-plugin", { "2.4", "3.3.0", "3.3.0", "3.4.1" } },
	[EJB] = { "maven-ejb-plugin", { "2.3", "3.2.1", "3.2.1", "3.2.1" } },
	[WAR] = { "maven-war-plugin", { "2.2", "3.3.2", "3.4.0", "3.4.0" } },
	[EAR] = { "maven-ear-plugin", { "2.8", "3.3.0", "3.3.0", "3.3.0" } },
	[RAR] = { "maven-rar-plugin", { "2.2", "3.0.0", "3.0.0", "3.0.0" } },
	[PLUGIN] = { "maven-plugin-plugin",
	    { "3.2", "3.7.0", "3.9.0", "3.13.1" } },
	[INSTALL] = { "maven-install-plugin",
	    { "2.4", "3.1.0", "3.1.1", "3.1.2" } },
	[DEPLOY] = { "maven-deploy-plugin",
	    { "2.7", "3.0.0", "3.1.1", "3.1.2" } },
	[SITE] = { "maven-site-plugin",
	    { "3.3", "3.12.1", "3.12.1", "3.12.1" } },
	[ANTRUN] = { "maven-antrun-plugin",
	    { "1.3", "3.1.0", "3.1.0", "3.1.0" } },
	[ASSEMBLY] = { "maven-assembly-plugin",
	    { "2.2-beta-5", "3.4.2", "3.6.0", "3.7.1" } },
	[DEPENDENCY] = { "maven-dependency-plugin",
	    { "2.8", "3.5.0", "3.6.0", "3.7.0" } },
	[RELEASE] = { "maven-release-plugin",
	    { "2.5.3", "3.0.0-M7", "3.0.1", "3.0.1" } },
};

static const struct {
	const char *packaging;
	int uses[FERRY_MAVEN_LIFECYCLE_MAX]; /* -1 ends */
} lifecycles[] = {
	{ "pom", { INSTALL, DEPLOY, CLEAN, -1 } },
	{ "jar", { RESOURCES, COMPILER, SUREFIRE, JAR, INSTALL, DEPLOY, CLEAN,
		     -1 } },
	{ "ejb", { RESOURCES, COMPILER, SUREFIRE, EJB, INSTALL, DEPLOY, CLEAN,
		     -1 } },
	{ "maven-plugin", { RESOURCES, COMPILER, SUREFIRE, JAR, PLUGIN, INSTALL,
			      DEPLOY, CLEAN, -1 } },
	{ "war", { RESOURCES, COMPILER, SUREFIRE, WAR, INSTALL, DEPLOY, CLEAN,
		     -1 } },
	{ "ear", { RESOURCES, EAR, INSTALL, DEPLOY, CLEAN, -1 } },
	{ "rar", { RESOURCES, COMPILER, SUREFIRE, RAR, INSTALL, DEPLOY, CLEAN,
		     -1 } },
};
#define LIFECYCLES (sizeof(lifecycles) / sizeof(lifecycles[0]))

bool
ferry_maven_lifecycle_known(const char *maven)
{

	for (size_t i = 0; i < MAVENS; i++)
		if (strcmp(maven, mavens[i]) == 0)
			return true;
	return false;
}

static size_t
column(const char *maven)
{
	size_t i = 0;

	while (i < MAVENS - 1 && strcmp(maven, mavens[i]) != 0)
		i++;
	return i;
}

size_t
ferry_maven_lifecycle(const char *maven, const char *packaging,
    struct maven_default out[FERRY_MAVEN_LIFECYCLE_MAX])
{
	size_t at = 0, n = 0;

	/* One that an extension brings is mostly that of a jar. */
	while (
	    at < LIFECYCLES && strcmp(lifecycles[at].packaging, packaging) != 0)
		at++;
	if (at == LIFECYCLES)
		at = 1;
	for (; lifecycles[at].uses[n] != -1; n++) {
		int plugin = lifecycles[at].uses[n];

		out[n] = (struct maven_default){ plugins[plugin].artifact,
			plugins[plugin].versions[column(maven)],
			plugin == INSTALL || plugin == DEPLOY ||
			    plugin == CLEAN };
	}
	return n;
}

const char *
ferry_maven_default_version(const char *maven, const char *artifact)
{

	for (size_t i = 0; i < PLUGINS; i++)
		if (strcmp(plugins[i].artifact, artifact) == 0)
			return plugins[i].versions[column(maven)];
	return NULL;
}
