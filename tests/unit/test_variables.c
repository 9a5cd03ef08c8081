#include "unit.h"

#include "sync/select/images/variables.h"

/* A is "1", E is empty, N has no value, D is a dollar sign. */
static struct ferry_variables
some(void)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_variables vars = { 0 };

	assert_ok(ferry_variables_set(&vars, B("A"), B("old"), &err), &err);
	assert_ok(ferry_variables_set(&vars, B("A"), B("1"), &err), &err);
	assert_ok(ferry_variables_set(&vars, B("E"), B(""), &err), &err);
	assert_ok(
	    ferry_variables_set(&vars, B("N"), ferry_bytes_of(NULL, 0), &err),
	    &err);
	assert_ok(ferry_variables_set(&vars, B("D"), B("$A"), &err), &err);
	return vars;
}

struct row {
	const char *text;
	const char *want; /* or, behind '!', how why starts */
};

static void
expect(
    const struct row *rows, size_t n, const struct ferry_variables_style *style)
{
	struct ferry_variables vars = some();
	struct ferry_buf out = FERRY_BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		char why[FERRY_VARS_WHY] = "";
		int rc;

		ferry_buf_reset(&out);
		assert_ok(rc = ferry_variables_expand(
			      &out, &vars, B(rows[i].text), style, why, &err),
		    &err);
		assert_int_equal(rc, rows[i].want[0] != '!');
		if (rc == 1)
			assert_string_equal((char *)out.p, rows[i].want);
		else if (strstr(why, rows[i].want + 1) == NULL)
			fail_msg("%s: %s", rows[i].text, why);
	}
	ferry_buf_free(&out);
	ferry_variables_free(&vars);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

/* What both have. */
static const struct row common[] = {
	{ "", "" },
	{ "x", "x" },
	{ "$A", "1" },
	{ "$A.x$A", "1.x1" },
	{ "${A}x", "1x" },
	{ "$Ax", "!the variable Ax has no value" },
	{ "$N", "!the variable N has no value" },
	{ "${N}", "!the variable N has no value" },
	{ "$", "$" },
	{ "$/", "$/" },
	{ "$D", "$A" }, /* values are not read again */
	{ "${A:-x}", "1" },
	{ "${A-x}", "1" },
	{ "${E:-x}", "x" },
	{ "${E-x}", "" },
	{ "${N:-x}", "x" },
	{ "${N-x}", "x" },
	{ "${X:-x$A}", "x1" },
	{ "${X:-${Y:-${A}}}-", "1-" },
	{ "${X:-}", "" },
	{ "${A:-$X}", "1" }, /* X is not needed */
	{ "${A:+x}", "x" },
	{ "${A+x$A}", "x1" },
	{ "${E:+x}", "" },
	{ "${E+x}", "x" },
	{ "${X:+$Y}", "" },
	{ "${X+x}", "" },
	{ "${A:+$X}", "!the variable X has no value" },
	{ "${A:?x}", "1" },
	{ "${E?x}", "" },
	{ "${E:?x}", "!the variable E has no value" },
	{ "${X?}", "!the variable X has no value" },
	{ "${A", "!cannot read" },
	{ "${A:-x", "!without an end" },
	{ "${}", "!cannot read" },
	{ "${1}", "!cannot read" },
	{ "${A:x}", "!cannot read" },
	{ "${A%x}", "!cannot read" },
	{ "${A:}", "!cannot read" },
	{ "${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-${X:-"
	  "${X:-${X:-${X:-${X:-x}}}}}}}}}}}}}}}}}",
	    "!nested too deep" },
};

static void
test_expand_docker(void **state)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_DOCKER, .escape = '\\'
	};
	static const struct ferry_variables_style windows = {
		.syntax = FERRY_VARS_DOCKER, .escape = '`'
	};
	static const struct row rows[] = {
		{ "\\$A", "$A" },
		{ "a\\b\\\\", "ab\\" },
		{ "'$A \\'x", "$A \\x" },
		{ "\"$A \\\"\\$\\x\"", "1 \"$\\x" },
		{ "\"'$A'\"", "'1'" },
		{ "'", "" },
		{ "\"a", "a" },
		{ "\\", "\\" },
		{ "$$A", "$1" },
		{ "\"${X:-a b}\"", "a b" },
	};
	static const struct row windows_rows[] = {
		{ "`$A", "$A" },
		{ "C:\\$A", "C:\\1" },
	};

	(void)state;
	expect(ROWS(common), &style);
	expect(ROWS(rows), &style);
	expect(ROWS(windows_rows), &windows);
}

