#ifndef FERRY_STORE_FORMAT_SEMVER_SEMVER_H
#define FERRY_STORE_FORMAT_SEMVER_SEMVER_H

/*
 * Semantic versions, as npm's clients read and order them.
 *
 * Source: store/format/npm/PROTOCOL.md, section 8, and npm/node-semver 7.8.5 read
 *     for its behaviour.  tests/data/npm/README says how the two were compared.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_SEMVER_MAX 256 /* bytes of a version */
#define FERRY_SEMVER_NUMBER_MAX 9007199254740991 /* 2^53 - 1 */

/*
 * Strict is what the specification says and what may be published today.
 * Loose is what npm's clients accept when they read: leading zeros, "=1.2.3",
 * "1.2.3beta", and ranges with words in them that mean nothing.
 */
enum ferry_semver_mode { FERRY_SEMVER_STRICT, FERRY_SEMVER_LOOSE };

/* A version; build metadata is gone, as it takes no part in anything. */
struct ferry_semver {
	uint64_t major, minor, patch; /* at most FERRY_SEMVER_NUMBER_MAX */
	struct ferry_bytes pre; /* "rc.1", borrowed; empty if none */
};

/*
 * Parse a version; blanks around it and a leading "v" are skipped.
 *
 * Lifetime: out->pre is borrowed from text.
 * Errors: FERRY_EFORMAT; nothing else, so a caller may read -1 as "no".
 */
int ferry_semver_parse(struct ferry_semver *out, struct ferry_bytes text,
    enum ferry_semver_mode mode, struct ferry_error *err);

/* Precedence: <0, 0 or >0. */
int
ferry_semver_cmp(const struct ferry_semver *a, const struct ferry_semver *b);

#endif
