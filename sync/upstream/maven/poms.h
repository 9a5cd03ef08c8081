#ifndef FERRY_SYNC_UPSTREAM_MAVEN_POMS_H
#define FERRY_SYNC_UPSTREAM_MAVEN_POMS_H

/*
 * The POMs that a run has asked for, and what they depend on once they, their
 * parents and their BOMs are here.
 *
 * A POM's life: asked → here or lost → (with a walk waiting for it) ready →
 * settled.  What a POM lacks is asked for, and the POM waits for it.
 *
 * Invariants: 1. a POM is in ready at most once; 2. waiters are told once, when
 * state changes from POM_ASKED; 3. deps is filled if and only if settled.
 */

#include "store/base/digest.h"
#include "sync/select/maven/model.h"
#include "sync/upstream/package/format.h"
#include "sync/upstream/table.h"

struct ferry_error;
struct ferry_packages;
struct maven_node;

enum maven_pom_state { POM_NEW, POM_ASKED, POM_HERE, POM_LOST };

struct maven_pom {
	struct ferry_table_entry entry; /* key: "group:artifact:version" */
	char *name, *version; /* owned: "group:artifact"; a version or range */
	enum maven_pom_state state;
	struct ferry_digest sha256; /* of what is here */
	char *path; /* owned: of a project's own; or NULL */
	struct ferry_pom *parsed; /* while it is kept */
	uint64_t used; /* when last, for what is kept */
	struct maven_pom *alias; /* what a range chose, or a relocation means */
	struct ferry_dependencies deps;
	bool settled, queued, resolving;
	bool needed; /* by something; else only if it is there */
	struct maven_pom **waiters; /* that lack this one */
	size_t waiters_n, waiters_cap;
	struct maven_node **nodes; /* of walks, waiting until it is settled */
	size_t nodes_n, nodes_cap;
	struct maven_pom *next; /* in ready */
	struct ferry_packages
	    *home; /* who has it; NULL: the run of POMs' own */
};

struct maven_poms {
	struct ferry_packages *packages;
	const struct ferry_builder *builder;
	struct ferry_table table;
	struct maven_pom *ready, **ready_end;
	struct maven_pom *resolving; /* for whom something is asked */
	struct maven_pom **kept; /* those with a tree */
	size_t kept_n, kept_cap;
	uint64_t clock;
};

/* builder is borrowed as long as the POMs are there. */
void ferry_maven_poms_init(struct maven_poms *poms,
    struct ferry_packages *packages, const struct ferry_builder *builder);
void ferry_maven_poms_free(struct maven_poms *poms);

/* The POM of a version, known or new; NULL with err set. */
struct maven_pom *ferry_maven_poms_get(struct maven_poms *poms,
    const char *name, const char *version, struct ferry_error *err);
/* The same, or NULL if it is not known. */
struct maven_pom *ferry_maven_poms_find(const struct maven_poms *poms,
    const char *name, const char *version, struct ferry_error *err);
/* Behind aliases. */
struct maven_pom *ferry_maven_pom_real(struct maven_pom *pom);
/* It is a project's own file. */
int ferry_maven_pom_local(
    struct maven_pom *pom, const char *path, struct ferry_error *err);
/* Want it; files are words as of files.h. */
int ferry_maven_pom_ask(struct maven_poms *poms, struct maven_pom *pom,
    const char *files, enum ferry_need need, struct ferry_error *err);
/* It came, with these bytes, or (NULL) cannot be had. */
int ferry_maven_pom_settle(struct maven_poms *poms, struct maven_pom *pom,
    const struct ferry_digest *sha256, struct ferry_error *err);
/*
 * All that were asked for by that version or range of name (NULL: any), and that
 * home has (NULL: the POMs' own upstream), cannot be had; or, if next is not
 * NULL, are asked for there.
 * Returns: 1 if any is asked for there, 0, -1.
 */
int ferry_maven_poms_lose(struct maven_poms *poms, const char *name,
    const char *version, const struct ferry_packages *home,
    struct ferry_packages *next, struct ferry_error *err);
/* It is to be resolved. */
void ferry_maven_pom_queue(struct maven_poms *poms, struct maven_pom *pom);
/* The next of ready, or NULL. */
struct maven_pom *ferry_maven_poms_next(struct maven_poms *poms);
/*
 * Find out what it depends on.
 * Returns: 1 it is settled; 0 it waits; -1 of the store or memory.
 */
int ferry_maven_pom_resolve(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err);

/* As ferry_model_load: ctx is the struct maven_poms. */
int ferry_maven_poms_load(void *ctx, const struct ferry_pom_id *id,
    const struct ferry_pom *child, const char *path, struct ferry_pom **out,
    struct ferry_error *err);
/* The tree of one that is here; the caller unrefs. */
int ferry_maven_pom_open(struct maven_poms *poms, struct maven_pom *pom,
    struct ferry_pom **out, struct ferry_error *err);

#endif
