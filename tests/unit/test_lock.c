#include "unit.h"

#include <unistd.h>

#include "sync/select/lock/lock.h"

/* A sink that writes one line for each entry. */
static int
on_wanted(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "%s@%s %s %s%s\n", w->name, w->version,
	    w->integrity == NULL ? "-" : w->integrity,
	    w->resolved == NULL ? "-" : w->resolved,
	    w->optional ? " optional" : "");
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "! %s: %s: %s\n", name, what, why);
}

static void
expect(const char *name, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.ctx = &got };
	char path[UNIT_PATH];

	unit_data(path, "npm/lock/%s", name);
	assert_ok(ferry_buf_reserve(&got, 0, &err), &err);
	got.p[0] = 0;
	assert_ok(ferry_lock_read("npm", path, &sink, &err), &err);
	assert_string_equal((char *)got.p, want);
	ferry_buf_free(&got);
}

#define R "https://registry.example/"

static void
test_lock_v1(void **state)
{

	(void)state;
	expect("v1.json",
	    "plain@1.2.3 sha512-AAAA " R "plain/-/plain-1.2.3.tgz\n"
	    "@s/nested@1.0.0-rc.1 sha1-BBBB " R
	    "@s/nested/-/nested-1.0.0-rc.1.tgz optional\n"
	    "bare@0.0.1 - -\n"
	    "@s/real@3.0.0 sha512-CCCC " R "@s/real/-/real-3.0.0.tgz\n"
	    "no-marks@1.0.0 - " R "x/1.0.0.tar\n"
	    "! by-git: git+ssh://git@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! by-host: github:u/r#0123: a git dependency\n"
	    "! by-url: https://***@host.example/x.tgz: "
	    "a tarball outside the registry\n"
	    "! by-file: file:x-1.0.0.tgz: a file of the project\n"
	    "! old-git: git://host.example/r.git#0123: a git dependency\n"
	    "! old-url: https://host.example/y.tgz: "
	    "a tarball outside the registry\n"
	    "old-again@1.0.0 - " R "old-again/-/old-again-1.0.0.tgz\n"
	    "resolved-false@1.0.0 - -\n"
	    "! what: not a version: not a version\n"
	    "! ../escape: 1.0.0: not a package name\n");
}

static void
test_lock_v2_uses_packages(void **state)
{

	(void)state;
	expect("v2.json",
	    "plain@1.2.3 sha512-AAAA " R "plain/-/plain-1.2.3.tgz\n");
}

static void
test_lock_v3(void **state)
{

	(void)state;
	expect("v3.json",
	    "plain@1.2.3 sha512-AAAA " R "plain/-/plain-1.2.3.tgz\n"
	    "@s/nested@1.0.0-rc.1 sha1-BBBB sha512-BBBB " R
	    "@s%2fnested/-/nested-1.0.0-rc.1.tgz\n"
	    "@s/real@3.0.0 sha512-CCCC " R "@s/real/-/real-3.0.0.tgz\n"
	    "bare@0.0.1 - -\n"
	    "@s/linux@1.0.0 sha512-FFFF " R
	    "download/@s/linux/1.0.0/0123abcd optional\n"
	    "dev-optional@1.0.0 - -\n"
	    "plain@1.0.0 sha512-GGGG " R "plain/-/plain-1.0.0.tgz\n"
	    "! by-git: git+ssh://git@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! by-token: git+https://***@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! by-url: https://host.example/by-url-1.0.0.tgz: "
	    "a tarball outside the registry\n"
	    "! by-archive: https://***@host.example/u/r/archive/v1.tar.gz: "
	    "a tarball outside the registry\n"
	    "! other-url: http://host.example/other.tgz: "
	    "a tarball outside the registry\n"
	    "exact-url@1.0.0 - " R "exact-url/-/exact-url-1.0.0.tgz\n"
	    "no-marks@1.0.0 - " R "~/11/no-marks/1.0.0.tgz?x=1\n"
	    "! overridden: https://host.example/u/r/tar.gz/0123: "
	    "a tarball outside the registry\n"
	    "! by-file: file:x-1.0.0.tgz: a file of the project\n"
	    "! versionless: : without a version\n"
	    "! .hidden: 1.0.0: not a package name\n"
	    "unicode@1.0.0 - -\n");
}

static void
test_lock_without_entries(void **state)
{

	(void)state;
	expect("empty.json", "");
}

