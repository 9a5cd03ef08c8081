/* Gemfile.lock and gems.locked. */

#include "unit.h"

#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

#define URL "https://registry.example/"

/* A sink that writes one line for each entry. */
static int
on_wanted(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	bool usual = w->registry == NULL || strcmp(w->registry, URL) == 0;

	assert_null(w->resolved);
	return ferry_buf_addf(ctx, err, "%s %s %s%s%s%s%s%s\n", w->name,
	    w->version, w->integrity == NULL ? "-" : w->integrity,
	    w->platforms == NULL ? "" : " on ",
	    w->platforms == NULL ? "" : w->platforms,
	    w->optional ? " optional" : "", usual ? "" : " at ",
	    usual ? "" : w->registry);
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	return ferry_buf_addf(ctx, err, "! %s: %s: %s\n", name, what, why);
}

/* What is read of text. */
static int
read_lock(
    struct ferry_bytes text, struct ferry_buf *got, struct ferry_error *err)
{
	const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.ctx = got };

	assert_int_equal(ferry_buf_adds(got, "", err), 0);
	return ferry_lock_bundler(text, &sink, err);
}

static void
expect(const char *text, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;

	assert_ok(read_lock(B(text), &got, &err), &err);
	assert_string_equal((char *)got.p, want);
	ferry_buf_free(&got);
}

static void
expect_refused(struct ferry_bytes text, const char *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;

	assert_int_equal(read_lock(text, &got, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, err.text);
	ferry_buf_free(&got);
}

#define GEM "GEM\n  remote: " URL "\n  specs:\n"
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHORT "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SRI "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void
test_lock_gems_of_files(void **state)
{
	static const char *const names[] = { "Gemfile.lock", "crlf" };
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ferry_buf got = FERRY_BUF_INIT;
		const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
			.on_unmirrorable = on_unmirrorable,
			.ctx = &got };
		char path[UNIT_PATH];

		unit_data(path, "rubygems/lock/%s", names[i]);
		assert_ok(ferry_lock_read("rubygems", path, &sink, &err), &err);
		assert_string_equal((char *)got.p,
		    "! fork: https://git.example/fork.git: a git dependency\n"
		    "! app: .: a gem of the project\n"
		    "native 1.5.0 " SRI "\n"
		    "native 1.5.0 - on arm64-darwin-23 x86_64-linux\n"
		    "native 1.5.0-x86_64-linux -\n"
		    "rack 2.2.4 "
		    "sha256-AbpHGcgLb+kRsJGnwFEktk7uzpZOCcBY74+YBdrKVGs=\n"
		    "rack 2.2.4 - on arm64-darwin-23 x86_64-linux\n"
		    "private 1.0 - optional at https://other.example/\n"
		    "private 1.0 - on arm64-darwin-23 x86_64-linux optional "
		    "at https://other.example/\n"
		    "private 1.0 - optional at https://third.example/\n"
		    "private 1.0 - on arm64-darwin-23 x86_64-linux optional "
		    "at https://third.example/\n"
		    "bundler 2.3.15 - optional\n");
		ferry_buf_free(&got);
	}
}

static void
test_lock_gems_sources(void **state)
{

	(void)state;
	expect("GEM\n  remote: https://mirror.example/x\n  specs:\n"
	       "    rack (2.2.4)\n"
	       "GEM\n  remote: HTTP://other.example\n  specs:\n"
	       "    private (1.0)\n",
	    "rack 2.2.4 - at https://mirror.example/x\n"
	    "private 1.0 - at HTTP://other.example\n");
	/* A block of two remotes: its gems may be of either. */
	expect("GEM\n  remote: " URL "\n"
	       "  remote: https://other.example/\n  specs:\n    a (1)\n",
	    "a 1 - optional\na 1 - optional at https://other.example/\n");
	expect("GEM\n  remote: file:///srv/gems\n  specs:\n    a (1)\n",
	    "! a: file:///srv/gems: its source is no registry\n");
}

