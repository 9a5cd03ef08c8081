/* Blobs that come in pieces. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"
#include "store/blob/pieces.h"
#include "store/index/local.h"
#include "store/store.h"

#define SIZE (100U << 10)

static uint8_t content[SIZE];

static void
fill_content(struct ferry_digest *digest)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 2654435761U >> 13);
	assert_ok(ferry_digest_of(digest, FERRY_SHA256,
		      ferry_bytes_of(content, SIZE), &err),
	    &err);
}

/* What a killed command leaves: nothing that was not committed. */
static void
reopen(struct unit_store *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	ferry_store_close(f->st);
	assert_ok(
	    ferry_store_open(&f->st, f->path, FERRY_STORE_WRITE, &err), &err);
}

/* One piece comes; whether all are here then. */
static bool
take(struct unit_store *f, const struct ferry_digest *digest, uint64_t offset,
    uint64_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_pieces *p;
	bool whole;

	assert_ok(ferry_blob_pieces_open(&p, f->st, digest, SIZE, &err), &err);
	assert_ok(ferry_blob_pieces_write(p, offset, content + offset, n, &err),
	    &err);
	assert_ok(ferry_blob_pieces_note(p, offset, n, &err), &err);
	assert_true(ferry_blob_pieces_has(p, offset, n));
	whole = ferry_blob_pieces_whole(p);
	ferry_blob_pieces_close(p);
	return whole;
}

static int
join(struct unit_store *f, const struct ferry_digest *digest,
    enum ferry_blob_kind kind, struct ferry_error *err)
{
	struct ferry_error open_err = FERRY_ERROR_INIT;
	struct ferry_blob_pieces *p;
	int rc;

	assert_ok(ferry_blob_pieces_open(&p, f->st, digest, SIZE, &open_err),
	    &open_err);
	assert_true(ferry_blob_pieces_whole(p));
	rc = ferry_blob_pieces_join(p, kind, err);
	ferry_blob_pieces_close(p);
	return rc;
}

/* The blob is here and has its bytes; or it is not here. */
static void
assert_blob(struct unit_store *f, const struct ferry_digest *digest, int want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	assert_int_equal(ferry_blob_has(f->st, digest, &err), want);
	if (want == 0)
		return;
	assert_ok(ferry_blob_load(f->st, digest, SIZE, &buf, &err), &err);
	assert_int_equal(buf.n, SIZE);
	assert_memory_equal(buf.p, content, SIZE);
	ferry_buf_free(&buf);
}

/* What a sweep keeps and frees, in files. */
static void
assert_sweep(struct unit_store *f, enum ferry_blob_pieces_keep keep,
    bool dry_run, uint64_t kept, uint64_t freed)
{
	struct ferry_blob_pieces_count k = { 0 }, g = { 0 };
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(
	    ferry_blob_pieces_sweep(f->st, keep, dry_run, &k, &g, &err), &err);
	assert_int_equal(k.files, kept);
	assert_int_equal(g.files, freed);
}

static void
test_pieces_in_any_order(void **state)
{
	static const uint64_t parts[][2] = { { 70000, SIZE - 70000 },
		{ 0, 4096 }, { 30000, 40000 }, { 4096, 25904 } };
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	fill_content(&digest);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    take(f, &digest, parts[i][0], parts[i][1]), i == 3);
		assert_ok(ferry_store_commit(f->st, &err), &err);
		assert_blob(f, &digest, 0);
		reopen(f);
	}
	assert_ok(join(f, &digest, FERRY_BLOB_IS_FILE, &err), &err);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	reopen(f);
	assert_blob(f, &digest, 1);
	/* Its file was not removed: the sweep does that. */
	assert_sweep(f, FERRY_PIECES_KEEP_AWAITED, true, 0, 1);
	assert_sweep(f, FERRY_PIECES_KEEP_AWAITED, false, 0, 1);
	assert_sweep(f, FERRY_PIECES_KEEP_AWAITED, false, 0, 0);
	assert_blob(f, &digest, 1);
}

