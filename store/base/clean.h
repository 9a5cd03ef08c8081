#ifndef FERRY_BASE_CLEAN_H
#define FERRY_BASE_CLEAN_H

/*
 * Text that others chose, before it reaches a terminal: names of files on a
 * medium, words of an upstream or of a bundle.  What a terminal would obey, or
 * what would make it show something else, becomes '?': control characters (C0
 * and C1), marks and overrides of the writing direction, line and paragraph
 * separators, and bytes that are no UTF-8.
 */

#include <stdio.h>

struct ferry_error;

/* In place; line ends and tabs, too.  Returns text. */
char *ferry_clean(char *text);

/*
 * A stream that passes on to `to` what is printed on it, clean but for its line
 * ends and tabs, which are the printer's own.  Closing it flushes to, and does
 * not close it.  NULL: no memory.
 */
FILE *ferry_clean_stream(FILE *to);

#endif
