#ifndef FERRY_STORE_FORMAT_NUGET_RANGE_H
#define FERRY_STORE_FORMAT_NUGET_RANGE_H

/*
 * Ranges of versions, floating ones too: "1.0", "[1.0,2.0)", "6.*", "1.0.0-*".
 *
 * Source: store/format/nuget/PROTOCOL.md section 8; tests/nuget/015 compares
 * this with the library itself.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_nuget_range;
struct ferry_nuget_version;

/* Copies text.  Errors: FERRY_EFORMAT, FERRY_ENOMEM. */
int ferry_nuget_range_new(struct ferry_nuget_range **out,
    struct ferry_bytes text, struct ferry_error *err);
void ferry_nuget_range_free(struct ferry_nuget_range *range);

/* Whether the version lies between the bounds, whatever it is. */
bool ferry_nuget_range_has(
    const struct ferry_nuget_range *range, const struct ferry_nuget_version *v);
/* Whether it is also one of those that the range means, all of them: it fits
 * the float, and is no pre-release unless the range names some, or all are
 * asked for. */
enum ferry_nuget_prereleases {
	FERRY_NUGET_PRERELEASES_AS_NAMED,
	FERRY_NUGET_PRERELEASES_ALL
};
bool ferry_nuget_range_means(const struct ferry_nuget_range *range,
    const struct ferry_nuget_version *v,
    enum ferry_nuget_prereleases prereleases);
/*
 * Whether a client that has best so far (NULL: nothing) would rather take v:
 * the lowest of a range, the highest that fits a float.  Over all versions of
 * a list, in any order, what remains is what it installs.
 */
bool ferry_nuget_range_prefers(const struct ferry_nuget_range *range,
    const struct ferry_nuget_version *best,
    const struct ferry_nuget_version *v);
/* Whether its bounds or its float name a pre-release. */
bool ferry_nuget_range_prerelease(const struct ferry_nuget_range *range);
/* Whether a bound is a version of SemVer 2. */
bool ferry_nuget_range_is_semver2(const struct ferry_nuget_range *range);
/* Whether it has but one version: "[1.0]". */
bool ferry_nuget_range_is_exact(const struct ferry_nuget_range *range);

/* Append the normalised form, "[1.0.0, 2.0.0)"; a float is as it was written. */
int ferry_nuget_range_text(struct ferry_buf *out,
    const struct ferry_nuget_range *range, struct ferry_error *err);
/* Append the normalised form of text, of "" that of any version; what is no
 * range as it is, as the client is to judge it.  Errors: FERRY_ENOMEM. */
int ferry_nuget_range_normal(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err);

#endif
