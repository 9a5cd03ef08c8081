#ifndef FERRY_SYNC_SELECT_MAVEN_MODEL_H
#define FERRY_SYNC_SELECT_MAVEN_MODEL_H

/*
 * A POM with its parents: what its build, or the resolution of what depends on
 * it, reads.
 *
 * Nothing is merged: a question walks the lineage from the child up, and asks
 * imported BOMs when the lineage does not answer.
 *
 * Source: Maven 3.8.7: DefaultModelBuilder, DefaultDependencyManagementImporter,
 *     StringVisitorModelInterpolator.
 */

#include "store/base/bytes.h"
#include "sync/select/maven/active.h"
#include "sync/select/maven/builder.h"
#include "sync/select/maven/pom.h"

#define FERRY_MODEL_PARENTS 64
#define FERRY_MODEL_IMPORTS 32 /* BOMs that import BOMs */
#define FERRY_MODEL_ASKED 100000 /* POMs looked at for one model */

/* Which POM is meant; borrowed. */
struct ferry_pom_id {
	const char *group, *artifact, *version;
};
/*
 * Get a POM; path, if not NULL, is where it might lie, from the folder of the
 * POM child.  The callee of *out unrefs.
 * Returns: 1; 0 it is not here yet, and was asked for; -1 there is none.
 */
typedef int ferry_model_load(void *ctx, const struct ferry_pom_id *id,
    const struct ferry_pom *child, const char *path, struct ferry_pom **out,
    struct ferry_error *err);

struct ferry_model {
	ferry_model_load *on_load;
	void *ctx;
	struct ferry_pom *lineage[FERRY_MODEL_PARENTS]; /* the child first */
	/* The profiles of each that are active for the child. */
	const struct ferry_active *active[FERRY_MODEL_PARENTS];
	size_t n;
	unsigned *asked; /* of this model and those it imports */
	unsigned depth; /* of imports */
};

/* A dependency, a plugin, a managed one: interpolated, owned. */
struct ferry_dependency {
	char *group, *artifact, *version; /* version: "" if nobody says */
	char *type, *classifier, *scope; /* "" if not there */
	char *exclusions; /* "g:a g:* " …, each with a blank behind; or "" */
	bool optional;
};
struct ferry_dependencies {
	struct ferry_dependency *list;
	size_t n, cap;
};
#define FERRY_DEPENDENCIES_MAX 5000 /* of one POM */
void ferry_dependency_free(struct ferry_dependency *dependency);
void ferry_dependencies_free(struct ferry_dependencies *list);

/*
 * Take pom, and find its parents.  on_load and ctx stay for later calls.
 * All of these return 1; 0 if something is not here yet (ask again); -1.
 * Errors: FERRY_EFORMAT (a loop of parents), FERRY_ELIMIT, and on_load's.
 * The caller frees *out with ferry_model_free(), also after 0 and -1.
 */
int ferry_model_new(struct ferry_model *out, struct ferry_pom *pom,
    ferry_model_load *on_load, void *ctx, unsigned *asked,
    struct ferry_error *err);
void ferry_model_free(struct ferry_model *model);

/* Append raw with its expressions replaced; those that nobody defines stay. */
int ferry_model_text(const struct ferry_model *model, const char *raw,
    struct ferry_buf *out, struct ferry_error *err);

/* What manages group:artifact:type[:classifier]: 1 and *out, 2 nothing does. */
int ferry_model_managed(const struct ferry_model *model,
    const struct ferry_dependency *like, struct ferry_dependency *out,
    struct ferry_error *err);

/* Tell of everything that is managed, the nearest first: what comes later about
 * the same artifact does not count.  -1 ends it. */
typedef int ferry_model_on_managed(
    void *ctx, const struct ferry_dependency *managed, struct ferry_error *err);
int ferry_model_each_managed(const struct ferry_model *model,
    ferry_model_on_managed *on_managed, void *ctx, struct ferry_error *err);

/* Append the dependencies, with what manages them. */
int ferry_model_dependencies(const struct ferry_model *model,
    struct ferry_dependencies *out, struct ferry_error *err);

/* Read a <dependency> or <plugin> as it is written. */
int ferry_model_dependency(const struct ferry_model *model,
    const struct ferry_xml_node *node, struct ferry_dependency *out,
    struct ferry_error *err);
int ferry_dependencies_add(struct ferry_dependencies *list,
    struct ferry_dependency *dependency, struct ferry_error *err);

/* Call on_node for each element called name below the lists of that path
 * ("build", "plugins", NULL) in the lineage and its active profiles, the
 * child's first.  A result that is not 1 ends it. */
typedef int ferry_model_node(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err);
int ferry_model_each(const struct ferry_model *model, const char *const *path,
    ferry_model_node *on_node, void *ctx, struct ferry_error *err);

/* Load a POM for the model: what on_load says, or -1 with FERRY_ELIMIT. */
int ferry_model_load_pom(const struct ferry_model *model,
    const struct ferry_pom_id *id, const struct ferry_pom *child,
    const char *path, struct ferry_pom **out, struct ferry_error *err);
/* Ask for every BOM that is imported: 1 all are here, 0, -1. */
int
ferry_model_imports(const struct ferry_model *model, struct ferry_error *err);

#endif
