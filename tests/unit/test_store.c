#include "store.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

static void
put_blob(
    struct ferry_store *st, size_t size, char fill, struct ferry_digest *digest)
{
	uint8_t *p = malloc(size + 1);

	assert_non_null(p);
	memset(p, fill, size);
	unit_put_blob(st, ferry_bytes_of(p, size), digest);
	free(p);
}

static void
put_version(struct ferry_store *st, const char *version,
    const struct ferry_digest *digest, uint64_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	struct ferry_key key;

	assert_ok(ferry_key_make(&key, &err, "version", "npm", "@s/n", "up",
		      version, NULL),
	    &err);
	assert_ok(
	    ferry_files_add(record, "n.tgz", size, digest, NULL, &err), &err);
	assert_int_equal(ferry_catalog_put(st, &key, record, &err), 1);
	assert_int_equal(ferry_catalog_put(st, &key, record, &err), 0);
	json_decref(record);
}

static void
test_blob_small_and_large(void **state)
{
	static const size_t sizes[] = { 0, 1, FERRY_BLOB_FILE,
		FERRY_BLOB_FILE + 1, 3000000 };
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_blob_info info;
	struct ferry_digest d;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put_blob(f->st, sizes[i], 'x', &d);
		assert_int_equal(ferry_blob_has(f->st, &d, &err), 1);
		assert_ok(ferry_store_commit(f->st, &err), &err);
		assert_int_equal(ferry_blob_stat(f->st, &d, &info, &err), 1);
		assert_true(info.size == sizes[i]);
		assert_int_equal(info.file, sizes[i] > FERRY_BLOB_FILE);
		assert_int_equal(ferry_blob_verify(f->st, &d, &info, &err), 1);
		ferry_buf_reset(&buf);
		assert_ok(
		    ferry_blob_load(f->st, &d, 1U << 30, &buf, &err), &err);
		assert_true(buf.n == sizes[i]);
	}
	ferry_buf_free(&buf);
}

static void
test_blob_wrong_digest_is_refused(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w;
	struct ferry_digest want, got;

	assert_ok(ferry_digest_of(
		      &want, FERRY_SHA512, ferry_bytes_str("right"), &err),
	    &err);
	assert_ok(ferry_blob_writer_new(&w, f->st, FERRY_BLOB_IS_FILE,
		      FERRY_ALG(FERRY_SHA512), &err),
	    &err);
	assert_ok(ferry_blob_writer_write(w, "wrong", 5, &err), &err);
	assert_int_equal(ferry_blob_writer_finish(w, &want, 1, &got, &err), -1);
	assert_int_equal(err.code, FERRY_EDIGEST);
	ferry_blob_writer_free(w);
	assert_ok(
	    ferry_digest_of(&got, FERRY_SHA256, ferry_bytes_str("wrong"), &err),
	    &err);
	assert_int_equal(ferry_blob_has(f->st, &got, &err), 0);
}

static void
test_blob_verify_finds_rot(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_info info;
	struct ferry_digest d, again;
	char hex[FERRY_DIGEST_TEXT], path[600];
	json_t *note;
	FILE *file;

	put_blob(f->st, 100000, 'r', &d);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	ferry_digest_hex(&d, hex);
	(void)snprintf(
	    path, sizeof(path), "%s/blobs/%.2s/%s", f->path, hex, hex + 2);
	assert_non_null(file = fopen(path, "r+"));
	assert_int_equal(fseek(file, 5000, SEEK_SET), 0);
	assert_int_equal(fputc('R', file), 'R');
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ferry_blob_stat(f->st, &d, &info, &err), 1);
	assert_int_equal(ferry_blob_verify(f->st, &d, &info, &err), 0);
	assert_int_equal(err.code, FERRY_EDIGEST);
	note = json_pack("{s:i,s:s}", "at", 1, "text", "rot");
	assert_ok(ferry_blob_mark_lost(f->st, &d, note, &err), &err);
	json_decref(note);
	assert_int_equal(ferry_blob_has(f->st, &d, &err), 0);
	assert_ok(ferry_store_commit(f->st, &err), &err);

	/* Fetching the bytes again mends it. */
	put_blob(f->st, 100000, 'r', &again);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_int_equal(ferry_blob_stat(f->st, &d, &info, &err), 1);
	assert_false(info.lost);
	assert_int_equal(ferry_blob_verify(f->st, &d, &info, &err), 1);
}

