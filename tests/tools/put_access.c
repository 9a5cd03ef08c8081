/*
 * put_access STORE UPSTREAM SNAPSHOT [--format=FORMAT] [--visibility=WORD]
 *            [--generation=N] [--taken=SECONDS] [--without=TEXT …]
 *
 * Puts a permission snapshot into a store as `ferry sync` would, without a
 * GitHub: for tests of what reads stores.  SNAPSHOT is a file of JSON Lines,
 * or "" for none; lines that contain TEXT are left out.  The record of the
 * upstream is made if there is none, or given another visibility.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/snapshots.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "tests/tools/tool.h"

/* The value of option name, or NULL; i counts several of them. */
static const char *
option(char **argv, const char *name, size_t i)
{
	size_t n = strlen(name);

	for (; *argv != NULL; argv++)
		if (strncmp(*argv, name, n) == 0 && (*argv)[n] == '=' &&
		    i-- == 0)
			return *argv + n + 1;
	return NULL;
}

static void
put_upstream(struct ferry_store *st, const char *upstream, char **argv)
{
	const char *format = option(argv, "--format", 0),
		   *visibility = option(argv, "--visibility", 0);
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;
	json_t *record = NULL;

	CHECK(ferry_key_make(&key, &err, "upstream", upstream, NULL));
	if (ferry_catalog_get(st, &key, &record, &err) != 1) {
		record = json_object();
		tool_set(record, "format", format == NULL ? "npm" : format);
		tool_set(record, "url", "https://registry.example/");
	}
	if (visibility != NULL)
		tool_set(record, "visibility", visibility);
	tool_put(st, &key, record);
}

/* A line of "meta" gets the numbers that were asked for. */
static void
add_line(struct ferry_buf *text, const char *line, char **argv)
{
	const char *generation = option(argv, "--generation", 0),
		   *taken = option(argv, "--taken", 0), *without;
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *o;

	for (size_t i = 0; (without = option(argv, "--without", i)) != NULL;
	     i++)
		if (strstr(line, without) != NULL)
			return;
	if (strstr(line, "\"meta\"") == NULL) {
		CHECK(ferry_buf_adds(text, line, &err));
		return;
	}
	CHECK(ferry_json_parse(&o, ferry_bytes_str(line), "meta", &err));
	if (generation != NULL)
		CHECK(ferry_json_set(o, "generation",
		    json_integer(strtoll(generation, NULL, 10)), &err));
	if (taken != NULL)
		CHECK(ferry_json_set(o, "taken_at",
		    json_integer(strtoll(taken, NULL, 10)), &err));
	CHECK(ferry_json_add(text, o, &err));
	CHECK(ferry_buf_adds(text, "\n", &err));
	json_decref(o);
}

static void
put_snapshot(
    struct ferry_store *st, const char *upstream, const char *path, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	FILE *file = fopen(path, "re");
	char line[4096];

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), file) != NULL)
		add_line(&text, line, argv);
	(void)fclose(file);
	CHECK(ferry_snapshots_put(st, upstream, ferry_bytes_buf(&text), &err));
	ferry_buf_free(&text);
}

int
main(int argc, char **argv)
{
	struct ferry_store *st;

	if (argc < 4) {
		(void)fprintf(
		    stderr, "usage: put_access STORE UPSTREAM SNAPSHOT …\n");
		return 2;
	}
	st = tool_open(argv[1]);
	put_upstream(st, argv[2], argv + 4);
	if (argv[3][0] != 0)
		put_snapshot(st, argv[2], argv[3], argv + 4);
	tool_close(st);
	return 0;
}
