#ifndef FERRY_TESTS_UNIT_H
#define FERRY_TESTS_UNIT_H

/* cmocka with what it needs included before it, and a few helpers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/base/error.h"

/* Fails the test with the error's text. */
#define assert_ok(expression, err)                                             \
	do {                                                                   \
		if ((expression) == -1)                                        \
			fail_msg("%s: %s", #expression, (err)->text);          \
	} while (0)

/* A fresh folder below TMPDIR, for the caller to free; removed by
 * unit_rmdir(). */
static inline char *
unit_mkdir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = malloc(256);

	assert_non_null(path);
	(void)snprintf(path, 256, "%s/ferry-unit-XXXXXX",
	    tmp == NULL || *tmp == 0 ? "/tmp" : tmp);
	assert_non_null(mkdtemp(path));
	return path;
}

static inline void
unit_rmdir(char *path)
{
	char command[300];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
	free(path);
}

#endif
