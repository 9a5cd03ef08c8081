/* Gems: the vectors of store/format/rubygems/PROTOCOL.md, and the texts. */

#include "unit.h"

#include <jansson.h>

#include "store/base/digest.h"
#include "store/format/format.h"
#include "store/format/rubygems/check.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/marshal.h"
#include "store/format/rubygems/spec.h"
#include "store/format/rubygems/version.h"
#include "store/format/rubygems/versions.h"

static struct ferry_gem_number
number(const char *text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_gem_number out;

	assert_ok(ferry_gem_number_parse(&out, B(text), &err), &err);
	return out;
}

static void
test_number_order(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{ "1.0", "1", 0 },
		{ "1.0.0", "1", 0 },
		{ "1.0-1", "1.0.pre.1", 0 },
		{ "1.0-1", "1.0", -1 },
		{ "1.9", "1.10", -1 },
		{ "1.0.a", "1.0", -1 },
		{ "1.2.b1", "1.2.b.1", 0 },
		{ "01.2", "1.2", 0 },
		{ "1.0.a10", "1.0.a9", 1 },
		{ "5.x", "5.0.0.rc2", 1 },
		{ "5.0.0.rc2", "5.a", 1 },
		{ "9.8.7", "9.8.7b", 1 },
		{ "1.0.pre", "1.0.alpha", 1 },
		{ "1.0.A", "1.0.a", -1 },
		{ "1.2.3.4.5", "1.2.3.4", 1 },
		{ "1.0.rc1", "1.0.b9", 1 },
		{ "0.0.beta", "0.0.beta.1", -1 },
		{ "1.0.a0", "1.0.a", 0 },
		{ " 1.0 ", "1", 0 },
		{ "", "0", 0 },
		{ "1.1234567890123456789", "1.1234567890123456788", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_gem_number a = number(rows[i].a),
					b = number(rows[i].b);
		int c = ferry_gem_number_cmp(&a, &b),
		    d = ferry_gem_number_cmp(&b, &a);

		if ((c > 0) - (c < 0) != rows[i].order ||
		    (d > 0) - (d < 0) != -rows[i].order)
			fail_msg("%s %s: %d", rows[i].a, rows[i].b, c);
	}
}

static void
test_number_refused(void **state)
{
	static const char *const rows[] = { "1..0", "1. 0", "1.0_1", "a",
		"1.0+b", "1.0-", "1.0-x86_64-linux", "1.0\n2.0", "1a", ".1" };
	struct ferry_gem_number out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_gem_number_parse(&out, B(rows[i]), &err) != -1)
			fail_msg("'%s' was taken", rows[i]);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
}

static void
test_requirement(void **state)
{
	static const struct {
		const char *requirement, *number;
		bool has;
	} rows[] = {
		{ "~> 2.2", "2.99", true },
		{ "~> 2.2", "3.0.a", false },
		{ "~> 2.2.0", "2.3.0.a", false },
		{ "~> 1.4.4.2", "1.4.5", false },
		{ "~> 2.0.a", "2.0", true },
		{ "~> 5.a", "5.0.0.rc2", true },
		{ "~> 5.x", "5.0.0.rc2", false },
		{ "~> 1.a", "1.0.b", true },
		{ "~> 1", "1.9", true },
		{ "~> 0", "1", false },
		{ ">= 1.0", "1.0.a", false },
		{ "< 2.a", "2.0.0.pre", false },
		{ "!= 1.0", "1.0.0", false },
		{ "1.0", "1.0.0", true },
		{ "< 3&>= 1.0", "2.5", true },
		{ "< 3, >= 1.0", "3.0", false },
		{ "", "0.0.1", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_gem_requirement *r = NULL;
		struct ferry_gem_number v = number(rows[i].number);

		assert_ok(
		    ferry_gem_requirement_new(&r, B(rows[i].requirement), &err),
		    &err);
		if (ferry_gem_requirement_has(r, &v) != rows[i].has)
			fail_msg("%s %s", rows[i].requirement, rows[i].number);
		ferry_gem_requirement_free(r);
	}
}

static void
test_requirement_refused(void **state)
{
	static const char *const rows[] = { "=> 1", "~> ", ">= 1,", "~> x",
		">= 1 < 2", "1.0 -" };
	struct ferry_gem_requirement *r = NULL;
	char many[400] = "1";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_gem_requirement_new(&r, B(rows[i]), &err) != -1)
			fail_msg("'%s' was taken", rows[i]);
	}
	for (size_t i = 0; i < 100; i++)
		(void)strcat(many, ",1");
	for (int i = 0; i < 1; i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		assert_int_equal(
		    ferry_gem_requirement_new(&r, B(many), &err), -1);
		assert_int_equal(err.code, FERRY_ELIMIT);
	}
}

