#include "unit.h"

#include "store/base/json_span.h"
#include "store/format/format.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "store/format/semver/semver.h"

/* A line of tests/data/npm/NAME, cut at its tabs. */
struct row {
	char *line;
	struct ferry_bytes field[4];
	size_t n;
};

static FILE *
data_open(const char *name)
{
	char path[UNIT_PATH];
	FILE *f;

	unit_data(path, "npm/%s", name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("no file %s", path);
	return f;
}

/* The next line that is not a comment; false at the end, where it is freed. */
static bool
data_next(FILE *f, struct row *row)
{
	size_t cap = 0;
	ssize_t n;

	for (;;) {
		free(row->line);
		row->line = NULL;
		cap = 0;
		if ((n = getline(&row->line, &cap, f)) <= 0) {
			free(row->line);
			row->line = NULL;
			assert_int_equal(fclose(f), 0);
			return false;
		}
		if (row->line[n - 1] == '\n')
			row->line[--n] = 0;
		if (row->line[0] != '#')
			break;
	}
	row->n = 0;
	for (char *p = row->line, *tab; row->n < 4; p = tab + 1) {
		if ((tab = strchr(p, '\t')) == NULL)
			tab = row->line + n;
		row->field[row->n++] = ferry_bytes_of(p, (size_t)(tab - p));
		if (*tab == 0)
			break;
	}
	return true;
}

/* A JSON string of a data file, for the caller to free. */
static struct ferry_buf
unquote(struct ferry_bytes s)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_bytes value;

	assert_ok(ferry_span_check(s, &value, &err), &err);
	assert_ok(ferry_span_string(&buf, value, &err), &err);
	return buf;
}

/* The next word of *s, which moves behind it; empty at the end. */
static struct ferry_bytes
word(struct ferry_bytes *s)
{
	const uint8_t *space = memchr(s->p, ' ', s->n);
	size_t n = space == NULL ? s->n : (size_t)(space - s->p);
	struct ferry_bytes out = ferry_bytes_of(s->p, n);

	n += space != NULL;
	*s = ferry_bytes_of(s->p + n, s->n - n);
	return out;
}

static enum ferry_semver_mode
mode_of(struct ferry_bytes s)
{

	return ferry_bytes_is(s, "loose") ? FERRY_SEMVER_LOOSE
	                                  : FERRY_SEMVER_STRICT;
}

static void
test_range_data(void **state)
{
	struct row row = { 0 };
	FILE *f = data_open("semver-ranges.txt");
	char versions[4096];
	size_t pairs = 0;

	(void)state;
	assert_true(data_next(f, &row));
	assert_true(row.field[1].n < sizeof(versions));
	memcpy(versions, row.field[1].p, row.field[1].n + 1);
	while (data_next(f, &row)) {
		struct ferry_bytes all = B(versions), v;
		struct ferry_semver_range *range = NULL;
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf got = FERRY_BUF_INIT;
		struct ferry_buf text = unquote(row.field[1]);
		struct ferry_semver version;

		assert_int_equal(row.n, 3);
		if (ferry_semver_range_new(&range, ferry_bytes_buf(&text),
			mode_of(row.field[0]), &err) == -1) {
			assert_int_equal(err.code, FERRY_EFORMAT);
			assert_ok(ferry_buf_adds(&got, "invalid", &err), &err);
		} else {
			while ((v = word(&all)).n > 0) {
				assert_ok(ferry_semver_parse(&version, v,
					      FERRY_SEMVER_STRICT, &err),
				    &err);
				pairs++;
				if (ferry_semver_range_has(range, &version))
					assert_ok(
					    ferry_buf_addf(&got, &err, "%s%.*s",
						got.n == 0 ? "" : " ", (int)v.n,
						(const char *)v.p),
					    &err);
			}
			if (got.n == 0)
				assert_ok(
				    ferry_buf_adds(&got, "-", &err), &err);
		}
		if (!ferry_bytes_equal(ferry_bytes_buf(&got), row.field[2]))
			fail_msg("%s\ngot: %s", row.line, (char *)got.p);
		ferry_semver_range_free(range);
		ferry_buf_free(&got);
		ferry_buf_free(&text);
	}
	assert_true(pairs > 20000);
}

