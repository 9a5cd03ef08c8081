#ifndef FERRY_STORE_FORMAT_MAVEN_VERSION_H
#define FERRY_STORE_FORMAT_MAVEN_VERSION_H

/*
 * Versions: the three orders that clients have, and Maven's ranges.
 *
 * Source: store/format/maven/PROTOCOL.md, section 9.
 * Observed: tests/maven/020-version-order.sh, against the classes themselves.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_MAVEN_VERSION_MAX 128 /* bytes */

/* Each returns <0, 0 or >0; different texts can be equal.  What is longer than
 * FERRY_MAVEN_VERSION_MAX is compared by bytes. */

/* Maven's ComparableVersion: what is latest. */
int ferry_maven_version_cmp(struct ferry_bytes a, struct ferry_bytes b);
/* The resolver's GenericVersion: what is in a range. */
int ferry_maven_generic_cmp(struct ferry_bytes a, struct ferry_bytes b);
/* Gradle's StaticVersionComparator. */
int ferry_gradle_version_cmp(struct ferry_bytes a, struct ferry_bytes b);

/*
 * "[1.0,2.0)", "(,1.0],[1.2,)", "[1.0]", "[1.2.*]"; "1.0" and no more, which
 * Maven takes as a preference, is that version.
 * Errors: FERRY_EFORMAT, FERRY_ENOMEM.
 */
struct ferry_maven_range;
int ferry_maven_range_new(struct ferry_maven_range **out,
    struct ferry_bytes text, struct ferry_error *err);
bool ferry_maven_range_has(
    const struct ferry_maven_range *range, struct ferry_bytes version);
void ferry_maven_range_free(struct ferry_maven_range *range);
/* Whether text names more than one version: a range, LATEST, RELEASE. */
bool ferry_maven_is_range(struct ferry_bytes text);

#endif