static void
test_expand_compose(void **state)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE
	};
	static const struct row rows[] = {
		{ "$$A", "$A" },
		{ "$$$A", "$1" },
		{ "'$A' \\$A \"", "'1' \\1 \"" },
		{ "${X:-\"x\"}", "\"x\"" },
	};

	(void)state;
	expect(ROWS(common), &style);
	expect(ROWS(rows), &style);
}

static void
test_expand_keeps_what_is_unknown(void **state)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE,
		.unknown = FERRY_VARS_KEEP,
		.escape = '\\'
	};
	static const struct row rows[] = {
		{ "$A $X $$X", "1 \\$X $X" },
		{ "${X}/${N:?why}/$E.", "\\${X}/\\${N:?why}/." },
		{ "${X:-1}", "1" },
		{ "${A:-$X}", "1" },
	};

	(void)state;
	expect(ROWS(rows), &style);
}

static void
test_expand_bounds(void **state)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE, .max = 3
	};
	static const struct row rows[] = {
		{ "abc", "abc" },
		{ "ab$A", "ab1" },
		{ "abcd", "!too long" },
		{ "abc$A", "!too long" },
		{ "a${X:-bcd}", "!too long" },
		{ "${A:-abcdef}", "1" },
	};

	(void)state;
	expect(ROWS(rows), &style);
}

static void
test_set_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_variables vars = { 0 };
	char *value = calloc(1, FERRY_VARS_VALUE_MAX + 1), name[16];

	(void)state;
	assert_non_null(value);
	memset(value, 'x', FERRY_VARS_VALUE_MAX + 1);
	for (int i = 0; i < FERRY_VARS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "A%d", i);
		assert_ok(
		    ferry_variables_set(&vars, B(name), B("x"), &err), &err);
	}
	assert_int_equal(ferry_variables_set(&vars, B("B"), B("x"), &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	assert_ok(ferry_variables_set(&vars, B("A0"),
		      ferry_bytes_of(value, FERRY_VARS_VALUE_MAX), &err),
	    &err);
	assert_int_equal(
	    ferry_variables_set(&vars, B("A0"),
		ferry_bytes_of(value, FERRY_VARS_VALUE_MAX + 1), &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	free(value);
	ferry_variables_free(&vars);
}

static void
test_dotenv(void **state)
{
	static const char text[] = "\xef\xbb\xbf# comment\r\n"
				   "\n"
				   "A=1\r\n"
				   "  B = two words  # comment\n"
				   "export C=$A.${B}\n"
				   "D: yaml\n"
				   "E='$A # \\n'\n"
				   "F=\"a\\tb\\\"\\$A$A\" # comment\n"
				   "G=\"two\nlines\"\n"
				   "H=\n"
				   "I\n"
				   "J=$MISSING\n"
				   "K=a#b\n"
				   "L=#\n"
				   "M.x-y=1\n"
				   "A=2";
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "A", "2" },
		{ "B", "two words" },
		{ "C", "1.two words" },
		{ "D", "yaml" },
		{ "E", "$A # \\n" },
		{ "F", "a\tb\"$A1" },
		{ "G", "two\nlines" },
		{ "H", "" },
		{ "K", "a#b" },
		{ "L", "" },
		{ "M.x-y", "1" },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_variables vars = { 0 };

	(void)state;
	assert_ok(ferry_variables_dotenv(&vars, B(text), &err), &err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = ferry_variables_get(&vars, B(rows[i].name));

		assert_non_null(value);
		assert_string_equal(value, rows[i].value);
	}
	assert_null(ferry_variables_get(&vars, B("I")));
	assert_true(ferry_variables_has(&vars, B("I")));
	assert_null(ferry_variables_get(&vars, B("J")));
	assert_false(ferry_variables_has(&vars, B("lines\"")));
	ferry_variables_free(&vars);
}

static void
test_dotenv_refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "A=1\n=2\n", "line 2: not the name" },
		{ "A=1\n\n1A=2\n", "line 3: not the name" },
		{ "A B=2\n", "line 1: no '='" },
		{ "A='x\n\n", "a quote without an end" },
		{ "A=\"x\\\"", "a quote without an end" },
		{ "A='x' y\n", "something behind the quotes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_variables vars = { 0 };

		assert_int_equal(
		    ferry_variables_dotenv(&vars, B(rows[i].text), &err), -1);
		assert_refused(&err, FERRY_EFORMAT, rows[i].why);
		ferry_variables_free(&vars);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand_docker),
		cmocka_unit_test(test_expand_compose),
		cmocka_unit_test(test_expand_keeps_what_is_unknown),
		cmocka_unit_test(test_expand_bounds),
		cmocka_unit_test(test_set_bounds),
		cmocka_unit_test(test_dotenv),
		cmocka_unit_test(test_dotenv_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
