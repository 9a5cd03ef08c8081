/*
 * records STORE PART…: prints the catalog's records whose keys start so, each as
 * a line of JSON.  A single argument is split at its blanks.
 */

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "tests/tools/tool.h"

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_record_iter *it = NULL;
	struct ferry_store *st = NULL;
	struct ferry_key prefix, key;
	const char *parts[FERRY_KEY_PARTS + 1] = { NULL };
	char *rest = NULL;
	json_t *value;
	size_t n = 0;
	int rc;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: records STORE PART...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		for (char *p = strtok_r(argv[i], " ", &rest);
		     p != NULL && n < FERRY_KEY_PARTS;
		     p = strtok_r(NULL, " ", &rest))
			parts[n++] = p;
	CHECK(ferry_key_make(&prefix, &err, parts[0], parts[1], parts[2],
	    parts[3], parts[4], parts[5], NULL));
	CHECK(ferry_store_open(&st, argv[1], FERRY_STORE_READ, &err));
	CHECK(ferry_catalog_iter_new(&it, st, &prefix, NULL, &err));
	while ((rc = ferry_record_iter_next(it, &key, &value, &err)) == 1) {
		(void)json_dumpf(value, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(value);
	}
	CHECK(rc);
	ferry_record_iter_free(it);
	ferry_store_close(st);
	return 0;
}
