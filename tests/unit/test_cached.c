/* store/catalog/cached: what only clients asked for, by its last use. */

#include <stdio.h>
#include <string.h>

#include "store.h"

#include "store/base/files.h"
#include "store/blob/blob.h"
#include "store/catalog/cached.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

static struct ferry_key
key_of(const char *version)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;

	assert_ok(
	    ferry_key_version(&key, "npm", "p", "up", version, &err), &err);
	return key;
}

/* A version with one file of that content. */
static struct ferry_digest
put(struct ferry_store *st, const char *version, const char *content)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key = key_of(version);
	json_t *record = json_object();
	struct ferry_digest digest;

	unit_put_blob(st, ferry_bytes_str(content), &digest);
	assert_ok(ferry_files_add(
		      record, "f.tgz", strlen(content), &digest, NULL, &err),
	    &err);
	unit_put_record(st, &key, record);
	return digest;
}

static void
mark(struct ferry_store *st, const char *version, int64_t at, uint64_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key = key_of(version);

	assert_ok(ferry_cached_put(
		      st, &key, &(struct ferry_cached){ at, size }, &err),
	    &err);
}

static void
commit(struct ferry_store *st)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(ferry_store_commit(st, &err), &err);
}

static void
expect_totals(struct ferry_store *st, uint64_t versions, uint64_t bytes)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_cached_totals t;

	assert_ok(ferry_cached_totals(st, &t, &err), &err);
	assert_int_equal(t.versions, versions);
	assert_int_equal(t.bytes, bytes);
}

static int
on_idle(void *ctx, const struct ferry_key *key, struct ferry_error *err)
{
	char *text = ctx;

	(void)err;
	(void)strcat(strcat(text, ferry_key_part(key, 4)), " ");
	return 0;
}

static void
expect_order(struct ferry_store *st, const char *order)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[100] = "";

	commit(st);
	assert_ok(ferry_cached_each(st, on_idle, text, &err), &err);
	assert_string_equal(text, order);
}

static void
test_order_follows_uses(void **state)
{
	struct ferry_store *st = ((struct unit_store *)*state)->st;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key one = key_of("1"), none = key_of("9");

	mark(st, "1", 1000, 10);
	mark(st, "2", 999, 20);
	mark(st, "3", 100000, 30);
	expect_order(st, "2 1 3 ");
	expect_totals(st, 3, 60);
	/* Too little later, before, much later; and what is none of them. */
	assert_ok(ferry_cached_use(st, &one, 1599, 600, &err), &err);
	expect_order(st, "2 1 3 ");
	assert_ok(ferry_cached_use(st, &one, 1, 0, &err), &err);
	expect_order(st, "2 1 3 ");
	assert_ok(ferry_cached_use(st, &one, 200000, 600, &err), &err);
	assert_ok(ferry_cached_use(st, &none, 200000, 600, &err), &err);
	expect_order(st, "2 3 1 ");
	expect_totals(st, 3, 60);
	/* It grew. */
	mark(st, "1", 200001, 15);
	expect_totals(st, 3, 65);
	assert_ok(ferry_cached_forget(st, &one, &err), &err);
	assert_ok(ferry_cached_forget(st, &one, &err), &err);
	expect_order(st, "2 3 ");
	expect_totals(st, 2, 50);
}

static void
expect_blob(struct ferry_store *st, const struct ferry_digest *digest, int has)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_int_equal(ferry_blob_has(st, digest, &err), has);
}

static void
test_dropped_bytes_go_unless_named(void **state)
{
	struct ferry_store *st = ((struct unit_store *)*state)->st;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key one = key_of("1"), two = key_of("2");
	struct ferry_digest own = put(st, "1", "own"),
			    shared = put(st, "2", "shared");
	uint64_t freed = 0;

	(void)put(st, "3", "shared");
	mark(st, "1", 1, 3);
	mark(st, "2", 2, 6);
	commit(st);
	assert_ok(ferry_cached_drop(st, &one, &err), &err);
	assert_ok(ferry_cached_drop(st, &two, &err), &err);
	commit(st);
	assert_int_equal(ferry_catalog_has(st, &one, &err), 0);
	expect_totals(st, 0, 0);
	expect_blob(st, &own, 1);
	assert_ok(ferry_cached_sweep(st, &freed, &err), &err);
	commit(st);
	assert_int_equal(freed, 3);
	expect_blob(st, &own, 0);
	expect_blob(st, &shared, 1);
	/* Nothing is left to look at. */
	assert_ok(ferry_cached_sweep(st, &freed, &err), &err);
	assert_int_equal(freed, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		unit_store_test(test_order_follows_uses),
		unit_store_test(test_dropped_bytes_go_unless_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