static void
test_lock_without_lockfile_version(void **state)
{

	(void)state;
	expect("old.json",
	    "plain@1.2.3 - http://registry.example/plain/-/plain-1.2.3.tgz\n");
}

static void
test_lock_yarn_1(void **state)
{

	(void)state;
	expect("yarn-1.lock",
	    "@s/nested@1.0.0-rc.1 sha512-BBBB== " R
	    "@s/nested/-/nested-1.0.0-rc.1.tgz\n"
	    "plain@1.2.3 sha1-ASNFZ4mrze8BI0VniavN7wEjRWc= " R
	    "plain/-/plain-1.2.3.tgz\n"
	    "@s/real@3.0.0 sha1-CCCC sha512-CCCC " R
	    "@s/real/-/real-3.0.0.tgz\n"
	    "JSONStream@1.0.0 - -\n"
	    "mirrored@1.0.0 sha1-ASNFZ4mrze8BI0VniavN7wEjRWc= -\n"
	    "! true-to: 1: not a version\n"
	    "! by-git: git+ssh://git@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! by-host: https://codeload.host.example/u/r/tar.gz/0123: "
	    "a git dependency\n"
	    "! by-https: https://***@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! git+https://host.example/u/nameless.git: "
	    "git+https://host.example/u/nameless.git#0123: "
	    "a git dependency\n"
	    "! by-url: https://host.example/x.tgz"
	    "#0123456789abcdef0123456789abcdef01234567: "
	    "a tarball outside the registry\n"
	    "! by-file: file:x-1.0.0.tgz#0123: a file of the project\n"
	    "! overridden: git+https://host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! unknown: jsr:@s/x@1: "
	    "a kind of dependency that npm does not know\n"
	    "! ../escape: 1.0.0: not a package name\n"
	    "! versionless: : without a version\n");
}

static void
test_lock_yarn_4(void **state)
{

	(void)state;
	expect("yarn-4.lock",
	    "@s/nested@1.0.0-rc.1 - -\n"
	    "@s/real@3.0.0 - -\n"
	    "@s/elsewhere@1.0.0 - " R "download/@s/elsewhere/1.0.0/0123\n"
	    "patched@1.0.0 - -\n"
	    "@s/twice@2.0.0 - -\n"
	    "! by-file: file:./x.tgz: a file of the project\n"
	    "! made: exec:./make.js: made by a script of the project\n"
	    "! by-git: ssh://git@host.example/u/r.git#commit=0123: "
	    "a git dependency\n"
	    "! by-https: https://***@host.example/u/r"
	    "#workspace=a&commit=0123: a git dependency\n"
	    "! by-host: git@host.example:u/r.git#commit=0123: "
	    "a git dependency\n"
	    "! by-url: https://host.example/x.tgz: "
	    "a tarball outside the registry\n"
	    "! unknown: jsr:1.0.0: "
	    "a kind of dependency that npm does not know\n"
	    "long@1.0.0 - -\n"
	    "! odd: 1: not a version\n");
}

static void
test_lock_pnpm_5(void **state)
{

	(void)state;
	expect("pnpm-5.yaml",
	    "plain@1.2.3 sha512-AAAA " R "download/plain/1.2.3/0123\n"
	    "@s/nested@1.0.0-rc.1 sha1-BBBB= - optional\n"
	    "@s/real@3.0.0 sha512-CCCC -\n"
	    "older@1.0.0 - -\n"
	    "@s/there@1.0.0 sha512-DDDD -\n"
	    "! by-host: https://codeload.host.example/u/r/tar.gz/0123: "
	    "a tarball outside the registry\n"
	    "! by-git: ssh://git@host.example/u/s.git#0123: "
	    "a git dependency\n"
	    "! by-url: https://host.example/1.0.0/1.0.0: "
	    "a tarball outside the registry\n"
	    "! by-file: file:x.tgz: a file of the project\n"
	    "! .hidden: 1.0.0: not a package name\n");
}

static void
test_lock_pnpm_6(void **state)
{

	(void)state;
	expect("pnpm-6.yaml", "plain@1.2.3 sha512-AAAA -\n"
			      "@s/nested@1.0.0-rc.1 sha512-BBBB - optional\n"
			      "@s/there@1.0.0 sha512-DDDD -\n"
			      "! by-url: https://host.example/x.tgz: "
			      "a tarball outside the registry\n");
}

