#include "store/base/digest.h"
#include "store/base/file.h"
#include "store/recipe/assembly.h"
#include "tests/unit/unit.h"

static struct ferry_error err;

static void
load(struct ferry_buf *out, const char *name)
{
	char path[UNIT_PATH];

	unit_data(path, "recipe/assemblies/%s", name);
	assert_ok(ferry_file_read(path, 1 << 20, out, &err), &err);
}

/* A copy whose end is its end, for sanitizers.  The caller frees. */
static uint8_t *
copy(const uint8_t *p, size_t n)
{
	uint8_t *out = malloc(n > 0 ? n : 1);

	assert_non_null(out);
	if (n > 0)
		memcpy(out, p, n);
	return out;
}

/* Turned and turned back, n bytes are what they were.  Returns: whether there was
 * something to turn. */
static int
there_and_back(const uint8_t *p, size_t n)
{
	struct ferry_buf scratch = FERRY_BUF_INIT;
	uint8_t *v = copy(p, n);
	int rc, back;

	rc = ferry_assembly_turn(v, n, FERRY_ASSEMBLY_TURN, &scratch, &err);
	back = ferry_assembly_turn(v, n, FERRY_ASSEMBLY_BACK, &scratch, &err);
	assert_int_equal(rc, back);
	assert_memory_equal(v, p, n);
	free(v);
	ferry_buf_free(&scratch);
	return rc;
}

/* Part of the encoding: what turning makes may never change. */
static void
test_turn_means_what_it_meant(void **state)
{
	static const struct {
		const char *name, *turned;
	} rows[] = {
		{ "program.dll",
		    "43176bf5b54c97e61dc8f0c823eeec0f436f76bf482e5eba601ed87bcf0e86af" },
		{ "symbols.pdb",
		    "d902300653b9daadc4799ceac4c4364a743e3a545c412d39e9cbb6602ac3ac91" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_buf file = FERRY_BUF_INIT;
		struct ferry_buf scratch = FERRY_BUF_INIT;
		char hex[FERRY_DIGEST_TEXT];
		struct ferry_digest got;

		load(&file, rows[i].name);
		assert_int_equal(there_and_back(file.p, file.n), 1);
		assert_int_equal(ferry_assembly_turn(file.p, file.n,
				     FERRY_ASSEMBLY_TURN, &scratch, &err),
		    1);
		assert_ok(ferry_digest_of(
			      &got, FERRY_SHA256, ferry_bytes_buf(&file), &err),
		    &err);
		if (strcmp(ferry_digest_hex(&got, hex), rows[i].turned) != 0)
			fail_msg("%s is turned to %s", rows[i].name, hex);
		ferry_buf_free(&file);
		ferry_buf_free(&scratch);
	}
}

static void
test_turn_what_is_cut_short(void **state)
{
	static const char *const names[] = { "program.dll", "symbols.pdb" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ferry_buf file = FERRY_BUF_INIT;

		load(&file, names[i]);
		for (size_t n = 0; n < file.n; n++)
			(void)there_and_back(file.p, n);
		ferry_buf_free(&file);
	}
}

static uint64_t
next(uint64_t *state)
{

	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return *state >> 33;
}

/* Whatever the bytes: also where headers, tables and code overlap. */
static void
test_turn_what_is_damaged(void **state)
{
	static const char *const names[] = { "program.dll", "symbols.pdb" };
	uint64_t seed = 5;
	int turned = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ferry_buf file = FERRY_BUF_INIT;

		load(&file, names[i]);
		for (int k = 0; k < 20000; k++) {
			uint8_t *v = copy(file.p, file.n);

			for (uint64_t m = next(&seed) % 6; m > 0; m--)
				v[next(&seed) % file.n] = (uint8_t)next(&seed);
			turned += there_and_back(v, file.n);
			free(v);
		}
		ferry_buf_free(&file);
	}
	assert_true(turned > 10000);
}

static void
test_turn_nothing(void **state)
{
	uint8_t zeros[4096] = { 0 };

	(void)state;
	assert_int_equal(there_and_back(zeros, 0), 0);
	assert_int_equal(there_and_back(zeros, sizeof(zeros)), 0);
	zeros[0] = 'M';
	zeros[1] = 'Z';
	assert_int_equal(there_and_back(zeros, sizeof(zeros)), 0);
	zeros[0] = 'B';
	zeros[1] = 'S';
	zeros[2] = 'J';
	zeros[3] = 'B';
	assert_int_equal(there_and_back(zeros, sizeof(zeros)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turn_means_what_it_meant),
		cmocka_unit_test(test_turn_what_is_cut_short),
		cmocka_unit_test(test_turn_what_is_damaged),
		cmocka_unit_test(test_turn_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
