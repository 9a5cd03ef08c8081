#ifndef FERRY_SYNC_CARRY_INSPECT_H
#define FERRY_SYNC_CARRY_INSPECT_H

/*
 * Looking into bundles without importing them: what they say of who may read
 * an upstream's packages.
 */

#include <jansson.h>
#include <stddef.h>

#include "store/access/authority.h"
#include "store/base/bytes.h"

struct ferry_task;
struct ferry_error;

/* All is borrowed. */
struct ferry_inspected {
	const char *upstream;
	const json_t *record; /* `upstream UPSTREAM`; NULL if it is not there */
	const json_t *access; /* `access UPSTREAM`; the same */
	struct ferry_bytes text; /* the snapshot that access names, or empty */
	/* Why an import would not take the bundle, or NULL. */
	const struct ferry_error *refused;
	enum ferry_authority
	    authority; /* whether its origin's word counts here */
};
typedef int ferry_on_inspect(void *ctx, const struct ferry_inspected *inspected,
    struct ferry_error *err);

/*
 * For every bundle at paths, in the order of an import, the newest of it for
 * every upstream; each is judged as if those before had been imported.
 * Signatures and digests are checked as an import does; nothing is stored if
 * the caller does not commit.  task->st is a writer's: a key that speaks for
 * nobody yet would be bound.
 * Errors: as of ferry_find() and of reading volumes; FERRY_ENOTFOUND (no
 * bundle), FERRY_EMISSING (a snapshot is neither in the volumes nor here).
 */
int ferry_inspect(const struct ferry_task *task, char *const *paths, size_t n,
    ferry_on_inspect *on_peek, void *ctx, struct ferry_error *err);

#endif