static void
test_lock_pnpm_9(void **state)
{

	(void)state;
	expect("pnpm-9.yaml",
	    "settings@1.0.0 sha512-GGGG -\n"
	    "@pnpm/exe.linux-x64@12.0.0 sha512-HHHH - optional\n"
	    "plain@1.2.3 sha512-AAAA -\n"
	    "@s/nested@1.0.0-rc.1 sha512-BBBB - optional\n"
	    "@s/both@1.0.0 sha512-CCCC " R "download/@s/both/1.0.0/0123\n"
	    "pruned@1.0.0 sha512-DDDD -\n"
	    "named@1.0.0 sha512-EEEE -\n"
	    "alpha@1.0.0 sha512-FFFF -\n"
	    "! by-git: ssh://git@host.example/u/r.git#0123: "
	    "a git dependency\n"
	    "! by-host: https://codeload.host.example/u/r/tar.gz/0123: "
	    "a git dependency\n"
	    "! by-url: https://***@host.example/x.tgz: "
	    "a tarball outside the registry\n"
	    "! by-file: file:x.tgz: a file of the project\n"
	    "! node: runtime:22.0.0: "
	    "a runtime that pnpm installs from its makers\n"
	    "! custom: cdn: a kind of dependency that npm does not know\n");
}

static void
test_lock_bun(void **state)
{

	(void)state;
	expect("bun.lock", "plain@1.2.3 sha512-AAAA -\n"
			   "@s/nested@1.0.0-rc.1 sha512-BBBB " R
			   "@s/nested/-/nested-1.0.0-rc.1.tgz\n"
			   "@s/real@3.0.0 - -\n"
			   "beside@1.0.0 sha512-DDDD -\n"
			   "! by-git: git+ssh://git@host.example/u/r.git#0123: "
			   "a git dependency\n"
			   "! by-host: github:u/r#0123: a git dependency\n"
			   "! by-url: https://***@host.example/x.tgz: "
			   "a tarball outside the registry\n"
			   "! by-file: ./x.tgz: a file of the project\n"
			   "! unknown: jsr:1.0.0: "
			   "a kind of dependency that npm does not know\n"
			   "! .hidden: 1.0.0: not a package name\n");
}

