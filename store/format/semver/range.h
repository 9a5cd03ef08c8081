#ifndef FERRY_STORE_FORMAT_SEMVER_RANGE_H
#define FERRY_STORE_FORMAT_SEMVER_RANGE_H

/*
 * The ranges that npm's clients write about semantic versions.
 *
 * Threads: a compiled range may be used by several at once.
 * Source: as semver.h.
 */

#include "store/format/semver/semver.h"

struct ferry_semver_range;

#define FERRY_SEMVER_RANGE_MAX 8192 /* bytes of a range */

/*
 * Compile a range: "||", hyphen, x, tilde and caret ranges, comparators with
 * or without blanks; the empty text is "*".
 *
 * Lifetime: text is not kept.
 * Errors: FERRY_EFORMAT (not a range: for npm's clients a dist-tag then),
 *     FERRY_ELIMIT (longer than FERRY_SEMVER_RANGE_MAX), FERRY_ENOMEM.
 */
int ferry_semver_range_new(struct ferry_semver_range **out,
    struct ferry_bytes text, enum ferry_semver_mode mode,
    struct ferry_error *err);
void ferry_semver_range_free(struct ferry_semver_range *range);

/*
 * Whether the version satisfies the range.  A pre-release does only if one of
 * the comparators that let it in has a pre-release of the same numbers.
 */
bool ferry_semver_range_has(
    const struct ferry_semver_range *range, const struct ferry_semver *version);

/*
 * Whether the range was written as "*" or as nothing.  That is more than a
 * range: where the tag `latest` is a pre-release, "*" takes it and "x" does
 * not.
 */
bool ferry_semver_range_star(const struct ferry_semver_range *range);

#endif
