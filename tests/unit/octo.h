#ifndef FERRY_TESTS_OCTO_H
#define FERRY_TESTS_OCTO_H

/* The fixture tests/data/access/octo.jsonl, for tests of who may do what. */

#include "unit.h"

/* Adds its lines but those that hold drop, and with meta instead of its own.
 * Both may be NULL. */
static inline void
octo_add(struct ferry_buf *text, const char *drop, const char *meta)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char path[UNIT_PATH], line[1024];
	FILE *file;

	unit_data(path, "access/octo.jsonl");
	assert_non_null(file = fopen(path, "re"));
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *add = line;

		if (meta != NULL && strstr(line, "\"meta\"") != NULL)
			add = meta;
		if (drop == NULL || strstr(line, drop) == NULL)
			assert_ok(ferry_buf_adds(text, add, &err), &err);
	}
	(void)fclose(file);
}

#endif
