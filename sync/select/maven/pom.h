#ifndef FERRY_SYNC_SELECT_MAVEN_POM_H
#define FERRY_SYNC_SELECT_MAVEN_POM_H

/*
 * One POM as it is written: nothing is inherited or interpolated but the group
 * and the version of its parent element.
 *
 * Source: Maven 3.8.7, maven-model-builder: DefaultModelBuilder,
 *     MavenModelMerger.
 */

#include <stdbool.h>

#include "store/base/xml.h"

struct ferry_error;

struct ferry_active;
struct ferry_builder;

/* Strings live as long as the POM; "" is what is not there. */
struct ferry_pom {
	unsigned refs;
	struct ferry_xml *xml;
	const struct ferry_xml_node *root;
	const char *group, *artifact, *version, *packaging;
	struct {
		const char *group, *artifact, *version;
		const char *path; /* NULL: "../pom.xml"; "": none */
		bool is; /* there is one */
	} parent;
	struct ferry_active *active; /* its profiles (active.h) */
	const char *file; /* its own, of a project; borrowed; or NULL */
	const struct ferry_builder *builder;
	bool gradle; /* says that there is Gradle module metadata */
};

/*
 * builder is borrowed as long as the POM lives.  The caller unrefs *out.
 * Errors: FERRY_EFORMAT (it is no POM), FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_pom_new(struct ferry_pom **out, struct ferry_bytes text,
    const struct ferry_builder *builder, struct ferry_error *err);
struct ferry_pom *ferry_pom_ref(struct ferry_pom *pom);
void ferry_pom_unref(struct ferry_pom *pom); /* NULL is fine */

#endif
