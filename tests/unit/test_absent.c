/* serve/replay/absent: names that the store lacks, until it changes. */

#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "serve/replay/absent.h"
#include "store/base/error.h"

static struct ferry_absent *
make(void)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_absent *absent;

	assert_ok(ferry_absent_new(&absent, &err), &err);
	return absent;
}

static void
test_has_until_changed(void **state)
{
	struct ferry_absent *absent = make();
	struct ferry_bytes name = ferry_bytes_str("maven\ng:a\n");

	(void)state;
	assert_false(ferry_absent_has(absent, name));
	ferry_absent_add(absent, ferry_absent_now(absent), name);
	assert_true(ferry_absent_has(absent, name));
	assert_false(ferry_absent_has(absent, ferry_bytes_str("maven\ng:a")));
	ferry_absent_changed(absent);
	assert_false(ferry_absent_has(absent, name));
	ferry_absent_free(absent);
	ferry_absent_free(NULL);
}

/* A look that began before the change says nothing of what is there now. */
static void
test_add_after_a_change(void **state)
{
	struct ferry_absent *absent = make();
	struct ferry_bytes name = ferry_bytes_str("maven\ng:a\n");
	uint64_t now = ferry_absent_now(absent);

	(void)state;
	ferry_absent_changed(absent);
	ferry_absent_add(absent, now, name);
	assert_false(ferry_absent_has(absent, name));
	ferry_absent_free(absent);
}

/* More names than there is room for: some are forgotten, none is confused. */
static void
test_add_many(void **state)
{
	struct ferry_absent *absent = make();
	unsigned kept = 0;
	char text[400];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "maven\ng:a%u\n", i);
		ferry_absent_add(
		    absent, ferry_absent_now(absent), ferry_bytes_str(text));
		assert_true(ferry_absent_has(absent, ferry_bytes_str(text)));
		(void)snprintf(text, sizeof(text), "maven\nh:a%u\n", i);
		assert_false(ferry_absent_has(absent, ferry_bytes_str(text)));
	}
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "maven\ng:a%u\n", i);
		kept += ferry_absent_has(absent, ferry_bytes_str(text));
	}
	assert_in_range(kept, 3000, 4096);
	memset(text, 'x', sizeof(text));
	ferry_absent_add(absent, ferry_absent_now(absent),
	    ferry_bytes_of(text, sizeof(text)));
	assert_false(
	    ferry_absent_has(absent, ferry_bytes_of(text, sizeof(text))));
	ferry_absent_add(
	    absent, ferry_absent_now(absent), ferry_bytes_of(text, 0));
	assert_false(ferry_absent_has(absent, ferry_bytes_of(text, 0)));
	ferry_absent_free(absent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_until_changed),
		cmocka_unit_test(test_add_after_a_change),
		cmocka_unit_test(test_add_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
