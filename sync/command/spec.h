#ifndef FERRY_COMMAND_SPEC_H
#define FERRY_COMMAND_SPEC_H

/*
 * How people name packages on the command line:
 * [FORMAT:]NAME[@VERSION-OR-TAG][ of OWNER by --owner], and NAME:TAG as
 * container clients write it.  Names of images may have their registry's host in
 * front; one that another registry has under that very name is as well meant.
 */

#include <jansson.h>
#include <stddef.h>

#include "store/catalog/catalog.h"

struct ferry_error;
struct ferry_store;

/*
 * A package as named, found in the catalog.  If several formats or owners
 * have the name, the error lists them and says how to choose.
 */
struct ferry_spec {
	struct ferry_key package; /* package FORMAT NAME OWNER */
	char *version; /* NULL: none was given; of a tag, what it names */
};
int ferry_spec_find(struct ferry_spec *out, struct ferry_store *st,
    const char *text, const char *owner, struct ferry_error *err);
void ferry_spec_free(struct ferry_spec *spec);

/* The key of a version (or its prefix, with NULL) of a package's key. */
int ferry_spec_version_key(struct ferry_key *out,
    const struct ferry_key *package, const char *version,
    struct ferry_error *err);

/*
 * The versions of a package, sorted by its format's order.  Each element of
 * *out is {"version":…,"record":…}.  The caller decrefs.
 */
int ferry_spec_versions(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err);

/* The error for a version that has no record: FERRY_ENOTFOUND, which says
 * whether it was removed.  Returns -1. */
int ferry_spec_missing(struct ferry_store *st, const struct ferry_key *package,
    const char *version, struct ferry_error *err);

/* The tags of a package, in the order of their names, each
 * {"tag":…,"version":…}: of formats that have them apart.  The caller decrefs. */
int ferry_spec_tags(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err);

#endif
