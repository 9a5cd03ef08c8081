#ifndef FERRY_BASE_GLOB_H
#define FERRY_BASE_GLOB_H

/*
 * Patterns as in shells, for names and tags, not for paths.
 */

#include <stdbool.h>

/*
 * Whether pattern stands for all of text: fnmatch() without escapes, so that
 * '*' stands for any bytes, none and '/' included, and "[*]" is an asterisk.
 */
bool ferry_glob(const char *pattern, const char *text);

/* The same, whatever the case of ASCII letters: for names that people write. */
bool ferry_glob_any_case(const char *pattern, const char *text);

/* Whether pattern stands for anything but itself. */
bool ferry_glob_special(const char *pattern);

#endif
