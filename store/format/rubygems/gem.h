#ifndef FERRY_STORE_FORMAT_RUBYGEMS_GEM_H
#define FERRY_STORE_FORMAT_RUBYGEMS_GEM_H

/*
 * Gems: names, versions as catalog and compact index have them, and the lines
 * of the compact index.
 *
 * A package's name is a gem's, "rack", or, of a registry that has a base for
 * each owner (GitHub's), "OWNER/rack".  A version is a number and, unless it is
 * for every platform, a platform: "1.2.0", "1.2.0-x86_64-linux".
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 1, 2 and 11.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;

#define FERRY_GEM_NAME_MAX 255

/* Whether it may be a package's, with or without an owner. */
bool ferry_gem_name_valid(struct ferry_bytes name);
/* The gem's own name, without an owner; borrowed. */
struct ferry_bytes ferry_gem_name_base(struct ferry_bytes name);
/* The owner of a name; n is 0 if it has none. */
struct ferry_bytes ferry_gem_name_owner(struct ferry_bytes name);

/* Whether it is a number and perhaps a platform, without blanks. */
bool ferry_gem_version_valid(struct ferry_bytes version);
/* Whether its number has letters; not if it is none. */
bool ferry_gem_version_prerelease(struct ferry_bytes version);
/* A total order: numbers, then bytes; what is no version comes first. */
int ferry_gem_version_cmp(struct ferry_bytes a, struct ferry_bytes b);
/* Cut a version; platform is "ruby" where it has none.  Borrowed. */
struct ferry_bytes ferry_gem_version_number(struct ferry_bytes version);
struct ferry_bytes ferry_gem_version_platform(struct ferry_bytes version);

/* For the table of formats: what clients call a package of GitHub's, and an
 * owner's names. */
int ferry_gem_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err);
int ferry_gem_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err);

/*
 * A line of /info/NAME: "VERSION DEPENDENCIES|KEY:VALUE,…".
 *
 * rest is what follows the version: "rack:>= 1&< 3|checksum:…".
 * Returns: whether it is one, with a valid version.
 */
struct ferry_gem_line {
	struct ferry_bytes version, rest;
};
bool ferry_gem_line_read(struct ferry_gem_line *out, struct ferry_bytes line);

/* Iterate over the dependencies of a line: rest starts as the line's. */
struct ferry_gem_dependency {
	struct ferry_bytes name, requirement;
};
bool ferry_gem_line_dependency(
    struct ferry_bytes *rest, struct ferry_gem_dependency *out);

/*
 * The value of a key behind the '|'; n is 0 if it is not there.  A value may
 * hold commas that belong to it ("ruby:< 3.0.0, >= 1.9.3").
 */
struct ferry_bytes
ferry_gem_line_value(struct ferry_bytes rest, const char *key);
/* The value of "checksum", which old lines have in base64.
 * Returns: 1 and *sha256; 0 if there is none, or nothing that could be one. */
int
ferry_gem_line_checksum(struct ferry_bytes rest, struct ferry_digest *sha256);

#endif