static void
test_lock_gems_entries(void **state)
{

	(void)state;
	/* Only what stands four blanks deep is an entry. */
	expect(
	    GEM "    a (1)\n      b (>= 2)\n  c (3)\n     d (4)\n", "a 1 -\n");
	expect("", "");
	expect("DEPENDENCIES\n    a (1)\n", "");
	expect("SOMETHING NEW\n  specs:\n    a (1)\n" GEM "    b (1)\n",
	    "b 1 -\n");
	expect("GEM\n  specs:\n    a (1)\n", "a 1 -\n");
	/* Names and versions that are none. */
	expect(GEM "    a/b (1)\n    .. (1)\n    c (x)\n    d ()\n    e (1\n"
		   "    f(1)\n     (1)\n",
	    "! a/b: 1: not a gem's name\n"
	    "! ..: 1: not a gem's name\n"
	    "! c: x: not a version\n"
	    "! d: : not a version\n");
	expect("PLUGIN SOURCE\n  remote: https://plugin.example/\n"
	       "  type: odd\n  specs:\n    p (1)\n",
	    "! p: https://plugin.example/: of a plugin's source\n");
	/* Without PLATFORMS, and with Ruby alone, there are no variants. */
	expect(GEM "    a (1)\nPLATFORMS\n  ruby\n", "a 1 -\n");
	expect("PLATFORMS\n  java\n\n" GEM "    a (1)\n    a (1-java)\n",
	    "a 1 -\na 1 - on java\na 1-java -\n");
	expect(
	    "BUNDLED WITH\n   2.7.0.dev\n", "bundler 2.7.0.dev - optional\n");
	expect("BUNDLED WITH\n   nothing\n",
	    "! bundler: nothing: not a version\n");
}

static void
test_lock_gems_checksums(void **state)
{

	(void)state;
	expect(GEM "    a (1)\n    b (2)\n    c (3)\n"
		   "CHECKSUMS\n  c (3) sha256=" HEX "\n  b (2)\n"
		   "  a (1) sha256=" HEX ",sha512=00\n  z (9) md5=1\n",
	    "a 1 " SRI "\nb 2 -\nc 3 " SRI "\n");
	/* Several, of kinds that come and go. */
	expect(GEM "    a (1)\nCHECKSUMS\n  a (1) md5=00,sha256=" HEX
		   ",sha3-256=" HEX "\n",
	    "a 1 " SRI "\n");
	expect(GEM "    a (1)\nCHECKSUMS\n  a (1) sha1=" SHORT ", sha256=" HEX
		   "\n",
	    "a 1 sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= " SRI "\n");
	/* Of another version, which says nothing. */
	expect(GEM "    a (1)\nCHECKSUMS\n  a (2) sha256=" HEX "\n", "a 1 -\n");
	/* One that cannot be read is not taken for none. */
	expect_refused(
	    B(GEM "    a (1)\nCHECKSUMS\n  a (1) sha256=123\n"), "checksum");
	expect_refused(
	    B(GEM "    a (1)\nCHECKSUMS\n  a (1) md5=" HEX "\n"), "checksum");
}

static void
test_lock_gems_refused(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf many = FERRY_BUF_INIT;

	(void)state;
	expect_refused(B(GEM "<<<<<<< HEAD\n    a (1)\n"), "merge conflict");
	expect_refused(B(GEM "    a (1)\n>>>>>>> x\n"), "merge conflict");
	expect_refused(ferry_bytes_of("GEM\0", 4), "NUL");
	assert_ok(ferry_buf_adds(&many, "GEM\n", &err), &err);
	for (int i = 0; i < 33; i++)
		assert_ok(ferry_buf_addf(&many, &err,
			      "  remote: https://r%d.example/\n", i),
		    &err);
	expect_refused(ferry_bytes_buf(&many), "remotes");
	ferry_buf_free(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_gems_of_files),
		cmocka_unit_test(test_lock_gems_sources),
		cmocka_unit_test(test_lock_gems_entries),
		cmocka_unit_test(test_lock_gems_checksums),
		cmocka_unit_test(test_lock_gems_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
