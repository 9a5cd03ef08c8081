#include "unit.h"

#include <unistd.h>

#include "store/base/bytes.h"
#include "sync/select/lock.h"

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
data_path(char out[4096], const char *name)
{

	assert_non_null(getenv("FERRY_TEST_DATA"));
	assert_true(snprintf(out, 4096, "%s/npm/lock/%s",
			getenv("FERRY_TEST_DATA"), name) < 4096);
}

static void
expect(const char *name, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { on_wanted, on_unmirrorable, &got };
	char path[4096];

	data_path(path, name);
	assert_ok(ferry_buf_reserve(&got, 0, &err), &err);
	got.p[0] = 0;
	assert_ok(ferry_lock_read(path, &sink, &err), &err);
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
test_lock_refusals(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "not a lock file" },
		{ "# yarn lockfile v1\n", "not a lock file" },
		{ "{", "not valid JSON" },
		{ "{}", "neither" },
		{ "{\"packages\":[]}", "neither" },
		{ "{\"lockfileVersion\":4}", "lockfileVersion is 4" },
		{ "{\"lockfileVersion\":\"1\"}", "lockfileVersion is \"1\"" },
		{ "{\"lockfileVersion\":-1}", "lockfileVersion is -1" },
		{ "{\"packages\":{\"node_modules/a\":{\"version\":"
		  "\"1.0.0\\u0000\"}}}",
		    "NUL" },
	};
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { on_wanted, on_unmirrorable, &got };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		assert_int_equal(ferry_lock_parse("some.lock",
				     ferry_bytes_str(bad[i].text), &sink, &err),
		    -1);
		assert_int_equal(err.code, FERRY_EFORMAT);
		if (strstr(err.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
	}
	assert_int_equal(got.n, 0);
	ferry_buf_free(&got);
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
	struct ferry_lock_sink sink = { stop, on_unmirrorable, &calls };
	char path[4096];

	(void)state;
	data_path(path, "v3.json");
	assert_int_equal(ferry_lock_read(path, &sink, &err), -1);
	assert_int_equal(err.code, FERRY_ECANCELLED);
	assert_int_equal(calls, 1);
	assert_non_null(strstr(err.text, "enough; lock file "));
}

static void
test_lock_files(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_lock_sink sink = { on_wanted, on_unmirrorable, &got };
	char *dir = unit_mkdir(), path[300];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/package-lock.json", dir);
	assert_int_equal(ferry_lock_read(path, &sink, &err), -1);
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
	assert_ok(ferry_lock_read(path, &sink, &err), &err);
	assert_non_null(strstr((char *)got.p, "! p4999: " R "p4999: "));

	/* Too long, by its size alone. */
	assert_int_equal(truncate(path, (off_t)FERRY_LOCK_MAX + 1), 0);
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(ferry_lock_read(path, &sink, &err), -1);
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
		cmocka_unit_test(test_lock_refusals),
		cmocka_unit_test(test_lock_sink_stops),
		cmocka_unit_test(test_lock_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
