#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_PATH_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_PATH_H

/*
 * Paths of a RubyGems registry, below its own prefix: bytes only.
 *
 * A path may begin with an owner, whose gems it is about then; what would be a
 * path without one is no owner's.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 2 and 11.
 */

#include <stdbool.h>

struct ferry_resource;

enum ferry_gem_kind {
	FERRY_GEM_ROOT,
	FERRY_GEM_VERSIONS,
	FERRY_GEM_NAMES,
	FERRY_GEM_SPECS, /* the Marshal indexes */
	FERRY_GEM_LATEST_SPECS,
	FERRY_GEM_PRERELEASE_SPECS,
	FERRY_GEM_INFO,
	FERRY_GEM_FILE, /* item: "foo-1.0.gem", "foo-1.0.gemspec.rz" … */
	FERRY_GEM_API_GEM,
	FERRY_GEM_API_VERSIONS,
	FERRY_GEM_API_LATEST,
	FERRY_GEM_API_SEARCH,
	FERRY_GEM_API_DEPENDENCIES
};
/* Those that are lists over all gems. */
bool ferry_gem_is_list(enum ferry_gem_kind kind);

/*
 * Fill kind, action, package, origin (the owner) and item of r, which is all
 * zero, from a decoded path.  Of a file, the package is left to whoever knows
 * which there are.  Returns whether something can have that path.
 */
bool ferry_gem_path_parse(struct ferry_resource *r, const char *path);

/*
 * The next gem whose file that may be: cuts item before its i-th dash where a
 * version may begin.  *at is the place to look from, 0 at first.
 * Returns whether there is one, and its name and version.
 */
bool ferry_gem_path_cut(const struct ferry_resource *r, unsigned *at,
    char *name, char *version, unsigned long size);

#endif
