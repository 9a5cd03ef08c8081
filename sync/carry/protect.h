#ifndef FERRY_SYNC_CARRY_PROTECT_H
#define FERRY_SYNC_CARRY_PROTECT_H

/*
 * Names that the configuration binds to an upstream, so that no bundle brings
 * them as another's:
 *
 *	import = { protect = ( { upstream = "ghes"; packages = ["@octo/x"]; } ); };
 *
 * and, as at a sync, the `protect` of each of `upstreams`, and the names that
 * only an owner's packages have where packages of owners are mirrored.
 */

#include <stdbool.h>
#include <stddef.h>

struct ferry_conf_group;
struct ferry_error;
struct ferry_key;

struct ferry_protected {
	const char *upstream; /* borrowed from the configuration */
	const char *format; /* NULL: of every one */
	char *pattern; /* store/base/glob.h, for whatever case */
};
struct ferry_protect {
	struct ferry_protected *v;
	size_t n, cap;
};

/* Borrows root's strings.  Errors: FERRY_ECONFIG, FERRY_ENOMEM. */
int ferry_protect_read(struct ferry_protect *out, struct ferry_conf_group *root,
    struct ferry_error *err);
void ferry_protect_clear(struct ferry_protect *protect);

/* The upstream that the package of a catalog key is bound to, if that is not
 * the key's; else NULL.  Borrowed from protect. */
const char *ferry_protect_holder(
    const struct ferry_protect *protect, const struct ferry_key *key);

#endif
