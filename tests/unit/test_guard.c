#include "unit.h"

#include <stdio.h>

#include "serve/replay/guard.h"
#include "store/base/error.h"

static struct ferry_error err = FERRY_ERROR_INIT;

static unsigned
bad(struct ferry_guard *g, const char *peer, unsigned limit, uint64_t now)
{
	bool first;

	return ferry_guard_bad(g, peer, limit, now, &first);
}

static void
test_guard_a_minute(void **state)
{
	struct ferry_guard *g;
	bool first;

	(void)state;
	assert_ok(ferry_guard_new(&g, &err), &err);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(bad(g, "10.0.0.1", 3, 100 + i), 0);
	assert_int_equal(ferry_guard_bad(g, "10.0.0.1", 3, 110, &first), 50);
	assert_true(first);
	assert_int_equal(ferry_guard_bad(g, "10.0.0.1", 3, 159, &first), 1);
	assert_false(first);
	assert_int_equal(bad(g, "10.0.0.2", 3, 159), 0);
	/* The next minute starts with nothing, and is told of again. */
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(bad(g, "10.0.0.1", 3, 160), 0);
	assert_int_equal(ferry_guard_bad(g, "10.0.0.1", 3, 160, &first), 60);
	assert_true(first);
	/* 0: any number. */
	assert_int_equal(bad(g, "10.0.0.1", 0, 160), 0);
	ferry_guard_free(g);
}

static void
test_guard_addresses(void **state)
{
	static const struct {
		const char *a, *b;
		bool one;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.9", false },
		{ "10.0.0.1", "::ffff:10.0.0.1", true },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.2", false },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "", "nonsense", true },
		{ "", "10.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_guard *g;

		assert_ok(ferry_guard_new(&g, &err), &err);
		assert_int_equal(bad(g, rows[i].a, 1, 5), 0);
		assert_int_equal(bad(g, rows[i].b, 1, 5) > 0, rows[i].one);
		ferry_guard_free(g);
	}
}

/* However many come, who is at it is not forgotten at once. */
static void
test_guard_is_bounded(void **state)
{
	struct ferry_guard *g;
	unsigned found = 0;

	(void)state;
	assert_ok(ferry_guard_new(&g, &err), &err);
	for (uint64_t i = 0; i < 100000; i++) {
		char peer[32];

		(void)snprintf(peer, sizeof(peer), "10.%u.%u.%u",
		    (unsigned)(i >> 16), (unsigned)(i >> 8) & 255,
		    (unsigned)i & 255);
		(void)bad(g, peer, 1, i);
		found += bad(g, peer, 1, i) > 0;
	}
	assert_int_equal(found, 100000);
	ferry_guard_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_a_minute),
		cmocka_unit_test(test_guard_addresses),
		cmocka_unit_test(test_guard_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
