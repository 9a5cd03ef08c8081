#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_RESOLVE_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_RESOLVE_H

/*
 * What Bundler finds for the wants of the configuration is here.
 *
 * The engine follows each need to its newest version.  Where newest versions
 * conflict, Bundler steps back to older ones; so when the documents are here, a
 * set of versions that go together is looked for, of all wants together and of
 * each alone, for each platform, and what of it was not chosen yet is wanted.
 * That needs further documents now and then, of what older versions need.
 *
 * Lock files say everything themselves, and a puller is asked one by one: for
 * these nothing is done.
 */

#include <stdbool.h>
#include <stdint.h>

#include "sync/upstream/rubygems/known.h"

struct ferry_error;
struct ferry_packages;

struct gem_resolver {
	struct gem_knowledge knowledge;
	uint64_t search; /* the number of the last one */
	uint64_t conflicts; /* that all have met */
	struct ferry_table said; /* what was told, to be told once */
};

/* As after() of struct ferry_package_format: no transfer is left. */
int ferry_gem_resolve(struct ferry_packages *packages, struct ferry_error *err);
void ferry_gem_resolver_free(struct gem_resolver *resolver);

#endif
