#ifndef FERRY_TESTS_UNIT_H
#define FERRY_TESTS_UNIT_H

/*
 * cmocka with what it needs included before it, and what unit tests share:
 * checks of errors, scratch folders, fixtures.  None of these functions fails:
 * what goes wrong fails the test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/* Fails the test with the error's text. */
#define assert_ok(expression, err)                                             \
	do {                                                                   \
		if ((expression) == -1)                                        \
			fail_msg("%s: %s", #expression, (err)->text);          \
	} while (0)

/* The error has this code, and why in its text. */
#define assert_refused(err, want, why)                                         \
	do {                                                                   \
		if ((err)->code != (want) || strstr((err)->text, why) == NULL) \
			fail_msg("not %s with '%s', but %d: %s", #want, why,   \
			    (int)(err)->code, (err)->text);                    \
	} while (0)

/* A fresh folder below TMPDIR; unit_rmdir() removes and frees it. */
char *unit_mkdir(void);
void unit_rmdir(char *path);

/* Write a file, anew. */
void unit_write(const char *path, const char *text);

/* The path of a fixture, of which the format gives the part below tests/data. */
#define UNIT_PATH 4096
void unit_data(char out[UNIT_PATH], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A sink: append n bytes to ctx, a struct ferry_buf. */
int unit_into_buf(void *ctx, const void *p, size_t n, struct ferry_error *err);

/* A string's bytes, for rows of tables. */
static inline struct ferry_bytes
B(const char *s) {

	return ferry_bytes_str(s);
}

#endif
