#include "unit.h"

#include "sync/select/lock/lock.h"
#include "sync/select/lock/rewrite.h"

static int
on_nothing(
    void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	(void)ctx, (void)w, (void)err;
	return 0;
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "! %s: %s: %s\n", name, what, why);
}

#define R "https://registry.example/"

/* What is told, then "N changed, N same:", then the text. */
static void
expect_rewrite(
    const char *name, const char *text, const char *from, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { .on_wanted = on_nothing,
		.on_unmirrorable = on_unmirrorable,
		.ctx = &got };
	struct ferry_lock_rewrite rewrite = {
		.to = "http://far.example:8470/npm/",
		.from = from,
		.sink = &sink
	};

	assert_ok(ferry_lock_rewrite(
		      &rewrite, name, ferry_bytes_str(text), &out, &err),
	    &err);
	assert_ok(ferry_buf_addf(&got, &err, "%d changed, %d same:\n%s",
		      (int)rewrite.changed, (int)rewrite.same, (char *)out.p),
	    &err);
	assert_string_equal((char *)got.p, want);
	/* Once more it stays as it is. */
	ferry_buf_reset(&got);
	rewrite.changed = rewrite.same = 0;
	assert_ok(ferry_lock_rewrite(
		      &rewrite, name, ferry_bytes_buf(&out), &got, &err),
	    &err);
	assert_int_equal(rewrite.changed, 0);
	ferry_buf_free(&got);
	ferry_buf_free(&out);
}

#define FAR "http://far.example:8470/npm/"

static void
test_rewrite_yarn_1(void **state)
{
#define FILE_OF(url, scoped)                                                   \
	"# yarn lockfile v1\r\n\n\"@s/a@^1\":\n  version \"1.0.0\"\n"          \
	"  resolved \"" scoped "#0123\"\n  integrity sha512-AA==\n"            \
	"  dependencies:\n    resolved \"^1\"\nb@^1:\n  version \"1.0.0\"\n"   \
	"  resolved \"" url "\"\n"
#define REST                                                                    \
	"\"c@git+ssh://git@h.example/c.git\":\n  version \"1.0.0\"\n"           \
	"  resolved \"git+ssh://git@h.example/c.git#01\"\n"                     \
	"d@u/d:\n  version \"1.0.0\"\n"                                         \
	"  resolved \"https://u:p@h.example/u/tar.gz/01\"\n"                    \
	"\"e@https://h.example/e/-/e-1.0.0.tgz\":\n  version \"1.0.0\"\n"       \
	"  resolved \"https://h.example/e/-/e-1.0.0.tgz#01\"\n"                 \
	"\"f@file:f.tgz\":\n  version \"1.0.0\"\n  resolved \"file:f.tgz#1\"\n" \
	"g@1:\n  version \"1.0.0\"\n  resolved g-1.0.0.tgz#01"

	(void)state;
	expect_rewrite("yarn.lock",
	    FILE_OF(R "b/-/b-1.0.0.tgz?x=1",
		"https://h.example/p/q/@s%2fa/-/a-1.0.0.tgz") REST,
	    NULL,
	    "! c: git+ssh://git@h.example/c.git: a git dependency\n"
	    "! d: https://***@h.example/u/tar.gz/01: its URL has no \"/-/\"\n"
	    "! e: https://h.example/e/-/e-1.0.0.tgz: a tarball outside the "
	    "registry\n"
	    "! f: file:f.tgz: a file of the project\n"
	    "! g: g-1.0.0.tgz: a file of the project\n"
	    "2 changed, 0 same:\n" FILE_OF(
		FAR "b/-/b-1.0.0.tgz", FAR "@s/a/-/a-1.0.0.tgz") REST);
	expect_rewrite("yarn.lock",
	    FILE_OF(R "b/-/b-1.0.0.tgz", FAR "@s/a/-/a-1.0.0.tgz"), R,
	    "1 changed, 0 same:\n" FILE_OF(
		FAR "b/-/b-1.0.0.tgz", FAR "@s/a/-/a-1.0.0.tgz"));
	expect_rewrite("yarn.lock",
	    FILE_OF(R "b/-/b-1.0.0.tgz", FAR "@s/a/-/a-1.0.0.tgz"),
	    "https://registry.exam",
	    "0 changed, 0 same:\n" FILE_OF(
		R "b/-/b-1.0.0.tgz", FAR "@s/a/-/a-1.0.0.tgz"));
#undef FILE_OF
#undef REST
}

