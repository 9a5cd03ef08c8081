#ifndef FERRY_SYNC_UPSTREAM_MAVEN_MODULE_H
#define FERRY_SYNC_UPSTREAM_MAVEN_MODULE_H

/*
 * Gradle module metadata: what a build that reads ".module" instead of the POM
 * finds there.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 2 and 10; Gradle Module
 *     Metadata 1.1.
 */

struct ferry_error;
struct ferry_packages;
struct ferry_table;
struct ferry_version_at;
struct maven_pom;
struct maven_poms;

/* How much of it is wanted; each has what is before it. */
enum maven_module {
	MAVEN_MODULE_FILES, /* of all variants but documentation */
	/* Modules that variants are available at, platforms that they need. */
	MAVEN_MODULE_LOCKED,
	MAVEN_MODULE_FOLLOW /* all else that they depend on */
};
/*
 * Want that.  What constraints say is wanted of modules that something that was
 * followed depends on.  Where all classifiers are wanted, documentation is no
 * exception.  Nothing if the version has no module metadata.  What is wrong with it
 * is a failure of the run.  -1: of the store, memory.
 */
int ferry_maven_module(const struct ferry_version_at *at, enum maven_module how,
    struct ferry_error *err);
/* A POM that Gradle reads depends on it: what constraints say of it counts. */
int ferry_maven_module_used(
    struct ferry_packages *packages, const char *name, struct ferry_error *err);
/* A POM that is a platform, and has no module metadata: what it manages are
 * constraints.  It is settled. */
int ferry_maven_platform(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err);
/* Free the table of what constraints say (struct maven). */
void ferry_maven_module_forget(struct ferry_table *constrained);

#endif
