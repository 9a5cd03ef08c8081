#ifndef FERRY_STORE_FORMAT_NUGET_VERSION_H
#define FERRY_STORE_FORMAT_NUGET_VERSION_H

/*
 * Versions as NuGet.Versioning has them: up to four numbers, labels of a
 * pre-release, and metadata that no comparison looks at.
 *
 * Source: store/format/nuget/PROTOCOL.md section 8; tests/nuget/015 compares
 * this with the library itself.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

/* Views are of the text that was parsed. */
struct ferry_nuget_version {
	int32_t number[4];
	struct ferry_bytes labels; /* "beta.1"; empty: a release */
	struct ferry_bytes metadata; /* "abc" of "+abc"; empty: none */
};
#define FERRY_NUGET_VERSION_MAX 128 /* bytes of a text that is one */

/* Blanks around it are skipped.  Errors: FERRY_EFORMAT. */
int ferry_nuget_version_parse(struct ferry_nuget_version *out,
    struct ferry_bytes text, struct ferry_error *err);
/* <0, 0 or >0; labels in any case, metadata is not looked at. */
int ferry_nuget_version_order(
    const struct ferry_nuget_version *a, const struct ferry_nuget_version *b);
/* Whether the first three numbers, and the fourth, are the same. */
bool ferry_nuget_version_same_numbers(
    const struct ferry_nuget_version *a, const struct ferry_nuget_version *b);
/* Whether clients that know SemVer 1 alone must not see it: a dot in its
 * labels, or metadata. */
bool ferry_nuget_version_is_semver2(const struct ferry_nuget_version *v);

enum ferry_nuget_text {
	FERRY_NUGET_AS_WRITTEN, /* of numbers alone is there but one form */
	FERRY_NUGET_LOWER /* labels in lower case, as in URLs and keys */
};
/* Append the normalised form, without metadata: three numbers, and a fourth
 * that is not zero. */
int ferry_nuget_version_text(struct ferry_buf *out,
    const struct ferry_nuget_version *v, enum ferry_nuget_text form,
    struct ferry_error *err);
/* Append to out the key's form of a text: normalised, in lower case.
 * Returns: 1; 0 if it is not a version; -1. */
int ferry_nuget_version_key(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err);

/* For struct ferry_format: a version as keys have it, which is normalised and
 * in lower case; a total order on any bytes. */
bool ferry_nuget_version_valid(struct ferry_bytes version);
int ferry_nuget_version_cmp(struct ferry_bytes a, struct ferry_bytes b);
bool ferry_nuget_version_prerelease(struct ferry_bytes version);

#endif
