#ifndef FERRY_SYNC_UPSTREAM_PACKAGE_PACKAGE_H
#define FERRY_SYNC_UPSTREAM_PACKAGE_PACKAGE_H

/*
 * The engine as a kind of upstream.  A format defines one by
 *
 *	const struct ferry_upstream_kind ferry_upstream_npm =
 *	    FERRY_PACKAGE_KIND("npm", &npm);
 *
 * where npm is its struct ferry_package_format.
 */

#include "sync/upstream/package/format.h"
#include "sync/upstream/upstream.h"

#define FERRY_PACKAGE_KIND(name, package_format)                               \
	{                                                                      \
		.format = (name), .package = (package_format),                 \
		.configure = ferry_packages_configure,                         \
		.sync = ferry_packages_sync, .after = ferry_packages_after,    \
		.want = ferry_packages_want_all, .pull = ferry_packages_pull,  \
		.pulled = ferry_packages_pulled, .free = ferry_packages_free   \
	}

/* The functions of struct ferry_upstream_kind. */
int
ferry_packages_configure(struct ferry_upstream *up, struct ferry_error *err);
int ferry_packages_sync(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err);
int ferry_packages_after(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err);
int ferry_packages_want_all(struct ferry_run *run, struct ferry_upstream *up,
    const char *name, const struct ferry_want_about *about, enum ferry_want how,
    struct ferry_error *err);
int ferry_packages_pull(struct ferry_run *run, struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_error *err);
enum ferry_pull_state ferry_packages_pulled(struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_pull_end *out);
void ferry_packages_free(struct ferry_upstream *up);

#endif
