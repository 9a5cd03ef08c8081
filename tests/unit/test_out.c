#include "unit.h"

#include "store/base/out.h"

static void
test_out_writes_what_it_is_told(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_out out;

	(void)state;
	/* It appends. */
	assert_ok(ferry_buf_adds(&buf, "x ", &err), &err);
	ferry_out_begin(&out, &buf);
	ferry_out_bytes(&out, ferry_bytes_of("abc", 2));
	ferry_out_bytes(&out, ferry_bytes_of(NULL, 0));
	ferry_out_fmt(&out, "%s", "");
	ferry_out_fmt(&out, ",%d%%,", -3);
	ferry_out_json(&out, ferry_bytes_of("\"\n\\\0z", 5));
	ferry_out_str(&out, ",");
	ferry_out_html(&out, ferry_bytes_str("<a href=\"b\">&'c</a>"));
	ferry_out_html(&out, ferry_bytes_str(""));
	ferry_out_str(&out, ",");
	ferry_out_url(&out, ferry_bytes_str("@s/n~1"));
	assert_ok(ferry_out_end(&out, &err), &err);
	assert_string_equal((const char *)buf.p,
	    "x ab,-3%,\"\\\"\\u000a\\\\\\u0000z\","
	    "&lt;a href=&quot;b&quot;&gt;&amp;&#39;c&lt;/a&gt;,%40s%2Fn~1");
	assert_int_equal(buf.n, strlen((const char *)buf.p));
	ferry_buf_free(&buf);
}

/* A text longer than any room that is there by chance. */
static void
test_out_grows(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_out out;

	(void)state;
	ferry_out_begin(&out, &buf);
	for (unsigned i = 0; i < 1000; i++)
		ferry_out_fmt(&out, "%05u%0200u", i, i);
	assert_ok(ferry_out_end(&out, &err), &err);
	assert_int_equal(buf.n, 205000);
	assert_memory_equal(buf.p + 999 * 205, "00999", 5);
	ferry_buf_free(&buf);
}

/* The first failure is the one that is told, and nothing follows it. */
static void
test_out_keeps_first_failure(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_out out;

	(void)state;
	ferry_out_begin(&out, &buf);
	ferry_out_str(&out, "ab");
	/* No memory has room for that. */
	ferry_out_bytes(&out, ferry_bytes_of("c", SIZE_MAX - 1));
	ferry_out_str(&out, "d");
	ferry_out_fmt(&out, "%d", 5);
	ferry_out_json(&out, ferry_bytes_str("e"));
	ferry_out_html(&out, ferry_bytes_str("<"));
	ferry_out_url(&out, ferry_bytes_str("f"));
	assert_int_equal(ferry_out_end(&out, &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	assert_int_equal(buf.n, 2);
	assert_string_equal((const char *)buf.p, "ab");
	/* And it can be used again. */
	ferry_out_begin(&out, &buf);
	ferry_out_str(&out, "c");
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_ok(ferry_out_end(&out, &err), &err);
	assert_int_equal(err.code, FERRY_OK);
	assert_string_equal((const char *)buf.p, "abc");
	ferry_buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_writes_what_it_is_told),
		cmocka_unit_test(test_out_grows),
		cmocka_unit_test(test_out_keeps_first_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
