#ifndef FERRY_SYNC_SELECT_MAVEN_BUILDER_H
#define FERRY_SYNC_SELECT_MAVEN_BUILDER_H

/* Who builds the projects: what a command line and a machine say. */

#include <stddef.h>

/* Which profiles are active: what the projects' builds will have. */
struct ferry_builder {
	const char *jdk; /* "17", "1.8", or in full "17.0.9" */
	const char *const *profiles; /* names given on the command line */
	size_t profiles_n;
	const char *const
	    *properties; /* likewise: "name=value"; "name" is true */
	size_t properties_n;
};
/* The value of a property that the command line sets, or NULL. */
const char *ferry_builder_property(
    const struct ferry_builder *builder, const char *name, size_t n);

#endif
