#ifndef FERRY_SYNC_UPSTREAM_MAVEN_MAVEN_H
#define FERRY_SYNC_UPSTREAM_MAVEN_MAVEN_H

/* What the files of the Maven upstream share: the state of one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/select/maven/builder.h"
#include "sync/select/maven/pom.h"
#include "sync/upstream/maven/places.h"
#include "sync/upstream/table.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_packages;
struct maven_pom;
struct maven_walker;

#define MAVEN_NAMES_MAX 64
#define MAVEN_BEHIND_MAX 16

/* packages->state */
struct maven {
	bool sources, javadoc; /* beside each main file */
	const char *classifiers[MAVEN_NAMES_MAX]; /* likewise */
	size_t classifiers_n;
	bool all; /* "*" is one: every one that upstream lists */
	bool signatures; /* ".asc" of each file */
	unsigned checksums; /* FERRY_ALG()s whose sidecars are asked for */
	const char *projects[MAVEN_NAMES_MAX]; /* paths of pom.xml */
	size_t projects_n;
	const char *profiles[MAVEN_NAMES_MAX];
	const char *properties[MAVEN_NAMES_MAX]; /* as on a command line */
	char *arguments[MAVEN_NAMES_MAX]; /* owned: what these point into */
	struct ferry_builder builder; /* of projects */
	const char *lifecycle; /* "3.8": whose default plugins */
	bool plugins; /* of projects */
	bool site; /* and what `mvn site` uses */
	bool gradle; /* follow module metadata, whoever wants a version */
	struct maven_walker *walker;
	/* Upstreams that are asked for what this one lacks, and those that ask
	 * this one so. */
	const char *fallback;
	struct ferry_packages *next, *behind[MAVEN_BEHIND_MAX];
	size_t behind_n;
	struct maven_places places;
	struct ferry_table constrained; /* of module.c */
	/* Platforms whose parents and BOMs are not all here yet. */
	struct maven_pom **platforms;
	size_t platforms_n, platforms_cap;
	struct ferry_table absent; /* files that were told of as lacking */
	uint64_t unchecked; /* files without a checksum */
	uint64_t unlisted; /* versions of which upstream does not list files */
	bool said; /* that there were such */
};

/* conf.c: the format's options.  Makes packages->state. */
int ferry_maven_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err);

#endif
