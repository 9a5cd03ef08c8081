#include "store.h"

#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

void
unit_store_open(struct unit_store *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	f->dir = unit_mkdir();
	(void)snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	assert_ok(ferry_store_create(f->path, "near", &err), &err);
	assert_ok(
	    ferry_store_open(&f->st, f->path, FERRY_STORE_WRITE, &err), &err);
}

void
unit_store_close(struct unit_store *f)
{

	ferry_store_close(f->st);
	unit_rmdir(f->dir);
}

int
unit_store_setup(void **state)
{
	struct unit_store *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	unit_store_open(f);
	*state = f;
	return 0;
}

int
unit_store_teardown(void **state)
{

	unit_store_close(*state);
	free(*state);
	return 0;
}

struct ferry_store *
unit_store_reader(const struct unit_store *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *reader = NULL;

	assert_ok(
	    ferry_store_open(&reader, f->path, FERRY_STORE_READ, &err), &err);
	return reader;
}

void
unit_put_blob(struct ferry_store *st, struct ferry_bytes content,
    struct ferry_digest *digest)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(ferry_blob_put(st, FERRY_BLOB_IS_FILE, content, digest, &err),
	    &err);
}

void
unit_put_record(
    struct ferry_store *st, const struct ferry_key *key, json_t *record)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_non_null(record);
	assert_ok(ferry_catalog_put(st, key, record, &err), &err);
	json_decref(record);
}
