#include "unit.h"

#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/glob.h"
#include "store/base/json.h"
#include "store/base/json_span.h"

static void
test_error_keeps_cause_when_cut(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	assert_int_equal(
	    ferry_error_set(&err, FERRY_EDIGEST, "cause %d", 1), -1);
	for (int i = 0; i < 100; i++)
		ferry_error_in(&err, "context number %d", i);
	assert_int_equal(err.code, FERRY_EDIGEST);
	assert_memory_equal(err.text, "cause 1; context number 0;", 26);
	assert_true(strlen(err.text) < sizeof(err.text));
}

static void
test_parse_u64_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t v;

	(void)state;
	assert_ok(
	    ferry_parse_u64(B("18446744073709551615"), 0, UINT64_MAX, &v, &err),
	    &err);
	assert_true(v == UINT64_MAX);
	assert_int_equal(
	    ferry_parse_u64(B("18446744073709551616"), 0, UINT64_MAX, &v, &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	assert_int_equal(ferry_parse_u64(B(""), 0, 9, &v, &err), -1);
	assert_int_equal(ferry_parse_u64(B("+1"), 0, 9, &v, &err), -1);
	assert_int_equal(ferry_parse_u64(B(" 1"), 0, 9, &v, &err), -1);
	assert_int_equal(ferry_parse_u64(B("1x"), 0, 9, &v, &err), -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
	assert_int_equal(ferry_parse_u64(B("10"), 0, 9, &v, &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
}

static void
test_count_text_has_a_plural(void **state)
{
	char text[FERRY_COUNT_TEXT];

	(void)state;
	assert_string_equal(ferry_count_text(0, "version", text), "0 versions");
	assert_string_equal(ferry_count_text(1, "version", text), "1 version");
	assert_string_equal(
	    ferry_count_text(11, "lost blob", text), "11 lost blobs");
}

static void
test_parse_size_units(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t v;

	(void)state;
	assert_ok(ferry_parse_size(B("4G"), 0, UINT64_MAX, &v, &err), &err);
	assert_true(v == 4000000000U);
	assert_ok(ferry_parse_size(B("2Ki"), 0, UINT64_MAX, &v, &err), &err);
	assert_true(v == 2048);
	assert_ok(ferry_parse_size(B("17"), 0, UINT64_MAX, &v, &err), &err);
	assert_true(v == 17);
	assert_int_equal(
	    ferry_parse_size(B("4X"), 0, UINT64_MAX, &v, &err), -1);
	assert_int_equal(
	    ferry_parse_size(B("4Gb"), 0, UINT64_MAX, &v, &err), -1);
	assert_int_equal(ferry_parse_size(B("G"), 0, UINT64_MAX, &v, &err), -1);
	assert_int_equal(
	    ferry_parse_size(B("99999999999T"), 0, UINT64_MAX, &v, &err), -1);
}

static void
test_bytes_line_takes_each(void **state)
{
	static const char *const lines[] = { "a", "", "bc" };
	struct ferry_bytes rest = ferry_bytes_str("a\n\nbc"), line;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(ferry_bytes_line(&rest, &line));
		assert_true(ferry_bytes_is(line, lines[i]));
	}
	assert_false(ferry_bytes_line(&rest, &line));
	rest = ferry_bytes_str("a\n");
	assert_true(ferry_bytes_line(&rest, &line));
	assert_false(ferry_bytes_line(&rest, &line));
}

static void
test_url_decode_malformed(void **state)
{
	static const char *const bad[] = { "%", "%2", "a%g0", "%00", "x%2" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	(void)state;
	assert_ok(ferry_url_decode(&buf, B("@s%2fn%2Fa%41"), &err), &err);
	assert_string_equal((char *)buf.p, "@s/n/aA");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ferry_buf_reset(&buf);
		assert_int_equal(ferry_url_decode(&buf, B(bad[i]), &err), -1);
	}
	ferry_buf_free(&buf);
}

static void
test_digest_known_answers(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest d, e;

	(void)state;
	/* FIPS 180-4 examples: "abc". */
	assert_ok(ferry_digest_of(&d, FERRY_SHA256, B("abc"), &err), &err);
	assert_string_equal(ferry_digest_text(&d, text),
	    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
	    "f20015ad");
	assert_ok(ferry_digest_parse(&e, B(text), &err), &err);
	assert_true(ferry_digest_equal(&d, &e));
	text[7] = 'B';
	assert_int_equal(ferry_digest_parse(&e, B(text), &err), -1);
	assert_int_equal(ferry_digest_parse(&e, B("sha256:ab"), &err), -1);
	assert_int_equal(ferry_digest_parse(&e, B("md4:ab"), &err), -1);
}

static void
test_sri_several_algorithms(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_digest d[4], want;

	(void)state;
	assert_int_equal(
	    ferry_sri_parse(d, 4,
		B("sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0= future-AAAA "
		  " sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=?x"),
		&err),
	    2);
	assert_int_equal(d[0].alg, FERRY_SHA1);
	assert_ok(ferry_digest_of(&want, FERRY_SHA256, B("abc"), &err), &err);
	assert_true(ferry_digest_equal(&d[1], &want));
	assert_ok(ferry_sri_add(&buf, &want, &err), &err);
	assert_string_equal((char *)buf.p,
	    "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
	assert_int_equal(ferry_sri_parse(d, 4, B("sha512-AAAA"), &err), -1);
	assert_int_equal(ferry_sri_parse(d, 4, B("sha512-A=A="), &err), -1);
	assert_int_equal(ferry_sri_parse(d, 4, B(""), &err), 0);
	/* A malformed one fits nothing; it takes nothing from those as strong. */
	assert_int_equal(
	    ferry_sri_parse(d, 4,
		B("sha256-AAAA sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/"
		  "YfIAFa0= sha1-?"),
		&err),
	    1);
	assert_true(ferry_digest_equal(&d[0], &want));
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(
	    ferry_sri_parse(d, 4,
		B("sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0= "
		  "sha512-AAAA"),
		&err),
	    -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
	ferry_buf_free(&buf);
}

static void
test_time_text_ends_of_the_calendar(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[FERRY_TIME_TEXT];
	int64_t t;

	(void)state;
	assert_string_equal(ferry_time_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(
	    ferry_time_text(FERRY_TIME_MAX, text), "9999-12-31T23:59:59Z");
	assert_string_equal(
	    ferry_time_text(INT64_MAX, text), "9999-12-31T23:59:59Z");
	assert_string_equal(
	    ferry_time_text(INT64_MIN, text), "0000-01-01T00:00:00Z");
	assert_int_equal(
	    ferry_time_parse(&t, ferry_bytes_str("9999-12-31T23:59:59Z"), &err),
	    0);
	assert_int_equal(t, FERRY_TIME_MAX);
}

static void
test_now_whatever_the_clock_says(void **state)
{

	(void)state;
	assert_int_equal(setenv("FERRY_NOW", "0", 1), 0);
	assert_int_equal(ferry_now(), 1);
	assert_int_equal(setenv("FERRY_NOW", "9223372036854775807", 1), 0);
	assert_int_equal(ferry_now(), FERRY_TIME_MAX - 1);
	assert_int_equal(unsetenv("FERRY_NOW"), 0);
}

static void
test_bytes_buf_of_nothing_is_no_null(void **state)
{
	struct ferry_buf empty = FERRY_BUF_INIT;
	struct ferry_bytes view = ferry_bytes_buf(&empty);

	(void)state;
	assert_non_null(view.p);
	assert_int_equal(view.n, 0);
}

static void
test_time_round_trip(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[FERRY_TIME_TEXT];
	int64_t t;

	(void)state;
	assert_ok(
	    ferry_time_parse(&t, B("2011-12-01T10:22:40.118Z"), &err), &err);
	assert_string_equal(ferry_time_text(t, text), "2011-12-01T10:22:40Z");
	assert_ok(
	    ferry_time_parse(&t, B("2011-12-01T12:22:40+02:00"), &err), &err);
	assert_string_equal(ferry_time_text(t, text), "2011-12-01T10:22:40Z");
	assert_int_equal(ferry_time_parse(&t, B("yesterday"), &err), -1);
	assert_int_equal(
	    ferry_time_parse(&t, B("2011-13-01T00:00:00Z"), &err), -1);
}

static void
test_span_check_grammar(void **state)
{
	static const char *const good[] = { "{}",
		" [1, -0.5e+3, \"a\\u00e9\"] ", "{\"a\":{\"b\":[]},\"c\":null}",
		"\"\"", "0", "true" };
	static const char *const bad[] = { "", "{", "[1,]", "{\"a\":1,}",
		"{a:1}", "01", "1.", "\"\n\"", "\"\\x\"", "nul", "[1] 2",
		"{\"a\" 1}", "[1 2]", "]", "\"\\u12g4\"", "{\"a\":}", "-" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes out;
	char deep[2 * FERRY_SPAN_DEPTH + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(ferry_span_check(B(good[i]), &out, &err), &err);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ferry_span_check(B(bad[i]), &out, &err) != -1)
			fail_msg("accepted %s", bad[i]);
	memset(deep, '[', FERRY_SPAN_DEPTH + 1);
	assert_int_equal(
	    ferry_span_check(
		ferry_bytes_of(deep, FERRY_SPAN_DEPTH + 1), &out, &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
}

static void
test_span_walk_keeps_bytes(void **state)
{
	const char *text = "{ \"a\\u0062\" : 1.50 , \"x\":{\"y\":\"]}\\\"\"},"
			   "\"x\":[true,\"z\"] }";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_span_iter it;
	struct ferry_bytes root, v;

	(void)state;
	assert_ok(ferry_span_check(B(text), &root, &err), &err);
	assert_true(ferry_span_get(root, "ab", &v));
	assert_true(ferry_bytes_is(v, "1.50"));
	assert_true(ferry_span_get(root, "x", &v)); /* the last one wins */
	assert_int_equal(ferry_span_type(v), FERRY_SPAN_ARRAY);
	ferry_span_iter(&it, v);
	assert_true(ferry_span_next(&it));
	assert_true(ferry_span_true(it.value));
	assert_true(ferry_span_next(&it));
	assert_ok(ferry_span_string(&buf, it.value, &err), &err);
	assert_string_equal((char *)buf.p, "z");
	assert_false(ferry_span_next(&it));
	ferry_span_iter(&it, root);
	assert_true(ferry_span_next(&it) && ferry_span_next(&it));
	assert_true(ferry_bytes_is(it.whole, "\"x\":{\"y\":\"]}\\\"\"}"));
	ferry_buf_free(&buf);
}

static void
test_span_unescape_unicode(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	(void)state;
	assert_ok(ferry_span_string(&buf,
		      B("\"\\ud83d\\ude00 \\ud83d \\u00e9\\n\\/\""), &err),
	    &err);
	assert_string_equal(
	    (char *)buf.p, "\xf0\x9f\x98\x80 \xef\xbf\xbd \xc3\xa9\n/");
	assert_int_equal(ferry_span_string(&buf, B("\"\\u0000\""), &err), -1);
	ferry_buf_reset(&buf);
	assert_ok(ferry_span_quote(&buf, B("a\"b\\c\n"), &err), &err);
	assert_string_equal((char *)buf.p, "\"a\\\"b\\\\c\\u000a\"");
	ferry_buf_free(&buf);
}

static void
test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "*", "", true },
		{ "**", "a/b", true },
		{ "7.*-alpine", "7.2-alpine", true },
		{ "7.*-alpine", "7.2-alpine3.20", false },
		{ "7.*-alpine", "7.-alpine", true },
		{ "7.*-alpine", "7-alpine", false },
		{ "*.sig", "sha256-0.sig", true },
		{ "*a*b*", "xxaxxbxx", true },
		{ "*a*b", "abab", true },
		{ "*ab", "aab", true },
		{ "*a*b", "ba", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "a?c", "abc", true },
		{ "v[0-9]", "v7", true },
		{ "v[0-9]", "vx", false },
		{ "v[0-9]*", "v12.1", true },
		{ "[!0-9]*", "latest", true },
		{ "[!0-9]*", "1.0", false },
		{ "[^a-c]", "b", false },
		{ "[]]", "]", true },
		{ "[!]]", "]", false },
		{ "[a-]", "-", true },
		{ "[a-]", "b", false },
		{ "[*]", "*", true },
		{ "[*]", "a", false },
		{ "[", "[", true },
		{ "[a", "[a", true },
		{ "[a", "a", false },
		{ "[]", "[]", true },
		{ "[!]", "[!]", true },
		{ "[!]a]", "b", true },
		{ "[z-a]", "b", false },
		{ "\\*", "\\x", true },
		{ "[a\\]", "\\", true },
		{ ".*", ".a", true },
		{ "*", ".a", true },
		{ "\xff*", "\xff\xfe", true },
		{ "*[ab]", "xxb", true },
		{ "*[ab]c", "acbc", true },
		{ "A", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ferry_glob(rows[i].pattern, rows[i].text) != rows[i].fits)
			fail_msg(
			    "'%s' and '%s'", rows[i].pattern, rows[i].text);
	assert_true(ferry_glob_special("a*"));
	assert_true(ferry_glob_special("a?"));
	assert_true(ferry_glob_special("[a]"));
	assert_false(ferry_glob_special("[a"));
	assert_false(ferry_glob_special("1.0-rc_1"));
}

/* What takes ages with a matcher that tries every asterisk again. */
static void
test_glob_many_asterisks(void **state)
{
	char text[2001], pattern[402];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	for (size_t i = 0; i < sizeof(pattern) - 2; i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + sizeof(pattern) - 2, "b", 2);
	assert_false(ferry_glob(pattern, text));
	pattern[sizeof(pattern) - 2] = '*';
	assert_true(ferry_glob(pattern, text));
}

static void
assert_clean(const char *text, const char *want)
{
	char buf[100];

	(void)snprintf(buf, sizeof(buf), "%s", text);
	assert_string_equal(ferry_clean(buf), want);
}

static void
test_clean_what_terminals_obey(void **state)
{

	(void)state;
	assert_clean("ui-1.0.0 gr\xc3\xbc\xc3\x9f \xe2\x82\xac",
	    "ui-1.0.0 gr\xc3\xbc\xc3\x9f \xe2\x82\xac");
	assert_clean("a\033[2Jb\007\nc\td\x7f", "a?[2Jb??c?d?");
	/* CSI as one character, and as a byte that is no UTF-8. */
	assert_clean("a\xc2\x9b"
		     "2Jb",
	    "a?2Jb");
	assert_clean("a\x9b"
		     "2Jb",
	    "a?2Jb");
	/* Overrides and isolates of the writing direction. */
	assert_clean("a\xe2\x80\xae"
		     "b\xe2\x81\xa6"
		     "c",
	    "a?b?c");
	assert_clean("\xe2\x80\xa8", "?");
	/* Cut, overlong, surrogate, beyond Unicode. */
	assert_clean("a\xe2\x82", "a?");
	assert_clean("\xc0\x9b", "??");
	assert_clean("\xed\xa0\x80", "???");
	assert_clean("\xf4\x90\x80\x80", "????");
	assert_clean("", "");
}

static void
test_clean_stream_however_it_is_cut(void **state)
{
	static const char text[] =
	    "a\xe2\x82\xac\xe2\x80\xae\tb\033\n\xc2\x9b!";
	static const char want[] = "a\xe2\x82\xac?\tb?\n?!";

	(void)state;
	for (size_t size = 1; size < sizeof(text); size++) {
		char *got = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&got, &n);
		FILE *f = ferry_clean_stream(to);

		for (size_t at = 0; at < sizeof(text) - 1; at += size) {
			size_t left = sizeof(text) - 1 - at;

			assert_true(fwrite(text + at, 1,
					left < size ? left : size, f) > 0);
			assert_int_equal(fflush(f), 0);
		}
		assert_int_equal(fclose(f), 0);
		assert_int_equal(fclose(to), 0);
		assert_string_equal(got, want);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_keeps_cause_when_cut),
		cmocka_unit_test(test_parse_u64_bounds),
		cmocka_unit_test(test_parse_size_units),
		cmocka_unit_test(test_count_text_has_a_plural),
		cmocka_unit_test(test_bytes_line_takes_each),
		cmocka_unit_test(test_url_decode_malformed),
		cmocka_unit_test(test_digest_known_answers),
		cmocka_unit_test(test_sri_several_algorithms),
		cmocka_unit_test(test_time_round_trip),
		cmocka_unit_test(test_time_text_ends_of_the_calendar),
		cmocka_unit_test(test_now_whatever_the_clock_says),
		cmocka_unit_test(test_bytes_buf_of_nothing_is_no_null),
		cmocka_unit_test(test_clean_what_terminals_obey),
		cmocka_unit_test(test_clean_stream_however_it_is_cut),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_glob_many_asterisks),
		cmocka_unit_test(test_span_check_grammar),
		cmocka_unit_test(test_span_walk_keeps_bytes),
		cmocka_unit_test(test_span_unescape_unicode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