/* The canonical text of a parse: numbers without leading zeros. */
static void
canonical(char out[1200], const struct ferry_semver *v)
{
	int n = snprintf(out, 1200, "%ju.%ju.%ju%s", (uintmax_t)v->major,
	    (uintmax_t)v->minor, (uintmax_t)v->patch, v->pre.n > 0 ? "-" : "");
	bool start = true;

	assert_true(v->pre.n < 1000);
	for (size_t i = 0; i < v->pre.n; i++) {
		uint8_t c = v->pre.p[i];
		size_t end = i;

		while (end < v->pre.n && v->pre.p[end] >= '0' &&
		       v->pre.p[end] <= '9')
			end++;
		/* A zero at the start of an identifier of digits alone. */
		if (start && c == '0' && end > i + 1 &&
		    (end == v->pre.n || v->pre.p[end] == '.'))
			continue;
		out[n++] = (char)c;
		start = c == '.';
	}
	out[n] = 0;
}

static void
test_parse_data(void **state)
{
	struct row row = { 0 };
	FILE *f = data_open("semver-parse.txt");

	(void)state;
	while (data_next(f, &row)) {
		struct ferry_buf text = unquote(row.field[0]);

		assert_int_equal(row.n, 3);
		for (int mode = 0; mode < 2; mode++) {
			struct ferry_error err = FERRY_ERROR_INIT;
			struct ferry_semver v;
			char got[1200] = "invalid";

			if (ferry_semver_parse(&v, ferry_bytes_buf(&text),
				mode == 0 ? FERRY_SEMVER_STRICT
					  : FERRY_SEMVER_LOOSE,
				&err) == 0)
				canonical(got, &v);
			if (!ferry_bytes_is(row.field[1 + mode], got))
				fail_msg("%s\ngot: %s", row.line, got);
		}
		ferry_buf_free(&text);
	}
}

static void
test_cmp_data(void **state)
{
	struct row row = { 0 };
	FILE *f = data_open("semver-order.txt");
	struct {
		char text[64];
		struct ferry_semver v;
		int rank;
	} all[100];
	size_t n = 0;
	int rank = 0;

	(void)state;
	for (; data_next(f, &row); rank++) {
		struct ferry_bytes rest = row.field[0], w;

		while ((w = word(&rest)).n > 0) {
			struct ferry_error err = FERRY_ERROR_INIT;

			assert_true(n < 100 && w.n < 64);
			memcpy(all[n].text, w.p, w.n);
			all[n].text[w.n] = 0;
			all[n].rank = rank;
			assert_ok(ferry_semver_parse(&all[n].v, B(all[n].text),
				      FERRY_SEMVER_LOOSE, &err),
			    &err);
			n++;
		}
	}
	assert_true(n > 50);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int c = ferry_semver_cmp(&all[i].v, &all[j].v);
			int want = (all[i].rank > all[j].rank) -
			           (all[i].rank < all[j].rank);

			if ((c > 0) - (c < 0) != want)
				fail_msg("%s and %s: %d", all[i].text,
				    all[j].text, c);
		}
}