static void
test_rewrite_npm(void **state)
{
#define FILE_OF(a, b)                                                              \
	"\xef\xbb\xbf{\"lockfileVersion\":2,\"dependencies\":{\"b\":{\"version\":" \
	"\"1.0.0\",\"resolved\":\"" b "\"}},\"packages\":{\"\":{"                  \
	"\"dependencies\":{\"u\":\"https://h.example/u/-/u-1.0.0.tgz\"}},"         \
	"\"node_modules/@s/a\":{\"resolved\": \"" a                                \
	"\",\"integrity\":\"sha512-AA==\"},\"node_modules/b\":{\"resolved\":\"" b  \
	"\"},\"node_modules/u\":{\"resolved\":"                                    \
	"\"https://h.example/u/-/u-1.0.0.tgz\"},\"node_modules/w\":"               \
	"{\"resolved\":\"packages/w\",\"link\":true},\"node_modules/g\":"          \
	"{\"resolved\":\"git+ssh://git@h.example/g.git#01\"}}} \n"
#define TOLD                                                                   \
	"! node_modules/u: https://h.example/u/-/u-1.0.0.tgz: a tarball "      \
	"outside the registry\n"                                               \
	"! node_modules/g: git+ssh://git@h.example/g.git#01: a git "           \
	"dependency\n"

	(void)state;
	expect_rewrite("package-lock.json",
	    FILE_OF("https:\\/\\/h.example\\/@s\\/a\\/-\\/@s\\/a-1.0.0.tgz",
		R "b/-/b-1.0.0.tgz"),
	    NULL,
	    TOLD "2 changed, 0 same:\n" FILE_OF(
		FAR "@s/a/-/a-1.0.0.tgz", FAR "b/-/b-1.0.0.tgz"));
	expect_rewrite("npm-shrinkwrap.json",
	    "{\"lockfileVersion\":1,\"dependencies\":{\"a\":{\"version\":\"1.0.0\","
	    "\"resolved\":\"" R
	    "a/-/a-1.0.0.tgz\",\"dependencies\":{\"g\":{\"version\":"
	    "\"github:u/g#01\"},\"b\":{\"version\":\"npm:c@1.0.0\","
	    "\"resolved\":\"" R "c/-/c-1.0.0.tgz\"}}}}}",
	    NULL,
	    "! g: github:u/g#01: a git dependency\n2 changed, 0 same:\n"
	    "{\"lockfileVersion\":1,\"dependencies\":{\"a\":{\"version\":\"1.0.0\","
	    "\"resolved\":\"" FAR
	    "a/-/a-1.0.0.tgz\",\"dependencies\":{\"g\":{\"version\":"
	    "\"github:u/g#01\"},\"b\":{\"version\":\"npm:c@1.0.0\","
	    "\"resolved\":\"" FAR "c/-/c-1.0.0.tgz\"}}}}}");
#undef FILE_OF
#undef TOLD
}

static void
test_rewrite_refusals(void **state)
{
	static const struct {
		const char *name, *text, *why;
	} bad[] = {
		{ "pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "yarn 1" },
		{ "yarn.lock", "__metadata:\n  version: 8\n", "yarn 1" },
		{ "bun.lock", "{\"lockfileVersion\":1}", "yarn 1" },
		{ "x", "nothing", "yarn 1" },
		{ "package-lock.json", "{", "JSON" },
		{ "yarn.lock", "# yarn lockfile v1\n a\n", "line 2" },
	};
	const struct ferry_lock_sink sink = { .on_wanted = on_nothing,
		.on_unmirrorable = on_unmirrorable };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_lock_rewrite rewrite = { .to = FAR,
			.sink = &sink };
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf out = FERRY_BUF_INIT;

		assert_int_equal(ferry_lock_rewrite(&rewrite, bad[i].name,
				     ferry_bytes_str(bad[i].text), &out, &err),
		    -1);
		assert_refused(&err, FERRY_EFORMAT, bad[i].why);
		assert_int_equal(out.n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rewrite_yarn_1),
		cmocka_unit_test(test_rewrite_npm),
		cmocka_unit_test(test_rewrite_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
