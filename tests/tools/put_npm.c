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
#include <unistd.h>

#include "store/base/json.h"
#include "store/base/span.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define CHECK(expression)                                                      \
	do {                                                                   \
		if ((expression) == -1)                                        \
			die(&err);                                             \
	} while (0)

static void
die(const struct ferry_error *err)
{

	(void)fprintf(stderr, "put_npm: %s\n", err->text);
	exit(1);
}

static void
load(const char *path, struct ferry_buf *buf)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	FILE *file = fopen(path, "re");
	char block[65536];
	size_t n;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		CHECK(ferry_buf_add(buf, block, n, &err));
	(void)fclose(file);
}

static json_t *
with_file(struct ferry_store *st, const char *name, const char *path,
    enum ferry_blob_kind kind, json_t **object)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	json_t *record = json_object();
	struct ferry_digest sha256;

	load(path, &buf);
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
		CHECK(ferry_json_set(object, "path", json_string(text), &err));
	}
	CHECK(ferry_key_make(
	    &key, &err, "version", "npm", name, owner, version, NULL));
	CHECK(ferry_catalog_put(st, &key, record, &err));
	json_decref(record);
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

	load(packument, &buf);
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
	CHECK(ferry_catalog_put(st, &key, record, &err));
	json_decref(record);
	ferry_buf_free(&text);
	ferry_buf_free(&buf);
}

static void
delete_version(struct ferry_store *st, const char *name, const char *owner,
    const char *version)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;
	json_t *record = NULL;

	CHECK(ferry_key_make(
	    &key, &err, "version", "npm", name, owner, version, NULL));
	if (ferry_catalog_get(st, &key, &record, &err) != 1) {
		(void)fprintf(stderr, "put_npm: no version %s\n", version);
		exit(1);
	}
	(void)json_object_del(record, "seq");
	CHECK(ferry_json_set(record, "deleted_at", json_integer(1), &err));
	CHECK(ferry_catalog_put(st, &key, record, &err));
	json_decref(record);
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
	CHECK(ferry_json_set(record, "format", json_string("npm"), &err));
	CHECK(ferry_json_set(
	    record, "url", json_string("https://registry.example/"), &err));
	CHECK(ferry_catalog_put(st, &key, record, &err));
	json_decref(record);
}

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *st = NULL;
	const char *path = NULL, *keys = NULL;
	char name[512], marker[4096], *equals;

	if (argc < 4) {
		(void)fprintf(
		    stderr, "usage: put_npm STORE OWNER PACKUMENT …\n");
		return 2;
	}
	(void)snprintf(marker, sizeof(marker), "%s/ferry.json", argv[1]);
	if (access(marker, F_OK) == -1)
		CHECK(ferry_store_create(argv[1], "test", &err));
	CHECK(ferry_store_open(&st, argv[1], FERRY_STORE_WRITE, &err));
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
			delete_version(st, name, argv[2], argv[i] + 9);
		} else if (argv[i][0] != '-' &&
			   (equals = strchr(argv[i], '=')) != NULL) {
			*equals = 0;
			put_version(
			    st, name, argv[2], argv[i], equals + 1, path);
		}
	}
	CHECK(ferry_store_commit(st, &err));
	ferry_store_close(st);
	return 0;
}