static void
test_names(void **state)
{

	(void)state;
	assert_true(ferry_gem_name_valid(B("foo-bar-1")));
	assert_true(ferry_gem_name_valid(B("UPPER_Case.x")));
	assert_true(ferry_gem_name_valid(B("octo/foo")));
	assert_false(ferry_gem_name_valid(B("")));
	assert_false(ferry_gem_name_valid(B("/foo")));
	assert_false(ferry_gem_name_valid(B("a/b/c")));
	assert_false(ferry_gem_name_valid(B("..")));
	assert_false(ferry_gem_name_valid(B("octo/..")));
	assert_false(ferry_gem_name_valid(B("a b")));
	assert_true(ferry_gem_version_valid(B("1.0-x86_64-linux")));
	assert_true(ferry_gem_version_valid(B("1.0")));
	assert_false(ferry_gem_version_valid(B("1.0-")));
	assert_false(ferry_gem_version_valid(B("1.0 ")));
	assert_false(ferry_gem_version_valid(B("1.0-a/b")));
	assert_true(ferry_bytes_is(
	    ferry_gem_version_platform(B("1.0-x86_64-linux")), "x86_64-linux"));
	assert_true(
	    ferry_bytes_is(ferry_gem_version_platform(B("1.0")), "ruby"));
	assert_true(ferry_gem_version_cmp(B("1.10"), B("1.9-java")) > 0);
	assert_true(ferry_gem_version_prerelease(B("1.0.a-java")));
	assert_false(ferry_gem_version_prerelease(B("1.0-java")));
}

static void
test_line(void **state)
{
	struct ferry_gem_dependency dependency;
	struct ferry_gem_line line;
	struct ferry_bytes rest;

	(void)state;
	assert_true(ferry_gem_line_read(
	    &line, B("1.0-java a:>= 1&< 3,b:>= 0|checksum:x,ruby:< 3.0.0, >= "
		     "1.9.3,created_at:2026-05-01T10:00:00Z\r")));
	assert_true(ferry_bytes_is(line.version, "1.0-java"));
	rest = line.rest;
	assert_true(ferry_gem_line_dependency(&rest, &dependency));
	assert_true(ferry_bytes_is(dependency.name, "a"));
	assert_true(ferry_bytes_is(dependency.requirement, ">= 1&< 3"));
	assert_true(ferry_gem_line_dependency(&rest, &dependency));
	assert_true(ferry_bytes_is(dependency.name, "b"));
	assert_false(ferry_gem_line_dependency(&rest, &dependency));
	assert_true(ferry_bytes_is(
	    ferry_gem_line_value(line.rest, "ruby"), "< 3.0.0, >= 1.9.3"));
	assert_true(
	    ferry_bytes_is(ferry_gem_line_value(line.rest, "created_at"),
		"2026-05-01T10:00:00Z"));
	assert_int_equal(ferry_gem_line_value(line.rest, "rubygems").n, 0);
	assert_int_equal(ferry_gem_line_value(line.rest, "rub").n, 0);
	/* Of a key that comes twice the last counts. */
	assert_true(ferry_gem_line_read(
	    &line, B("1.0 |ruby:>= 1,checksum:00,ruby:>= 2, < 4,checksum:11")));
	assert_true(ferry_bytes_is(
	    ferry_gem_line_value(line.rest, "ruby"), ">= 2, < 4"));
	assert_true(
	    ferry_bytes_is(ferry_gem_line_value(line.rest, "checksum"), "11"));
	assert_false(ferry_gem_line_read(&line, B("not a version")));
	assert_true(ferry_gem_line_read(&line, B("1.0 ")));
	assert_false(ferry_gem_line_dependency(&line.rest, &dependency));
}