/* What is wanted of a project is the same, whoever locked it. */
static int
on_any(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{
	struct ferry_buf *seen = ctx;
	char line[100];

	assert_true(snprintf(line, sizeof(line), "%s@%s\n", w->name,
			w->version) < (int)sizeof(line));
	if (w->integrity != NULL)
		assert_int_equal(strncmp(w->integrity, "sha512-", 7), 0);
	return seen->n > 0 && strstr((char *)seen->p, line) != NULL
	           ? 0
	           : ferry_buf_adds(seen, line, err);
}

static void
test_lock_one_project(void **state)
{
	static const char *const files[] = { "one-npm.json",
		"one-pnpm-5.4.yaml", "one-pnpm-6.0.yaml", "one-pnpm-9.0.yaml",
		"one-yarn-1.lock", "one-yarn-3.lock", "one-yarn-4.lock",
		"one-bun.lock" };
	static const char *const wants[] = { "@acme/peer@3.1.0\n",
		"left@1.1.0\n", "left@2.0.0\n", "native-linux@1.0.0\n",
		"native-win@1.0.0\n", "old@1.0.0\n", "with-peer@1.0.0\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf got = FERRY_BUF_INIT;
		struct ferry_lock_sink sink = { .on_wanted = on_any,
			.on_unmirrorable = on_unmirrorable,
			.ctx = &got };
		char path[UNIT_PATH];
		size_t n = 0;

		unit_data(path, "npm/lock/%s", files[i]);
		assert_ok(ferry_lock_read("npm", path, &sink, &err), &err);
		for (size_t k = 0; k < sizeof(wants) / sizeof(wants[0]); k++) {
			n += strlen(wants[k]);
			if (strstr((char *)got.p, wants[k]) == NULL)
				fail_msg("%s: no %s", files[i], wants[k]);
		}
		assert_int_equal(got.n, n);
		ferry_buf_free(&got);
	}
}

#define BERRY "__metadata:\n  version: 8\n"
#define PNPM "lockfileVersion: '9.0'\npackages:\n"
#define BUN "{\"lockfileVersion\":1,\n\"packages\":{\n"

static void
test_lock_refusals(void **state)
{
	static const struct {
		const char *name, *text, *why;
	} bad[] = {
		{ "some.lock", "", "not a lock file" },
		{ "some.lock", "left@^1:\n", "not a lock file" },
		{ "some.lock", "{", "not valid JSON at line 1" },
		{ "some.lock", "{}", "neither" },
		{ "some.lock", "{\"packages\":[]}", "neither" },
		{ "some.lock", "{\"lockfileVersion\":4}",
		    "lockfileVersion is 4" },
		{ "some.lock", "{\"lockfileVersion\":\"1\"}",
		    "lockfileVersion is \"1\"" },
		{ "some.lock", "{\"lockfileVersion\":-1}",
		    "lockfileVersion is -1" },
		{ "some.lock",
		    "{\"packages\":{\"node_modules/a\":{\"version\":"
		    "\"1.0.0\\u0000\"}}}",
		    "NUL" },

		{ "yarn.lock", "# yarn lockfile v2\n",
		    "line 1: yarn lockfile" },
		{ "yarn.lock", "\n<<<<<<< ours\n", "line 2: not what yarn" },
		{ "yarn.lock", "  version 1\n", "line 1: " },
		{ "yarn.lock", "a@1:\n   version 1\n", "line 2: " },
		{ "yarn.lock", "a@1:\n\tversion 1\n", "line 2: " },
		{ "yarn.lock", "a@1\n", "line 1: " },
		{ "yarn.lock", "a@1,:\n", "line 1: " },
		{ "yarn.lock", "a@1: b\n", "line 1: " },
		{ "yarn.lock", "a@1:\n  version\n", "line 2: " },
		{ "yarn.lock", "a@1:\n  version 1 2\n", "line 2: " },
		{ "yarn.lock", "\"a@1:\n", "line 1: " },
		{ "yarn.lock", "\"a\\\":\n", "line 1: " },
		{ "yarn.lock", "\"a@1\\u0000\":\n", "line 1: " },

		{ "yarn.lock", "__metadata:\n  version: 3\n",
		    "line 2: the version in __metadata is '3'" },
		{ "yarn.lock", "__metadata:\n  version: 11\n", "is '11'" },
		{ "yarn.lock", "__metadata: {}\n", "is ''" },
		{ "some.lock", "a: b\n__metadata:\n", "no __metadata" },
		{ "yarn.lock", "{\"__metadata\":{\"version\":9}}", "yarn 6" },
		{ "yarn.lock", BERRY "a: {\n", "line 4: not valid YAML" },
		{ "yarn.lock", BERRY "a: b\n", "'' is not a package" },
		{ "yarn.lock", BERRY "a:\n  resolution: a\n", "line 3" },
		{ "yarn.lock", BERRY "a: {resolution: 'a@patch:%'}\n",
		    "percent-encoding; line 3" },
		{ "yarn.lock", BERRY "a: {resolution: \"a@x:\\0\"}\n", "NUL" },

		{ "pnpm-lock.yaml", "", "empty" },
		{ "pnpm-lock.yaml", "---\n---\n", "empty" },
		{ "pnpm-lock.yaml", "a: b\n", "no lockfileVersion" },
		{ "pnpm-lock.yaml", "lockfileVersion: 4\n", "is 4" },
		{ "pnpm-lock.yaml", "lockfileVersion: '10.0'\n", "is 10.0" },
		{ "pnpm-lock.yaml", "lockfileVersion: [5]\n", "no lockfile" },
		{ "pnpm-lock.yaml", PNPM "- a\n",
		    "line 3: 'packages' is not a mapping" },
		{ "pnpm-lock.yaml", "lockfileVersion: 9.0\nsnapshots: a\n",
		    "line 2: 'snapshots'" },
		{ "pnpm-lock.yaml", PNPM "  a@1.0.0: {\n",
		    "line 4: not valid" },
		{ "pnpm-lock.yaml",
		    PNPM "  a@1.0.0: {resolution: {integrity: \"\\0\"}}\n",
		    "NUL; line 3" },

		{ "bun.lock", "", "not valid JSON" },
		{ "bun.lock", "{}", "no lockfileVersion" },
		{ "bun.lock", "{\"lockfileVersion\":4}", "is 4, ferry" },
		{ "bun.lock", "{\n\"lockfileVersion\":\"1\"}", "line 2: " },
		{ "bun.lock", "{\"lockfileVersion\":1,\"packages\":1}",
		    "not an object" },
		{ "bun.lock", BUN "\"a\":1}}", "line 3: not a list" },
		{ "bun.lock", BUN "\"a\":[]}}", "line 3: " },
		{ "bun.lock", BUN "\"a\":[\"a\"]}}", "line 3: " },
		{ "bun.lock", BUN "\"a\":[\"a@1.0.0\"]}}", "line 3: " },
		{ "bun.lock", BUN "\"a\":[\"a@1.0.0\",\"\",{},1]}}",
		    "line 3: " },
		{ "bun.lock", BUN "\"a\":[\"a@1.0.0\",\"\\u0000\",{},\"\"]}}",
		    "line 3: " },
		{ "bun.lock", BUN ",}}", "line 3" },
		{ "bun.lock", BUN "\"a\":[,]}}", "line 3" },
		{ "bun.lock", BUN "\"a\":[\"a@x:\",,]}}", "line 3" },
		{ "bun.lock", BUN "}}/* no end", "line 3" },
		{ "bun.lock", BUN "}}/", "line 3" },
		{ "bun.lock", BUN "/* \" */ \"a}}", "line 3" },
		{ "bun.lockb", "", "--save-text-lockfile" },
		{ "some.lock", "#!/usr/bin/env bun\nbun-lockfile-format-v0\n",
		    "--save-text-lockfile" },
	};
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.ctx = &got };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_lock_parse("npm", bad[i].name,
			ferry_bytes_str(bad[i].text), &sink, &err) == 0)
			fail_msg("%s: %s: no error", bad[i].name, bad[i].text);
		assert_refused(&err, FERRY_EFORMAT, bad[i].why);
	}
	assert_int_equal(got.n, 0);
	ferry_buf_free(&got);
}

