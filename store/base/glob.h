#ifndef FERRY_BASE_GLOB_H
#define FERRY_BASE_GLOB_H

/*
 * Patterns as in shells, for names and tags, not for paths.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

/*
 * Whether pattern stands for all of text: '*' for any bytes, none and '/'
 * included, '?' for any one byte, "[a-z_]" for one of these, "[!0-9]" or
 * "[^0-9]" for one that is none of them.  ']' is itself as the first of a set;
 * '[' without an end is itself.  Nothing is escaped: "[*]" is an asterisk.
 *
 * Takes at most as many steps as the product of both lengths, each of which
 * may look through one set; no recursion, no memory.
 */
bool ferry_glob(struct ferry_bytes pattern, struct ferry_bytes text);

/* Whether pattern stands for anything but itself. */
bool ferry_glob_special(struct ferry_bytes pattern);

#endif