static void
test_pieces_overlap(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	/* Of two bundles with volumes of different sizes. */
	fill_content(&digest);
	assert_false(take(f, &digest, 10000, 10000));
	assert_false(take(f, &digest, 50000, 10000));
	assert_false(take(f, &digest, 15000, 40000));
	assert_false(take(f, &digest, 10000, 50000));
	assert_false(take(f, &digest, 60000, SIZE - 60000));
	assert_true(take(f, &digest, 0, 20000));
	assert_ok(join(f, &digest, FERRY_BLOB_IS_FILE, &err), &err);
	assert_blob(f, &digest, 1);
}

static void
test_pieces_not_committed(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	fill_content(&digest);
	assert_false(take(f, &digest, 0, 50000));
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_true(take(f, &digest, 50000, SIZE - 50000));
	reopen(f);
	/* The first half stands, the second is to come again. */
	assert_true(take(f, &digest, 50000, SIZE - 50000));
	assert_ok(ferry_store_commit(f->st, &err), &err);
	/* Killed between joining and the commit. */
	assert_ok(join(f, &digest, FERRY_BLOB_IS_FILE, &err), &err);
	reopen(f);
	assert_blob(f, &digest, 0);
	assert_ok(join(f, &digest, FERRY_BLOB_IS_FILE, &err), &err);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	reopen(f);
	assert_blob(f, &digest, 1);
}

static void
test_pieces_of_a_document(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_info info;
	struct ferry_digest digest;

	fill_content(&digest);
	assert_true(take(f, &digest, 0, SIZE));
	assert_ok(join(f, &digest, FERRY_BLOB_IS_DOCUMENT, &err), &err);
	assert_int_equal(ferry_blob_stat(f->st, &digest, &info, &err), 1);
	assert_false(info.file);
	assert_blob(f, &digest, 1);
}

static void
test_pieces_of_another_blob(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	fill_content(&digest);
	content[77] ^= 1;
	assert_true(take(f, &digest, 0, SIZE));
	assert_int_equal(join(f, &digest, FERRY_BLOB_IS_FILE, &err), -1);
	assert_refused(&err, FERRY_EDIGEST, "content is");
	assert_blob(f, &digest, 0);
	/* Nothing of it counts any more. */
	content[77] ^= 1;
	assert_false(take(f, &digest, 0, 50000));
}

static void
test_pieces_swept(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;
	json_t *record;
	char path[400];

	fill_content(&digest);
	assert_sweep(f, FERRY_PIECES_KEEP_AWAITED, false, 0, 0);
	assert_false(take(f, &digest, 0, 50000));
	assert_ok(ferry_store_commit(f->st, &err), &err);
	assert_sweep(f, FERRY_PIECES_KEEP_AWAITED, false, 1, 0);
	assert_sweep(f, FERRY_PIECES_KEEP_NONE, true, 0, 1);
	assert_sweep(f, FERRY_PIECES_KEEP_NONE, false, 0, 1);
	assert_int_equal(
	    ferry_local_named_get(f->st, FERRY_KIND_PIECES,
		ferry_digest_hex(&digest, (char[FERRY_DIGEST_TEXT]){ 0 }),
		&record, &err),
	    0);
	/* And so if only the file is gone: it begins anew. */
	assert_false(take(f, &digest, 0, 50000));
	assert_ok(ferry_store_commit(f->st, &err), &err);
	(void)snprintf(path, sizeof(path), "%s/pieces/%s", f->path,
	    ferry_digest_hex(&digest, (char[FERRY_DIGEST_TEXT]){ 0 }));
	assert_int_equal(unlink(path), 0);
	assert_false(take(f, &digest, 50000, SIZE - 50000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		unit_store_test(test_pieces_in_any_order),
		unit_store_test(test_pieces_overlap),
		unit_store_test(test_pieces_not_committed),
		unit_store_test(test_pieces_of_a_document),
		unit_store_test(test_pieces_of_another_blob),
		unit_store_test(test_pieces_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
