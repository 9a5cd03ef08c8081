#ifndef FERRY_SYNC_UPSTREAM_MAVEN_WALK_H
#define FERRY_SYNC_UPSTREAM_MAVEN_WALK_H

/*
 * What a build resolves from one root: a project, a plugin, an artifact that
 * was wanted by name.
 *
 * First the graph is gathered as Maven's resolver does: the POM of every
 * dependency of a dependency, also of versions that lose, because it reads
 * them.  Then it is looked at from the root, nearest first, and the files of
 * what wins are wanted.
 *
 * Source: Maven 3.8.7 and resolver 1.6: DefaultDependencyCollector,
 *     ClassicDependencyManager, ScopeDependencySelector,
 *     ExclusionDependencySelector, NearestVersionSelector.
 */

#include "sync/upstream/maven/poms.h"

struct maven_walker;

/* What a project needs that stands in no dependency. */
struct maven_hooks {
	/* Its parents and BOMs are here: its plugins. */
	int (*on_project)(struct maven_walker *walker, struct maven_pom *pom,
	    const struct ferry_model *model, struct ferry_error *err);
	/* A dependency of it has won, or it is a root itself: what is looked
	 * for because of it. */
	int (*on_winner)(struct maven_walker *walker,
	    const struct maven_pom *pom, struct ferry_error *err);
	/* Of MAVEN_ROOT_GRADLE: something depends on it. */
	int (*on_used)(struct maven_walker *walker, const struct maven_pom *pom,
	    struct ferry_error *err);
};
/* hooks is static. */
int ferry_maven_walker_new(struct maven_walker **out,
    struct ferry_packages *packages, const struct ferry_builder *builder,
    const struct maven_hooks *hooks, struct ferry_error *err);
void ferry_maven_walker_free(struct maven_walker *walker);
struct maven_poms *ferry_maven_walker_poms(struct maven_walker *walker);

/* What of the dependencies of the root is followed. */
enum maven_root {
	MAVEN_ROOT_PROJECT, /* all scopes, and it manages what is below */
	MAVEN_ROOT_ARTIFACT, /* what its users need */
	MAVEN_ROOT_GRADLE /* the same, where constraints count */
};
/*
 * Follow pom, once.  files, a literal or NULL, are words for its own.  more,
 * which is *taken*, are dependencies before those of the POM (of a plugin in a
 * project).
 */
int ferry_maven_walk(struct maven_walker *walker, struct maven_pom *pom,
    enum maven_root root, const char *files, enum ferry_need need,
    struct ferry_dependencies *more, struct ferry_error *err);
/* Go on with what has come since. */
int ferry_maven_walk_on(struct maven_walker *walker, struct ferry_error *err);
/* A walk that has been started and not ended, for messages; or NULL. */
const char *ferry_maven_walk_waits(const struct maven_walker *walker);

#endif