/* What /versions tells, as one text. */
static int
on_name(void *ctx, struct ferry_bytes name, const uint8_t *md5,
    struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "%.*s=%s%02x ", (int)name.n,
	    (const char *)name.p, md5 == NULL ? "none" : "",
	    md5 == NULL ? 0U : md5[0]);
}

static void
test_versions(void **state)
{
	static const char text[] =
	    "created_at: 2024-05-01T10:00:00Z\n---\n"
	    "foo 1.0,1.1-java 0123456789abcdef0123456789abcdef\n\n"
	    "bar 1.0 \nbaz 1.0\n.. 1 x\n"
	    "foo -1.0 f123456789abcdef0123456789abcdef";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_gem_versions reader;
	struct ferry_buf got = FERRY_BUF_INIT;

	(void)state;
	/* In pieces of every size. */
	for (size_t n = 1; n < sizeof(text); n++) {
		ferry_buf_reset(&got);
		ferry_gem_versions_begin(&reader, on_name, &got);
		for (size_t i = 0; i < strlen(text); i += n)
			assert_ok(
			    ferry_gem_versions_feed(&reader,
				ferry_bytes_of(text + i, strlen(text) - i < n
							     ? strlen(text) - i
							     : n),
				&err),
			    &err);
		assert_ok(ferry_gem_versions_end(&reader, &err), &err);
		assert_string_equal((char *)got.p, "foo=01 bar=none00 foo=f1 ");
	}
	ferry_gem_versions_begin(&reader, on_name, &got);
	assert_ok(ferry_gem_versions_feed(&reader, B("<html>"), &err), &err);
	assert_int_equal(ferry_gem_versions_end(&reader, &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "not a list");
	ferry_buf_free(&got);
}

static int
on_entry(
    void *ctx, const struct ferry_marshal_entry *entry, struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "%.*s %.*s %.*s\n", (int)entry->name.n,
	    (const char *)entry->name.p, (int)entry->number.n,
	    (const char *)entry->number.p, (int)entry->platform.n,
	    (const char *)entry->platform.p);
}

/* As Ruby 3.1 wrote it (gem generate_index), with links. */
static const char index_text[] =
    "\x04\b[\n[\bI\"\x0fUPPER_Case\x06:\x06"
    "ETU:\x11Gem::Version[\x06I\"\n1.0.0\x06;\0TI\"\truby\x06;\0T"
    "[\bI\"\x0c"
    "baz.qux\x06;\0TU;\x06[\x06I\"\b2.0\x06;\0T@\x0b"
    "[\bI\"\x0c"
    "foo-bar\x06;\0TU;\x06[\x06I\"\n1.2.0\x06;\0TI\"\x11"
    "x86_64-linux\x06;\0T[\bI\"\x0e"
    "foo-bar-1\x06;\0T@\x0e@\x0b"
    "[\bI\"\x0cnewruby\x06;\0T@\x0e@\x0b";

