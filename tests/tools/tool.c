#include "tests/tools/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

void
tool_die(const struct ferry_error *err)
{

	(void)fprintf(
	    stderr, "%s: %s\n", program_invocation_short_name, err->text);
	exit(1);
}

struct ferry_store *
tool_open(const char *path)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *st = NULL;
	char marker[4096];

	(void)snprintf(marker, sizeof(marker), "%s/ferry.json", path);
	if (access(marker, F_OK) == -1)
		CHECK(ferry_store_create(path, "test", &err));
	CHECK(ferry_store_open(&st, path, FERRY_STORE_WRITE, &err));
	return st;
}

void
tool_close(struct ferry_store *st)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	CHECK(ferry_store_commit(st, &err));
	ferry_store_close(st);
}

bool
tool_load_if_there(struct ferry_buf *buf, const char *path)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	FILE *file = fopen(path, "re");
	char block[65536];
	size_t n;

	if (file == NULL)
		return false;
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		CHECK(ferry_buf_add(buf, block, n, &err));
	(void)fclose(file);
	return true;
}

void
tool_load(struct ferry_buf *buf, const char *path)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (!tool_load_if_there(buf, path))
		CHECK(ferry_error_errno(&err, "opening %s", path));
}

void
tool_set(json_t *object, const char *name, const char *text)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	CHECK(ferry_json_set(object, name, json_string(text), &err));
}

void
tool_put(struct ferry_store *st, const struct ferry_key *key, json_t *record)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)json_object_del(record, "seq"); /* the catalog gives a new one */
	CHECK(ferry_catalog_put(st, key, record, &err));
	json_decref(record);
}

void
tool_set_version(struct ferry_store *st, const char *format, const char *name,
    const char *owner, const char *version, const char *member, json_t *value)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = NULL;
	struct ferry_key key;

	CHECK(ferry_key_make(
	    &key, &err, "version", format, name, owner, version, NULL));
	if (ferry_catalog_get(st, &key, &record, &err) == 0)
		ferry_error_set(&err, FERRY_EUSAGE, "no version %s", version);
	if (record == NULL)
		tool_die(&err);
	CHECK(ferry_json_set(record, member, value, &err));
	tool_put(st, &key, record);
}