/* One text for each kind that says something without end. */
static void
test_lock_bounds(void **state)
{
	static const struct {
		const char *name, *start, *again, *why;
	} deep[] = {
		{ "bun.lock", BUN "\"a\":", "[", "JSON is nested" },
		{ "package-lock.json", "{\"packages\":", "{\"a\":", "nested" },
		{ "pnpm-lock.yaml", PNPM "  a: ", "[", "YAML is nested" },
		{ "yarn.lock", BERRY "a: ", "[", "YAML is nested" },
		{ "yarn.lock", BERRY "a:\n  resolution: a@", "patch:a@",
		    "more than 8 patches; line 3" },
	};
	struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable };

	(void)state;
	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf text = FERRY_BUF_INIT;

		assert_ok(ferry_buf_adds(&text, deep[i].start, &err), &err);
		for (int k = 0; k < 1000; k++)
			assert_ok(
			    ferry_buf_adds(&text, deep[i].again, &err), &err);
		assert_ok(ferry_buf_adds(&text, "\n", &err), &err);
		assert_int_equal(ferry_lock_parse("npm", deep[i].name,
				     ferry_bytes_buf(&text), &sink, &err),
		    -1);
		assert_refused(&err, FERRY_ELIMIT, deep[i].why);
		ferry_buf_free(&text);
	}
}

static int
on_nothing(
    void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	(void)ctx, (void)w, (void)err;
	return 0;
}

static int
on_pruned(void *ctx, uint64_t n, const char *of, struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "%d: %s\n", (int)n, of);
}

static void
expect_pruned(const char *packages, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { .on_wanted = on_nothing,
		.on_unmirrorable = on_unmirrorable,
		.on_pruned = on_pruned,
		.ctx = &got };

	assert_ok(ferry_buf_addf(&text, &err,
		      "{\"lockfileVersion\":3,\"packages\":{%s}}", packages),
	    &err);
	assert_ok(ferry_lock_parse("npm", "package-lock.json",
		      ferry_bytes_buf(&text), &sink, &err),
	    &err);
	assert_string_equal(got.p == NULL ? "" : (char *)got.p, want);
	ferry_buf_free(&got);
	ferry_buf_free(&text);
}

#define AT(place, version, more)                                               \
	"\"" place "\":{\"version\":\"" version "\"" more "}"
#define NEEDS(names) ",\"optionalDependencies\":{" names "}"