static void
test_marshal_read(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;

	(void)state;
	assert_ok(ferry_marshal_index_read(
		      ferry_bytes_of(index_text, sizeof(index_text) - 1),
		      on_entry, &got, &err),
	    &err);
	assert_string_equal((char *)got.p,
	    "UPPER_Case 1.0.0 ruby\nbaz.qux 2.0 ruby\n"
	    "foo-bar 1.2.0 x86_64-linux\nfoo-bar-1 2.0 ruby\n"
	    "newruby 2.0 ruby\n");
	/* Cut anywhere, it is refused. */
	for (size_t n = 0; n < sizeof(index_text) - 1; n++) {
		ferry_buf_reset(&got);
		err = (struct ferry_error)FERRY_ERROR_INIT;
		assert_int_equal(
		    ferry_marshal_index_read(
			ferry_bytes_of(index_text, n), on_entry, &got, &err),
		    -1);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	ferry_buf_free(&got);
}

static void
test_marshal_write(void **state)
{
	static const char one[] = "\x04\b[\x06[\bI\"\x08"
				  "foo\x06:\x06"
				  "ETU:\x11Gem::Version[\x06"
				  "I\"\b1.0\x06;\0TI\"\truby\x06;\0T";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT, got = FERRY_BUF_INIT;
	struct ferry_marshal m;

	(void)state;
	ferry_marshal_begin(&m, &buf);
	ferry_marshal_array(&m, 1);
	ferry_marshal_entry(&m, B("foo"), B("1.0"), B("ruby"));
	assert_ok(ferry_marshal_end(&m, &err), &err);
	assert_int_equal(buf.n, sizeof(one) - 1);
	assert_memory_equal(buf.p, one, buf.n);

	ferry_buf_reset(&buf);
	ferry_marshal_begin(&m, &buf);
	ferry_marshal_array(&m, 70000);
	for (int i = 0; i < 70000; i++)
		ferry_marshal_entry(&m, B("a"), B("1"), B("java"));
	assert_ok(ferry_marshal_end(&m, &err), &err);
	assert_ok(ferry_marshal_index_read(
		      ferry_bytes_buf(&buf), on_entry, &got, &err),
	    &err);
	assert_int_equal(got.n, 70000 * strlen("a 1 java\n"));
	ferry_buf_free(&buf);
	ferry_buf_free(&got);
}

static void
test_spec_line(void **state)
{
	struct ferry_gem_term terms[] = { { B(">="), B("1.0") },
		{ B("<"), B("3") } };
	struct ferry_gem_term any = { B(">="), B("0") };
	struct ferry_gem_need needs[] = {
		{ .name = B("zoo"), .terms = { &any, 1, 0 } },
		{ .name = B("dev"), .development = true },
		{ .name = B("baz"), .terms = { terms, 2, 0 } },
	};
	struct ferry_gem_spec spec = { .needs = needs,
		.needs_n = 3,
		.ruby = { terms, 2, 0 },
		.rubygems = { &any, 1, 0 } };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf line = FERRY_BUF_INIT;
	struct ferry_digest sha256;

	(void)state;
	assert_ok(ferry_digest_of(&sha256, FERRY_SHA256, B(""), &err), &err);
	assert_ok(ferry_gem_spec_line(&line, &spec, &sha256, &err), &err);
	assert_string_equal((char *)line.p,
	    "baz:< 3&>= 1.0,zoo:>= 0|checksum:"
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	    ",ruby:< 3&>= 1.0");
	ferry_buf_free(&line);
}

static int
check(const char *line, struct ferry_error *err)
{
	const char *const key[] = { "version", "rubygems", "a", "up", "1.0" };
	json_t *value = json_pack("{s:s*,s:[{s:s,s:i,s:s}]}", "line", line,
	    "files", "name", "a-1.0.gem", "size", 0, "sha256",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	const struct ferry_format_record record = { key, value };
	int rc = ferry_gem_check(&record, NULL, NULL, err);

	json_decref(value);
	return rc;
}

static void
test_check(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	assert_ok(check(NULL, &err), &err);
	assert_ok(check("|checksum:"
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4959"
			"91b7852b855",
		      &err),
	    &err);
	assert_int_equal(check("|checksum:00", &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "another checksum");
	assert_int_equal(check("a\n2.0 |checksum:"
			       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
			       "4ca495991b7852b855",
			     &err),
	    -1);
	assert_refused(&err, FERRY_EFORMAT, "not one line");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_order),
		cmocka_unit_test(test_number_refused),
		cmocka_unit_test(test_requirement),
		cmocka_unit_test(test_requirement_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_marshal_read),
		cmocka_unit_test(test_marshal_write),
		cmocka_unit_test(test_spec_line),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