/* The tables of store/format/npm/PROTOCOL.md, section 8, row by row. */
static void
test_protocol_notes(void **state)
{
	static const struct {
		const char *version, *range;
		bool has;
	} in[] = {
		{ "1.2.3-alpha.3", "^1.2.3-alpha.1", true },
		{ "1.2.4-alpha.1", "^1.2.3-alpha.1", false },
		{ "1.0.0-rc.1", "*", false },
		{ "2.0.0-rc.1", "^1.0.0", false },
		{ "0.0.3", "^0.0.2", false },
		{ "0.3.0", "^0.2.3", false },
		{ "0.0.5", "^0.0", true },
		{ "2.0.5", "1.2 - 2.0", true },
		{ "2.0.1", "1.2 - 2.0.0", false },
		{ "1.2.3", ">1.2", false },
		{ "1.2.3-beta", "<1.2.3", false },
		{ "1.2.3", "=1.2.3", true },
		{ "1.2.3", "1.2.3+build.9", true },
		{ "1.2.3", "~>1.2.1", true },
	};
	static const struct {
		const char *text, *strict, *loose; /* NULL: no version */
	} parse[] = {
		{ "01.2.3", NULL, "1.2.3" },
		{ "1.2.3-01", NULL, "1.2.3-1" },
		{ "1.2.3-0a", "1.2.3-0a", "1.2.3-0a" },
		{ "1.2.3beta", NULL, "1.2.3-beta" },
		{ "9007199254740992.0.0", NULL, NULL },
		{ "1.2.3.4", NULL, NULL },
		{ "1.2", NULL, NULL },
		{ "1.2.3-a..b", NULL, NULL },
		{ "1.2.3+", NULL, NULL },
		{ "=1.2.3", NULL, "1.2.3" },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_semver_range *range;
	struct ferry_semver v;
	char got[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		for (int mode = 0; mode < 2; mode++) {
			assert_ok(ferry_semver_parse(&v, B(in[i].version),
				      FERRY_SEMVER_STRICT, &err),
			    &err);
			assert_ok(ferry_semver_range_new(&range, B(in[i].range),
				      mode == 0 ? FERRY_SEMVER_STRICT
						: FERRY_SEMVER_LOOSE,
				      &err),
			    &err);
			if (ferry_semver_range_has(range, &v) != in[i].has)
				fail_msg(
				    "%s in %s", in[i].version, in[i].range);
			ferry_semver_range_free(range);
		}
	for (size_t i = 0; i < sizeof(parse) / sizeof(parse[0]); i++)
		for (int mode = 0; mode < 2; mode++) {
			const char *want =
			    mode == 0 ? parse[i].strict : parse[i].loose;
			int rc = ferry_semver_parse(&v, B(parse[i].text),
			    mode == 0 ? FERRY_SEMVER_STRICT
				      : FERRY_SEMVER_LOOSE,
			    &err);

			assert_int_equal(rc, want == NULL ? -1 : 0);
			if (want == NULL)
				continue;
			canonical(got, &v);
			assert_string_equal(got, want);
		}
	for (int mode = 0; mode < 2; mode++)
		assert_int_equal(
		    ferry_semver_range_new(&range, B("latest"),
			mode == 0 ? FERRY_SEMVER_STRICT : FERRY_SEMVER_LOOSE,
			&err),
		    -1);
	assert_int_equal(ferry_semver_range_new(&range, B(">=1.0.0,<2.0.0"),
			     FERRY_SEMVER_STRICT, &err),
	    -1);
	assert_int_equal(ferry_semver_range_new(&range, B(">=1.0.0,<2.0.0"),
			     FERRY_SEMVER_LOOSE, &err),
	    -1);
}

static void
test_range_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_semver_range *range = NULL;
	struct ferry_semver v = { 1, 2, 3, { NULL, 0 } };
	struct ferry_buf text = FERRY_BUF_INIT;

	(void)state;
	/* As many sets as fit. */
	while (text.n + 3 <= FERRY_SEMVER_RANGE_MAX)
		assert_ok(ferry_buf_adds(&text, "2||", &err), &err);
	text.n -= 2;
	assert_ok(ferry_semver_range_new(&range, ferry_bytes_buf(&text),
		      FERRY_SEMVER_STRICT, &err),
	    &err);
	assert_false(ferry_semver_range_has(range, &v));
	v.major = 2;
	assert_true(ferry_semver_range_has(range, &v));
	ferry_semver_range_free(range);
	assert_ok(ferry_buf_adds(&text, "||2||2||2", &err), &err);
	assert_int_equal(ferry_semver_range_new(&range, ferry_bytes_buf(&text),
			     FERRY_SEMVER_STRICT, &err),
	    -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	ferry_buf_free(&text);

	/* An empty view may have no address. */
	assert_ok(ferry_semver_range_new(&range, ferry_bytes_of(NULL, 0),
		      FERRY_SEMVER_LOOSE, &err),
	    &err);
	assert_true(ferry_semver_range_star(range));
	ferry_semver_range_free(range);
	assert_int_equal(ferry_semver_parse(&v, ferry_bytes_of(NULL, 0),
			     FERRY_SEMVER_LOOSE, &err),
	    -1);
	ferry_semver_range_free(NULL);
}

static void
test_range_has_leaves_text_alone(void **state)
{
	char text[] = " ^1.2.3-beta.2  ||  3.0.0-rc.1 ";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_semver_range *range;
	struct ferry_semver v;

	(void)state;
	assert_ok(
	    ferry_semver_range_new(&range, B(text), FERRY_SEMVER_LOOSE, &err),
	    &err);
	memset(text, 'x', sizeof(text) - 1);
	assert_ok(ferry_semver_parse(
		      &v, B("1.2.3-beta.11"), FERRY_SEMVER_STRICT, &err),
	    &err);
	assert_true(ferry_semver_range_has(range, &v));
	assert_ok(
	    ferry_semver_parse(&v, B("3.0.0-rc.1"), FERRY_SEMVER_STRICT, &err),
	    &err);
	assert_true(ferry_semver_range_has(range, &v));
	ferry_semver_range_free(range);
}

static void
test_pick_data(void **state)
{
	struct row row = { 0 };
	FILE *f = data_open("pick.txt");

	(void)state;
	while (data_next(f, &row)) {
		struct ferry_npm_candidate c[20];
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf text = unquote(row.field[0]);
		struct ferry_bytes rest = row.field[2], w, got = B("-");
		struct ferry_semver_range *range;
		size_t n = 0, latest = FERRY_NPM_NONE, i;

		while ((w = word(&rest)).n > 0) {
			assert_true(n < 20);
			c[n].deprecated = w.p[w.n - 1] == '!';
			c[n].version =
			    ferry_bytes_of(w.p, w.n - c[n].deprecated);
			if (ferry_bytes_equal(c[n].version, row.field[1]))
				latest = n;
			n++;
		}
		assert_ok(ferry_semver_range_new(&range, ferry_bytes_buf(&text),
			      FERRY_SEMVER_LOOSE, &err),
		    &err);
		i = ferry_npm_pick(range, c, n, latest);
		if (i != FERRY_NPM_NONE)
			got = c[i].version;
		if (!ferry_bytes_equal(got, row.field[3]))
			fail_msg("%s\ngot: %.*s", row.line, (int)got.n,
			    (const char *)got.p);
		ferry_semver_range_free(range);
		ferry_buf_free(&text);
	}
}

static void
test_pick_passes_over_what_is_no_version(void **state)
{
	static const struct ferry_npm_candidate c[] = {
		{ { (const uint8_t *)"nonsense", 8 }, false },
		{ { (const uint8_t *)"1.0.0", 5 }, true },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_semver_range *range;

	(void)state;
	assert_ok(
	    ferry_semver_range_new(&range, B("*"), FERRY_SEMVER_LOOSE, &err),
	    &err);
	assert_int_equal(ferry_npm_pick(range, c, 2, 0), 1);
	assert_true(
	    ferry_npm_pick(range, c, 0, FERRY_NPM_NONE) == FERRY_NPM_NONE);
	ferry_semver_range_free(range);
}

static void
test_name_valid(void **state)
{
	static const char *const good[] = { "a", "left-pad", "JSONStream",
		"@types/node", "@a/b", "@a/_b", "@a/B.c", "a.b", "a_b", "a..b",
		"crypto", "1", "a~b", "it's", "a!(b)*", "@_a/b", "@-/b", "a-",
		"-" };
	static const char *const bad[] = { "", ".", "..", ".a", "_a", "-a",
		"a/b", "/a", "a/", "@", "@a", "@a/", "@/b", "@a/b/c", "@a/.",
		"@a/..", "@a/.b", "@./b", "@../b", "@a/-", "a b", " a", "a\n",
		"a\\b", "a%2fb", "a:b", "a?b", "a#b", "a@b", "@a/b@c", "a\x7f",
		"\xc3\xa9", "node_modules", "Node_Modules", "favicon.ico",
		"@a@b/c", "a+b" };
	char longest[216];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!ferry_npm_name_valid(B(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ferry_npm_name_valid(B(bad[i])))
			fail_msg("let in: %s", bad[i]);
	assert_false(ferry_npm_name_valid(ferry_bytes_of("a\0b", 3)));
	assert_false(ferry_npm_name_valid(ferry_bytes_of("a\0", 2)));
	memset(longest, 'a', sizeof(longest));
	assert_true(ferry_npm_name_valid(ferry_bytes_of(longest, 214)));
	assert_false(ferry_npm_name_valid(ferry_bytes_of(longest, 215)));
}

static void
test_name_base(void **state)
{

	(void)state;
	assert_true(ferry_bytes_is(ferry_npm_name_base(B("a")), "a"));
	assert_true(ferry_bytes_is(ferry_npm_name_base(B("@s/a")), "a"));
	assert_int_equal(ferry_npm_name_base(B("@s/")).n, 0);
}

static void
test_spec_parse(void **state)
{
	static const struct {
		const char *spec;
		enum ferry_npm_spec_kind kind;
		const char *name, *text; /* NULL: as given */
	} good[] = {
		{ "^1.2.3", FERRY_NPM_SPEC_RANGE, NULL, NULL },
		{ "", FERRY_NPM_SPEC_RANGE, NULL, NULL },
		{ " >= 1.2 ", FERRY_NPM_SPEC_RANGE, NULL, ">= 1.2" },
		{ "v1.2.3", FERRY_NPM_SPEC_RANGE, NULL, NULL },
		{ "1.0.0 || 2", FERRY_NPM_SPEC_RANGE, NULL, NULL },
		{ "latest", FERRY_NPM_SPEC_TAG, NULL, NULL },
		{ "next-11", FERRY_NPM_SPEC_TAG, NULL, NULL },
		{ "npm:bar@^1", FERRY_NPM_SPEC_RANGE, "bar", "^1" },
		{ "npm:bar", FERRY_NPM_SPEC_RANGE, "bar", "*" },
		{ "npm:bar@", FERRY_NPM_SPEC_RANGE, "bar", "*" },
		{ "npm:@s/bar@1.0.0", FERRY_NPM_SPEC_RANGE, "@s/bar", "1.0.0" },
		{ "npm:@s/bar", FERRY_NPM_SPEC_RANGE, "@s/bar", "*" },
		{ "NPM:bar@next", FERRY_NPM_SPEC_TAG, "bar", "next" },
		{ "u/r", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "u/r#semver:^1.0.0", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "u/r#a/b", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "github:u/r", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "gist:0123abcd", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "git+ssh://git@h.example/u/r.git#v1", FERRY_NPM_SPEC_GIT,
		    NULL, NULL },
		{ "git://h.example/r.git", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "git@h.example:u/r.git", FERRY_NPM_SPEC_GIT, NULL, NULL },
		{ "https://h.example/x.tgz", FERRY_NPM_SPEC_URL, NULL, NULL },
		{ "HTTP://h.example/x", FERRY_NPM_SPEC_URL, NULL, NULL },
		{ "file:../x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "../x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "./x.tgz", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "/x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "~/x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "a/b/c", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "x.tar.gz", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "C:\\x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "link:../x", FERRY_NPM_SPEC_FILE, NULL, NULL },
		{ "workspace:*", FERRY_NPM_SPEC_WORKSPACE, NULL, NULL },
		{ "catalog:", FERRY_NPM_SPEC_OTHER, NULL, NULL },
		{ "patch:x@1#y", FERRY_NPM_SPEC_OTHER, NULL, NULL },
	};
	static const char *const bad[] = { "a b", "foo^bar", "foo%20",
		"npm:", "npm:@", "npm:.x@1", "npm:a@npm:b@1", "npm:a@u/r",
		"npm:a@file:x", "npm:a@a b" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_npm_spec s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_ok(
		    ferry_npm_spec_parse(&s, B("foo"), B(good[i].spec), &err),
		    &err);
		if (s.kind != good[i].kind)
			fail_msg("%s is of kind %d", good[i].spec, s.kind);
		assert_int_equal(s.alias, good[i].name != NULL);
		assert_true(ferry_bytes_is(
		    s.name, good[i].name == NULL ? "foo" : good[i].name));
		assert_true(ferry_bytes_is(s.text,
		    good[i].text == NULL ? good[i].spec : good[i].text));
		assert_int_equal(err.code, FERRY_OK);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ferry_npm_spec_parse(&s, B("foo"), B(bad[i]), &err) == 0)
			fail_msg("let in: %s", bad[i]);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	assert_int_equal(
	    ferry_npm_spec_parse(&s, B("../foo"), B("1"), &err), -1);
}

static int
by_format(const void *a, const void *b)
{
	const struct ferry_format *npm = ferry_format_find(B("npm"));

	return npm->compare_versions(
	    B(*(const char *const *)a), B(*(const char *const *)b));
}

static void
test_format_npm(void **state)
{
	const struct ferry_format *npm = ferry_format_find(B("npm"));
	const char *list[] = { "10.0.0", "2.0.0", "2.0.0-rc.1", "what",
		"2.0.0+b", "2.0.0+a", "1.10.0", "1.9.0" };
	static const char *const want[] = { "what", "1.9.0", "1.10.0",
		"2.0.0-rc.1", "2.0.0", "2.0.0+a", "2.0.0+b", "10.0.0" };

	(void)state;
	assert_non_null(npm);
	assert_null(ferry_format_find(B("npm2")));
	assert_null(ferry_format_find(B("")));
	/* All are there, in the order of their names. */
	for (size_t i = 0; i < ferry_formats_count(); i++) {
		assert_ptr_equal(ferry_format_find(B(ferry_format_at(i)->name)),
		    ferry_format_at(i));
		if (i > 0)
			assert_true(strcmp(ferry_format_at(i - 1)->name,
					ferry_format_at(i)->name) < 0);
	}
	qsort(list, 8, sizeof(list[0]), by_format);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(list[i], want[i]);
	assert_true(npm->prerelease(B("1.0.0-rc.1")));
	assert_false(npm->prerelease(B("1.0.0+rc-1")));
	assert_false(npm->prerelease(B("what")));
	assert_true(npm->version_valid(B("1.0.0-rc.1")));
	assert_true(npm->version_valid(B("1.0.0rc1")));
	assert_false(npm->version_valid(B("")));
	assert_false(npm->version_valid(B("v1.0.0")));
	assert_false(npm->version_valid(B("1.0.0 ")));
	assert_false(npm->version_valid(B("1.0.0\xc2\xa0")));
	assert_false(npm->version_valid(B("1.0")));
	assert_false(npm->version_valid(B("1.0.0/../x")));
	assert_true(npm->name_valid(B("@a/b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range_data),
		cmocka_unit_test(test_parse_data),
		cmocka_unit_test(test_cmp_data),
		cmocka_unit_test(test_protocol_notes),
		cmocka_unit_test(test_range_bounds),
		cmocka_unit_test(test_range_has_leaves_text_alone),
		cmocka_unit_test(test_pick_data),
		cmocka_unit_test(test_pick_passes_over_what_is_no_version),
		cmocka_unit_test(test_name_valid),
		cmocka_unit_test(test_name_base),
		cmocka_unit_test(test_spec_parse),
		cmocka_unit_test(test_format_npm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