static void
test_catalog_needs_the_blob(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	struct ferry_digest d;
	struct ferry_key key;

	assert_ok(ferry_digest_of(&d, FERRY_SHA256, ferry_bytes_str("?"), &err),
	    &err);
	assert_ok(ferry_files_add(record, "n", 1, &d, NULL, &err), &err);
	assert_ok(
	    ferry_key_make(&key, &err, "version", "npm", "n", "up", "1", NULL),
	    &err);
	assert_int_equal(ferry_catalog_put(f->st, &key, record, &err), -1);
	assert_int_equal(err.code, FERRY_ENOTFOUND);
	json_decref(record);
}

static void
test_catalog_totals_and_references(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store_totals t;
	struct ferry_ref_iter *refs;
	struct ferry_digest d;
	struct ferry_key key;
	int n = 0;

	put_blob(f->st, 10, 'a', &d);
	put_version(f->st, "1.0.0", &d, 10);
	put_version(f->st, "1.0.1", &d, 10);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_ok(ferry_store_totals(f->st, &t, &err), &err);
	assert_true(t.versions == 2 && t.blobs == 1 && t.records == 2);
	assert_true(t.logical_bytes == 20 && t.stored_bytes == 10);

	assert_ok(ferry_key_make(&key, &err, "version", "npm", "@s/n", "up",
		      "1.0.0", NULL),
	    &err);
	assert_int_equal(ferry_catalog_delete(f->st, &key, &err), 1);
	assert_int_equal(ferry_catalog_delete(f->st, &key, &err), 0);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_ok(ferry_ref_iter_new(&refs, f->st, &d, NULL, &err), &err);
	while (ferry_ref_iter_next(refs, &key, &err) == 1) {
		assert_string_equal(ferry_key_part(&key, 4), "1.0.1");
		n++;
	}
	ferry_ref_iter_free(refs);
	assert_int_equal(n, 1);
}

static void
test_references_below_a_prefix(void **state)
{
	static const struct {
		const char *owner;
		int n;
	} rows[] = { { "up", 2 }, { "u", 0 }, { "upper", 1 }, { "v", 0 } };
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key, prefix;
	struct ferry_ref_iter *refs;
	json_t *record = json_object();
	struct ferry_digest d;

	put_blob(f->st, 10, 'a', &d);
	put_version(f->st, "1.0.0", &d, 10);
	put_version(f->st, "1.0.1", &d, 10);
	assert_ok(ferry_files_add(record, "x", 10, &d, NULL, &err), &err);
	assert_ok(ferry_key_make(&key, &err, "version", "npm", "@s/n", "upper",
		      "1.0.0", NULL),
	    &err);
	unit_put_record(f->st, &key, record);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int n = 0;

		assert_ok(ferry_key_make(&prefix, &err, "version", "npm",
			      "@s/n", rows[i].owner, NULL),
		    &err);
		assert_ok(
		    ferry_ref_iter_new(&refs, f->st, &d, &prefix, &err), &err);
		while (ferry_ref_iter_next(refs, &key, &err) == 1) {
			assert_string_equal(
			    ferry_key_part(&key, 3), rows[i].owner);
			n++;
		}
		ferry_ref_iter_free(refs);
		assert_int_equal(n, rows[i].n);
	}
}