static void
test_lock_pruned(void **state)
{

	(void)state;
	expect_pruned(AT("", "1.0.0", ""), "");
	/* All there, here or above. */
	expect_pruned(
	    AT("node_modules/x", "1.0.0",
		NEEDS(
		    "\"@x/a\":\"^1\",\"b\":\"npm:c@1\"")) "," AT("node_modules/@x/a",
		"1.2.0",
		"") "," AT("node_modules/x/node_modules/b", "9.0.0", ""),
	    "");
	/* One is not, and another is of another version. */
	expect_pruned(
	    AT("node_modules/p/node_modules/x", "1.0.0",
		NEEDS(
		    "\"@x/a\":\"1.0.0\",\"@x/b\":\"1.0.0\",\"@x/c\":\"1.0.0\"")) "," AT("node_modules/@x/a",
		"2.0.0",
		"") "," AT("node_modules/p/node_modules/@x/c", "1.0.0", ""),
	    "2: x@1.0.0 (2)\n");
	/* A workspace, the project itself, twice the same, what is bundled. */
	expect_pruned(
	    "\"\":{\"optionalDependencies\":{\"gone\":\"1\"}}," AT("packages/w",
		"1.0.0",
		NEEDS(
		    "\"gone\":\"1\",\"here\":\"1\"")) "," AT("packages/w/node_modules/here",
		"1.0.0", "") "," AT("node_modules/y", "1.0.0",
		NEEDS("\"gone\":\"1\"")) "," AT("node_modules/z/node_modules/y",
		"1.0.0", NEEDS("\"gone\":\"1\"")) "," AT("node_modules/i",
		"1.0.0", ",\"inBundle\":true" NEEDS("\"gone\":\"1\"")),
	    "3: the project (1), y@1.0.0 (1), packages/w@1.0.0 (1)\n");
}

static int
stop(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	(void)w;
	++*(int *)ctx;
	return ferry_error_set(err, FERRY_ECANCELLED, "enough");
}

static void
test_lock_sink_stops(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int calls = 0;
	struct ferry_lock_sink sink = { .on_wanted = stop,
		.on_unmirrorable = on_unmirrorable,
		.ctx = &calls };
	char path[UNIT_PATH];

	(void)state;
	unit_data(path, "npm/lock/v3.json");
	assert_int_equal(ferry_lock_read("npm", path, &sink, &err), -1);
	assert_refused(&err, FERRY_ECANCELLED, "enough; lock file ");
	assert_int_equal(calls, 1);
}

static void
test_lock_files(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.ctx = &got };
	char *dir = unit_mkdir(), path[300];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/package-lock.json", dir);
	assert_int_equal(ferry_lock_read("npm", path, &sink, &err), -1);
	assert_int_equal(err.code, FERRY_ESYSTEM);

	/* With a byte order mark, and more than one read. */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("\xef\xbb\xbf{\"packages\":{", f) >= 0);
	for (int i = 0; i < 5000; i++)
		assert_true(fprintf(f,
				"%s\"node_modules/p%d\":{\"version\":"
				"\"1.0.%d\",\"resolved\":\"" R "p%d\"}",
				i == 0 ? "" : ",", i, i, i) > 0);
	assert_true(fputs("}}", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_ok(ferry_lock_read("npm", path, &sink, &err), &err);
	assert_non_null(strstr((char *)got.p, "! p4999: " R "p4999: "));

	/* Too long, by its size alone. */
	assert_int_equal(truncate(path, (off_t)FERRY_LOCK_MAX + 1), 0);
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(ferry_lock_read("npm", path, &sink, &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	ferry_buf_free(&got);
	unit_rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_v1),
		cmocka_unit_test(test_lock_v2_uses_packages),
		cmocka_unit_test(test_lock_v3),
		cmocka_unit_test(test_lock_without_entries),
		cmocka_unit_test(test_lock_without_lockfile_version),
		cmocka_unit_test(test_lock_yarn_1),
		cmocka_unit_test(test_lock_yarn_4),
		cmocka_unit_test(test_lock_pnpm_5),
		cmocka_unit_test(test_lock_pnpm_6),
		cmocka_unit_test(test_lock_pnpm_9),
		cmocka_unit_test(test_lock_bun),
		cmocka_unit_test(test_lock_one_project),
		cmocka_unit_test(test_lock_refusals),
		cmocka_unit_test(test_lock_bounds),
		cmocka_unit_test(test_lock_pruned),
		cmocka_unit_test(test_lock_sink_stops),
		cmocka_unit_test(test_lock_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
