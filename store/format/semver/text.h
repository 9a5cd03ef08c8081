#ifndef FERRY_STORE_FORMAT_SEMVER_TEXT_H
#define FERRY_STORE_FORMAT_SEMVER_TEXT_H

/* How versions are written: what semver.c and semver_range.c read with. */

#include "store/format/semver/semver.h"

/*
 * A version of which parts may be missing or "x", as ranges have them.  The
 * numbers stay text until they are used: a range may hold a number that is
 * too large where it says nothing, as in "^x.99999999999999999999".
 */
struct ferry_semver_partial {
	struct ferry_bytes part[3]; /* major, minor, patch; empty if missing */
	struct ferry_bytes pre;
};

/* The blanks of JavaScript.  Returns their length at p, 0 if there is none. */
size_t ferry_semver_blank(const uint8_t *p, const uint8_t *end);
struct ferry_bytes ferry_semver_trim(struct ferry_bytes s);
bool ferry_semver_is_digit(uint8_t c);
bool ferry_semver_all_digits(struct ferry_bytes s);
/* What identifiers of pre-releases and builds are made of. */
bool ferry_semver_is_ident(uint8_t c);
/* Whether a part stands for any number. */
bool ferry_semver_is_x(struct ferry_bytes part);
/* All of text: 1, 1.2, 1.x, 1.2.3-pre+build and so on. */
bool ferry_semver_partial_parse(struct ferry_semver_partial *out,
    struct ferry_bytes text, enum ferry_semver_mode mode);
/* Whether part is a number that a version may have. */
bool ferry_semver_number(uint64_t *out, struct ferry_bytes part);

#endif
