#ifndef FERRY_STORE_FORMAT_RUBYGEMS_VERSION_H
#define FERRY_STORE_FORMAT_RUBYGEMS_VERSION_H

/*
 * Numbers of gems and their order, as Gem::Version has them, and what a
 * requirement allows, as Gem::Requirement and Gem::Dependency have it.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 7.
 * Observed: tests/rubygems/020, against the Ruby that is installed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/* Bytes of a number.  Gem::Version has no bound. */
#define FERRY_GEM_NUMBER_MAX 128

/*
 * A number, cut into runs of digits and runs of letters; a "-" is a run "pre".
 * The views are of the text that was read, or constants.
 *
 * Invariant: release is the number of runs before the first of letters, and is
 * at least 1; n == release where there are no letters.
 */
struct ferry_gem_number {
	struct ferry_bytes run[FERRY_GEM_NUMBER_MAX];
	size_t n, release;
};

/*
 * Read a number; blanks around it do not count, and "" is 0.
 * Errors: FERRY_EFORMAT; FERRY_ELIMIT (longer than FERRY_GEM_NUMBER_MAX).
 */
int ferry_gem_number_parse(struct ferry_gem_number *out,
    struct ferry_bytes text, struct ferry_error *err);
bool ferry_gem_number_prerelease(const struct ferry_gem_number *number);
/* <0, 0 or >0; 0 also for "1.0" and "1". */
int ferry_gem_number_cmp(
    const struct ferry_gem_number *a, const struct ferry_gem_number *b);

/*
 * A requirement: "~> 7.1", "< 3&>= 1.0", "< 3, >= 1.0"; "" is ">= 0".
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT (more than FERRY_GEM_TERMS_MAX terms),
 *     FERRY_ENOMEM.
 */
#define FERRY_GEM_TERMS_MAX 64
struct ferry_gem_requirement;
int ferry_gem_requirement_new(struct ferry_gem_requirement **out,
    struct ferry_bytes text, struct ferry_error *err);
void ferry_gem_requirement_free(struct ferry_gem_requirement *requirement);
/* Whether the number satisfies every term: satisfied_by?. */
bool ferry_gem_requirement_has(const struct ferry_gem_requirement *requirement,
    const struct ferry_gem_number *number);
/* Whether a term names a pre-release, without which clients take none. */
bool ferry_gem_requirement_prerelease(
    const struct ferry_gem_requirement *requirement);

#endif
