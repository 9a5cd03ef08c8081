#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_RUBYGEMS_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_RUBYGEMS_H

/* What the files of the RubyGems upstream share: the state of one. */

#include <stdbool.h>
#include <stddef.h>

#include "store/format/rubygems/version.h"
#include "sync/upstream/rubygems/resolve.h"
#include "sync/upstream/table.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_packages;

#define GEM_PLATFORMS_MAX 32

/* packages->state */
struct gems {
	const char *platforms[GEM_PLATFORMS_MAX];
	size_t platforms_n; /* 0: all */
	bool has_ruby;
	struct ferry_gem_number ruby; /* that gems must run with */
	bool indexes; /* ask for the registry's index first */
	bool attestations; /* ask for them */
	struct ferry_table bases; /* struct gem_base, by owner; index.c */
	struct gem_resolver resolver;
};

/* conf.c: the format's options.  Makes packages->state. */
int ferry_gem_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err);

#endif