static void
test_journal_chain_can_be_recomputed(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest d, chain = { FERRY_SHA256, 32, { 0 } }, got;
	struct ferry_journal_record record;
	struct ferry_journal_iter *it;
	uint64_t n = 0;

	put_blob(f->st, 10, 'a', &d);
	put_version(f->st, "1.0.0", &d, 10);
	put_version(f->st, "1.0.1", &d, 10);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_ok(ferry_journal_iter_new(&it, f->st, 1, &err), &err);
	while (ferry_journal_iter_next(it, &record, &err) == 1) {
		struct ferry_digester *dig;
		size_t tail = strlen(",\"chain\":\"\"}") + 64;

		assert_true(record.seq == ++n);
		assert_ok(
		    ferry_digester_new(&dig, FERRY_ALG(FERRY_SHA256), &err),
		    &err);
		ferry_digester_update(dig, chain.v, chain.n);
		ferry_digester_update(dig, record.text.p, record.text.n - tail);
		ferry_digester_final(dig, FERRY_SHA256, &chain);
		ferry_digester_free(dig);
		assert_true(ferry_digest_equal(&chain, &record.chain));
	}
	ferry_journal_iter_free(it);
	assert_true(n == 2);
	assert_int_equal(ferry_journal_chain(f->st, 2, &got, &err), 1);
	assert_true(ferry_digest_equal(&chain, &got));
	assert_int_equal(ferry_journal_chain(f->st, 3, &got, &err), 0);
}

static void
test_reader_follows_writer(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *reader = unit_store_reader(f);
	struct ferry_digest d;
	struct ferry_key key;
	json_t *record = NULL;

	put_blob(f->st, 100000, 'f', &d);
	put_version(f->st, "1.0.0", &d, 100000);
	assert_ok(ferry_key_make(&key, &err, "version", "npm", "@s/n", "up",
		      "1.0.0", NULL),
	    &err);
	assert_ok(ferry_store_catch_up(reader, &err), &err);
	assert_int_equal(ferry_catalog_get(reader, &key, &record, &err), 0);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_ok(ferry_store_catch_up(reader, &err), &err);
	assert_int_equal(ferry_catalog_get(reader, &key, &record, &err), 1);
	assert_int_equal(json_integer_value(json_object_get(record, "seq")), 1);
	json_decref(record);
	ferry_store_close(reader);
}

static void
test_open_second_writer_is_refused(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *second;

	assert_int_equal(
	    ferry_store_open(&second, f->path, FERRY_STORE_WRITE, &err), -1);
	assert_int_equal(err.code, FERRY_ELOCKED);
}

static void
test_open_newer_store_is_refused(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_store *st;
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/ferry.json", f->path);
	unit_write(path, "{\"format\":\"ferry-store\",\"version\":2}");
	assert_int_equal(
	    ferry_store_open(&st, f->path, FERRY_STORE_READ, &err), -1);
	assert_int_equal(err.code, FERRY_ENEWER);
}

static void
test_sweep_removes_only_orphans(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t count, bytes;
	struct ferry_digest d;
	char path[600];

	put_blob(f->st, 100000, 's', &d);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	(void)snprintf(path, sizeof(path), "%s/blobs/00/%062d", f->path, 7);
	unit_write(path, "orphan");
	assert_ok(ferry_blob_sweep(f->st, true, &count, &bytes, &err), &err);
	assert_true(count == 1 && bytes == 6 && access(path, F_OK) == 0);
	assert_ok(ferry_blob_sweep(f->st, false, &count, &bytes, &err), &err);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(ferry_blob_has(f->st, &d, &err), 1);
}

static void
test_blob_named_again_gets_a_new_number(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_info info;
	struct ferry_digest x, y;
	struct ferry_key key;

	put_blob(f->st, 100, 'x', &x);
	put_blob(f->st, 100, 'y', &y);
	put_version(f->st, "1.0.0", &x, 100);
	assert_ok(ferry_store_commit(f->st, &err), &err);

	/* Named by another record too: no pause, the number stays. */
	put_version(f->st, "2.0.0", &x, 100);
	assert_ok(ferry_key_make(&key, &err, "version", "npm", "@s/n", "up",
		      "1.0.0", NULL),
	    &err);
	assert_int_equal(ferry_catalog_delete(f->st, &key, &err), 1);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	put_version(f->st, "1.0.0", &x, 100);
	assert_int_equal(ferry_blob_stat(f->st, &x, &info, &err), 1);
	assert_true(info.seq == 1);

	/* Pauses in one batch and over a commit. */
	put_version(f->st, "1.0.0", &y, 100);
	put_version(f->st, "2.0.0", &y, 100);
	put_version(f->st, "1.0.0", &x, 100);
	assert_int_equal(ferry_blob_stat(f->st, &x, &info, &err), 1);
	assert_true(info.seq == 7);
	put_version(f->st, "1.0.0", &y, 100);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	put_version(f->st, "1.0.0", &x, 100);
	assert_int_equal(ferry_blob_stat(f->st, &x, &info, &err), 1);
	assert_true(info.seq == 9);
}

