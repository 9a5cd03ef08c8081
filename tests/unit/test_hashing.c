/* What threads hash behind the writer of a large file. */

#include "store.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/blob/blob.h"
#include "store/store.h"

#define SIZE (5U << 20)
#define EVERY                                                                  \
	(FERRY_ALG(FERRY_SHA1) | FERRY_ALG(FERRY_SHA512) |                     \
	    FERRY_ALG(FERRY_SHA384) | FERRY_ALG(FERRY_MD5))

static uint8_t *
make_bytes(size_t size, uint32_t seed)
{
	uint8_t *p = malloc(size);

	assert_non_null(p);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (uint8_t)(seed >> 24);
	}
	return p;
}

static struct ferry_blob_writer *
open_writer(struct unit_store *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w;

	assert_ok(
	    ferry_blob_writer_new(&w, f->st, FERRY_BLOB_IS_FILE, EVERY, &err),
	    &err);
	return w;
}

static void
add(struct ferry_blob_writer *w, const uint8_t *p, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(ferry_blob_writer_write(w, p, n, &err), &err);
}

static void
check_digests(struct ferry_blob_writer *w, const uint8_t *p, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest got, want;

	for (int alg = 0; alg < FERRY_ALGS; alg++) {
		ferry_blob_writer_digest(w, (enum ferry_alg)alg, &got);
		assert_ok(ferry_digest_of(&want, (enum ferry_alg)alg,
			      ferry_bytes_of(p, n), &err),
		    &err);
		assert_true(ferry_digest_equal(&got, &want));
	}
}

static unsigned
count_tmp(const struct unit_store *f)
{
	char path[600];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/tmp", f->path);
	assert_non_null(dir = opendir(path));
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

/* Files grow beside each other by pieces of all sizes, and their digests are
 * asked for in between, too. */
static void
test_hashing_of_many_files(void **state)
{
	enum { FILES = 12 };
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w[FILES];
	struct ferry_blob_info info;
	struct ferry_digest digest;
	uint8_t *bytes[FILES];
	size_t at[FILES] = { 0 }, open = FILES;
	uint32_t seed = 7;

	for (size_t i = 0; i < FILES; i++) {
		w[i] = open_writer(f);
		bytes[i] = make_bytes(SIZE + i, (uint32_t)i);
	}
	while (open > 0)
		for (size_t i = 0; i < FILES; i++) {
			size_t left = SIZE + i - at[i], n;

			seed = seed * 1664525 + 1013904223;
			n = (seed >> 8) % (i % 3 == 0 ? 400000 : 40000) + 1;
			n = n < left ? n : left;
			if (left == 0)
				continue;
			add(w[i], bytes[i] + at[i], n);
			at[i] += n;
			if (seed >> 24 == 0)
				check_digests(w[i], bytes[i], at[i]);
			open -= n == left;
		}
	for (size_t i = 0; i < FILES; i++) {
		check_digests(w[i], bytes[i], SIZE + i);
		assert_ok(
		    ferry_blob_writer_finish(w[i], NULL, 0, &digest, &err),
		    &err);
		ferry_blob_writer_free(w[i]);
		free(bytes[i]);
		assert_int_equal(
		    ferry_blob_stat(f->st, &digest, &info, &err), 1);
		assert_int_equal(
		    ferry_blob_verify(f->st, &digest, &info, &err), 1);
	}
}

static void
test_hashing_of_what_is_given_up(void **state)
{
	struct unit_store *f = *state;
	uint8_t *bytes = make_bytes(SIZE, 1);

	for (int i = 0; i < 30; i++) {
		struct ferry_blob_writer *w = open_writer(f);

		add(w, bytes, SIZE - (size_t)i * 100000);
		ferry_blob_writer_free(w);
	}
	assert_int_equal(count_tmp(f), 0);
	free(bytes);
}

static void
test_hashing_finds_a_wrong_digest(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w = open_writer(f);
	uint8_t *bytes = make_bytes(SIZE, 2);
	struct ferry_digest want, got;

	assert_ok(ferry_digest_of(
		      &want, FERRY_SHA512, ferry_bytes_of(bytes, SIZE), &err),
	    &err);
	bytes[SIZE - 1] ^= 1;
	add(w, bytes, SIZE);
	assert_int_equal(ferry_blob_writer_finish(w, &want, 1, &got, &err), -1);
	assert_int_equal(err.code, FERRY_EDIGEST);
	ferry_blob_writer_free(w);
	assert_int_equal(count_tmp(f), 0);
	free(bytes);
}

/* The disk loses what was written: no digest, an error, nothing is kept. */
static void
test_hashing_of_a_file_that_shrinks(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w = open_writer(f);
	uint8_t *bytes = make_bytes(SIZE, 3);
	struct ferry_digest got;
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/tmp/0", f->path);
	/* Threads begin at 256 kB, and not for so little as follows. */
	add(w, bytes, (256U + 64U) << 10);
	assert_int_equal(truncate(path, 0), 0);
	ferry_blob_writer_digest(w, FERRY_SHA512, &got);
	assert_int_equal(got.n, 0);
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(ferry_blob_writer_finish(w, NULL, 0, &got, &err), -1);
	assert_int_equal(err.code, FERRY_ESYSTEM);
	ferry_blob_writer_free(w);
	assert_int_equal(count_tmp(f), 0);
	free(bytes);
}

/* A reader's descriptor has what _readable says, and all in the end. */
static void
test_readable_is_what_a_reader_has(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_writer *w = open_writer(f);
	uint8_t *bytes = make_bytes(SIZE, 4);
	struct ferry_digest got;
	struct stat sb;
	int fd = -1;

	for (size_t at = 0; at < SIZE; at += 1000) {
		uint64_t size = SIZE - at < 1000 ? SIZE - at : 1000;

		add(w, bytes + at, (size_t)size);
		if (fd == -1 && (fd = ferry_blob_writer_reader(w)) == -1) {
			assert_true(ferry_blob_writer_readable(w) == 0);
			continue;
		}
		assert_int_equal(fstat(fd, &sb), 0);
		assert_true(
		    (uint64_t)sb.st_size == ferry_blob_writer_readable(w));
		assert_true(
		    ferry_blob_writer_readable(w) <= ferry_blob_writer_size(w));
	}
	assert_ok(ferry_blob_writer_finish(w, NULL, 0, &got, &err), &err);
	assert_int_equal(fstat(fd, &sb), 0);
	assert_int_equal(sb.st_size, SIZE);
	(void)close(fd);
	ferry_blob_writer_free(w);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		unit_store_test(test_hashing_of_many_files),
		unit_store_test(test_hashing_of_what_is_given_up),
		unit_store_test(test_hashing_finds_a_wrong_digest),
		unit_store_test(test_hashing_of_a_file_that_shrinks),
		unit_store_test(test_readable_is_what_a_reader_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
