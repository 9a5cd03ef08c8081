#ifndef FERRY_STORE_CATALOG_CLOSURE_H
#define FERRY_STORE_CATALOG_CLOSURE_H

/*
 * The versions of one package and which of them belong to which: the platforms
 * of an image index, signatures and SBOMs, what refers to those.  So that what
 * is removed is removed wholly, and what is restored is whole.
 *
 * A version needs its parts, as its document says; and what refers to it, by
 * its record's "subject" or by a tag that its format makes for that, is there
 * only for it.  A version stands by itself if another tag names it, or if a
 * sync was told to have it by its own name (the local record "mirrored").
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ferry_error;
struct ferry_key;
struct ferry_closure;
struct ferry_store;

struct ferry_closure_version {
	const char *version;
	json_t *record;
	/* Filled by _remove or _restore: */
	bool goes; /* this one is to be removed, or restored */
	bool named; /* by the operator, not only needed by such a one */
	const char *with; /* removed: who needed it; NULL if it was named */
};

/*
 * Read the committed versions and tags of package (key: package …).
 * Errors: FERRY_EFORMAT, and those of ferry_blob_load().  A document that is
 *     lost names nothing.
 */
int ferry_closure_new(struct ferry_closure **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err);
void ferry_closure_free(struct ferry_closure *closure);

/* Name one version: false if there is no such; or all that there are. */
bool ferry_closure_name(struct ferry_closure *closure, const char *version);
void ferry_closure_name_all(struct ferry_closure *closure);

/*
 * Decide what goes when what was named is removed: that, and what only it
 * needs; what anything that stays needs, or what stands by itself, stays.  Of
 * all that are named, those that others need count as needed by them.
 */
void ferry_closure_remove(struct ferry_closure *closure);
/*
 * Decide what goes when only that stays which is_root() is true of, and what
 * that needs.  What was removed stays as it is.
 */
void ferry_closure_keep(struct ferry_closure *closure,
    bool (*is_root)(void *ctx, const struct ferry_closure_version *version),
    void *ctx);
/*
 * Decide what is restored with what was named: that, and whatever it needs
 * that was not removed by its own name; of all, all.
 */
void ferry_closure_restore(struct ferry_closure *closure);

/*
 * A version of the package that needs version, as its part or as what it refers
 * to, borrowed from closure; NULL if none does.
 */
const char *
ferry_closure_holder(const struct ferry_closure *closure, const char *version);

/* The decision: i from 0 until NULL.  Borrowed from closure. */
const struct ferry_closure_version *
ferry_closure_at(const struct ferry_closure *closure, size_t i);

#endif
