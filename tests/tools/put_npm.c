/*
 * put_npm STORE OWNER PACKUMENT [VERSION=FILE …] [--path=PATH]
 *         [--delete=VERSION] [--keys=FILE]
 *
 * Puts an npm package into a store as `ferry sync` would, without a registry:
 * for tests of what reads stores.  Makes the store if it is not there.  PATH
 * is the tarballs' path upstream, in which %s stands for the version.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "tests/tools/tool.h"

static json_t *
with_file(struct ferry_store *st, const char *name, const char *path,
    enum ferry_blob_kind kind, json_t **object)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	json_t *record = json_object();
	struct ferry_digest sha256;

	tool_load(&buf, path);
	CHECK(ferry_blob_put(st, kind, ferry_bytes_buf(&buf), &sha256, &err));
	CHECK(ferry_files_add(record, name, buf.n, &sha256, object, &err));
	ferry_buf_free(&buf);
	return record;
}

static void
put_version(struct ferry_store *st, const char *name, const char *owner,
    const char *version, const char *file, const char *path)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const char *slash = strchr(name, '/'), *at;
	struct ferry_key key;
	json_t *record, *object = NULL;
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s-%s.tgz",
	    slash == NULL ? name : slash + 1, version);
	record = with_file(st, text, file, FERRY_BLOB_IS_FILE, &object);
	if (path != NULL) {
		at = strstr(path, "%s");
		(void)snprintf(text, sizeof(text), "%.*s%s%s",
		    at == NULL ? (int)strlen(path) : (int)(at - path), path,
		    at == NULL ? "" : version, at == NULL ? "" : at + 2);
		tool_set(object, "path", text);
	}
	CHECK(ferry_key_make(
	    &key, &err, "version", "npm", name, owner, version, NULL));
	tool_put(st, &key, record);
}

static void
put_package(struct ferry_store *st, const char *owner, const char *packument,
    char name[512])
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_bytes root, value;
	struct ferry_key key;
	json_t *record;

	tool_load(&buf, packument);
	CHECK(ferry_span_check(ferry_bytes_buf(&buf), &root, &err));
	if (!ferry_span_get(root, "name", &value) ||
	    ferry_span_string(&text, value, &err) == -1) {
		(void)fprintf(stderr, "put_npm: %s: no name\n", packument);
		exit(1);
	}
	(void)snprintf(name, 512, "%s", (const char *)text.p);
	record =
	    with_file(st, "packument", packument, FERRY_BLOB_IS_DOCUMENT, NULL);
	CHECK(ferry_key_make(&key, &err, "package", "npm", name, owner, NULL));
	tool_put(st, &key, record);
	ferry_buf_free(&text);
	ferry_buf_free(&buf);
}

static void
put_upstream(struct ferry_store *st, const char *owner, const char *keys)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;
	json_t *record = NULL;

	CHECK(ferry_key_make(&key, &err, "upstream", owner, NULL));
	if (keys == NULL && ferry_catalog_get(st, &key, &record, &err) == 1) {
		json_decref(record);
		return;
	}
	record = keys == NULL ? json_object()
	                      : with_file(st, "keys", keys,
				    FERRY_BLOB_IS_DOCUMENT, NULL);
	tool_set(record, "format", "npm");
	tool_set(record, "url", "https://registry.example/");
	tool_put(st, &key, record);
}

int
main(int argc, char **argv)
{
	struct ferry_store *st;
	const char *path = NULL, *keys = NULL;
	char name[512], *equals;

	if (argc < 4) {
		(void)fprintf(
		    stderr, "usage: put_npm STORE OWNER PACKUMENT …\n");
		return 2;
	}
	st = tool_open(argv[1]);
	for (int i = 4; i < argc; i++) {
		if (strncmp(argv[i], "--path=", 7) == 0)
			path = argv[i] + 7;
		if (strncmp(argv[i], "--keys=", 7) == 0)
			keys = argv[i] + 7;
	}
	put_upstream(st, argv[2], keys);
	put_package(st, argv[2], argv[3], name);
	for (int i = 4; i < argc; i++) {
		if (strncmp(argv[i], "--delete=", 9) == 0) {
			tool_set_version(st, "npm", name, argv[2], argv[i] + 9,
			    "deleted_at", json_integer(1));
		} else if (argv[i][0] != '-' &&
			   (equals = strchr(argv[i], '=')) != NULL) {
			*equals = 0;
			put_version(
			    st, name, argv[2], argv[i], equals + 1, path);
		}
	}
	tool_close(st);
	return 0;
}