/* Set the local record "note" of the writer to v, durably. */
static void
note(struct ferry_store *st, int v)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_pack("{s:i}", "v", v);
	struct ferry_key key;

	assert_ok(ferry_key_make(&key, &err, "note", NULL), &err);
	assert_ok(ferry_local_put(st, &key, record, &err), &err);
	assert_ok(ferry_store_commit(st, &err), &err);
	json_decref(record);
}

static int
noted(struct ferry_store *st)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;
	json_t *record;
	int v;

	assert_ok(ferry_key_make(&key, &err, "note", NULL), &err);
	assert_int_equal(ferry_local_get(st, &key, &record, &err), 1);
	v = (int)json_integer_value(json_object_get(record, "v"));
	json_decref(record);
	return v;
}

/* The reader sees v, at once or a little later. */
static void
follow(struct ferry_store *reader, int v)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	for (int i = 0; i < 500; i++) {
		assert_ok(ferry_store_catch_up(reader, &err), &err);
		if (noted(reader) == v)
			return;
		(void)usleep(10000);
	}
	fail_msg("the reader still sees %d, not %d", noted(reader), v);
}

/* And is durable by a commit with nothing to do, or a close. */
static void
test_commit_soon_is_seen(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct unit_store *f = *state;
	struct ferry_store *reader = unit_store_reader(f);
	struct ferry_key key;

	assert_ok(ferry_key_make(&key, &err, "note", NULL), &err);
	for (int v = 1; v < 4; v++) {
		assert_ok(ferry_local_put_new(
			      f->st, &key, json_pack("{s:i}", "v", v), &err),
		    &err);
		assert_ok(ferry_store_commit_soon(f->st, &err), &err);
		assert_int_equal(ferry_store_pending(f->st), 0);
		follow(reader, v);
		if (v == 1)
			assert_ok(ferry_store_commit(f->st, &err), &err);
	}
	ferry_store_close(reader);
	ferry_store_close(f->st);
	f->st = NULL;
	assert_ok(
	    ferry_store_open(&f->st, f->path, FERRY_STORE_WRITE, &err), &err);
	assert_int_equal(noted(f->st), 3);
}

/*
 * A reader that has a value in memory must not keep it when the newer one
 * came by a table: writers come and go between two looks.
 */
static void
test_reader_sees_what_was_flushed(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct unit_store *f = *state;
	struct ferry_store *reader;

	note(f->st, 1);
	reader = unit_store_reader(f);
	for (int v = 2; v < 30; v++) {
		note(f->st, v);
		if (v % 3 != 0)
			follow(reader, v);
		/* The next writer makes a table of what this one logged. */
		for (int k = 0; k < v % 4; k++) {
			ferry_store_close(f->st);
			f->st = NULL;
			assert_ok(ferry_store_open(
				      &f->st, f->path, FERRY_STORE_WRITE, &err),
			    &err);
		}
		follow(reader, v);
	}
	ferry_store_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		unit_store_test(test_blob_small_and_large),
		unit_store_test(test_blob_wrong_digest_is_refused),
		unit_store_test(test_blob_verify_finds_rot),
		unit_store_test(test_catalog_needs_the_blob),
		unit_store_test(test_catalog_totals_and_references),
		unit_store_test(test_references_below_a_prefix),
		unit_store_test(test_blob_named_again_gets_a_new_number),
		unit_store_test(test_journal_chain_can_be_recomputed),
		unit_store_test(test_reader_follows_writer),
		unit_store_test(test_reader_sees_what_was_flushed),
		unit_store_test(test_open_second_writer_is_refused),
		unit_store_test(test_open_newer_store_is_refused),
		unit_store_test(test_commit_soon_is_seen),
		unit_store_test(test_sweep_removes_only_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
