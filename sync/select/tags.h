#ifndef FERRY_SELECT_TAGS_H
#define FERRY_SELECT_TAGS_H

/*
 * Which tags of a repository are wanted.
 *
 * Tags have no order of their own; people write versions into many of them.
 * What counts as one is a rule of ours, in ferry_tags_version().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/format/semver/semver.h"

struct ferry_error;

/* What a tag says; both views are of the tag. */
struct ferry_tags_version {
	struct ferry_semver semver;
	struct ferry_bytes variant; /* "alpine3.20"; empty: of none */
};

/*
 * Whether tag is [v]MAJOR[.MINOR[.PATCH]][-PRE][-VARIANT], and then which.
 *
 * Numbers that are missing are 0; leading zeros are fine ("22.04").  PRE is
 * alpha, beta, rc, pre, dev, preview, snapshot, nightly or canary, in any case,
 * with nothing but digits and dots behind it, or a word that starts with a
 * digit; the hyphen before such a name may be missing ("3.13.0rc1").  Any other
 * word that starts with a letter is where the VARIANT begins, to the end of the
 * tag: "1.22-alpine3.20", "1.23-rc1-slim-bookworm".
 *
 * Not versions: four numbers, "1.2_3", and a single number of eight digits or
 * more, which is a date or the number of a build.
 */
bool ferry_tags_version(struct ferry_tags_version *out, struct ferry_bytes tag);

struct ferry_tags_selection {
	const char *const *names; /* tags and globs */
	size_t n;
	const char *versions; /* a range as npm writes them; NULL: any */
	uint64_t latest; /* only the newest so many versions; 0: all */
	bool prereleases; /* also those that the range does not name */
	bool signatures; /* also what 4 leaves out */
};

/*
 * Choose from the n tags; chosen has room for as many.
 *
 * 1. A name without wildcards chooses the tag of that name.
 * 2. Without versions and latest, a glob chooses every tag that it fits; with
 *    no names at all every tag is chosen.
 * 3. With versions or latest only tags that are versions are chosen: those
 *    that a glob fits or, without globs, those without a variant.  So names
 *    "*-alpine", versions "^1.22" is 1.22.3-alpine, and neither 1.22.3 nor
 *    1.22.3-slim.  latest counts distinct versions among these and takes all
 *    tags of each: 1.2 and 1.2.0 are one.  A pre-release is in a range if
 *    prereleases and the release that it leads to is.
 * 4. Tags that only name what belongs to a digest (ferry_oci_fallback_parse())
 *    are chosen by 1 alone: they come with their images.  Where signatures is
 *    true, they are tags like others.
 *
 * Returns: how many were chosen.
 * Errors: FERRY_EFORMAT (versions is no range), FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_tags_select(const struct ferry_tags_selection *selection,
    const char *const *tags, size_t n, bool *chosen, struct ferry_error *err);

#endif
