#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_GEMSPEC_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_GEMSPEC_H

/*
 * The metadata of a gem: the YAML of a Gem::Specification.
 *
 * Tags are not looked at: what is read is what the known members hold, so that
 * nothing is made that a file asks for.  select/yaml.h bounds size and depth,
 * aliases included.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 1; RubyGems 3.3,
 *     lib/rubygems/specification.rb, encode_with().
 */

#include "store/format/rubygems/spec.h"

struct ferry_error;
struct ferry_yaml;

/*
 * Read text.  Views of *out are of *yaml's, which the caller frees after it,
 * also after a failure.
 * Errors: FERRY_EFORMAT (not YAML; no gem's: no name, no valid version),
 *     FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_gemspec_read(struct ferry_gem_spec *out, struct ferry_yaml **yaml,
    struct ferry_bytes text, struct ferry_error *err);

#endif
