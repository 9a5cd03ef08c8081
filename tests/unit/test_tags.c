#include "unit.h"

#include <inttypes.h>

#include "store/base/bytes.h"
#include "sync/select/tags.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static void
test_version(void **state)
{
	static const struct {
		const char *tag, *version, *variant; /* version NULL: none */
	} rows[] = {
		{ "1", "1.0.0-", "" },
		{ "1.2", "1.2.0-", "" },
		{ "1.2.3", "1.2.3-", "" },
		{ "v1.2.3", "1.2.3-", "" },
		{ "v1", "1.0.0-", "" },
		{ "22.04", "22.4.0-", "" },
		{ "1.2.3-rc1", "1.2.3-rc1", "" },
		{ "1.2.3-rc.1", "1.2.3-rc.1", "" },
		{ "1.22-beta", "1.22.0-beta", "" },
		{ "1.22-preview7", "1.22.0-preview7", "" },
		{ "1.22-SNAPSHOT", "1.22.0-SNAPSHOT", "" },
		{ "3.13.0rc1", "3.13.0-rc1", "" },
		{ "3.13.0rc1-slim", "3.13.0-rc1", "slim" },
		{ "1.23-rc1-slim-bookworm", "1.23.0-rc1", "slim-bookworm" },
		{ "1.2.3-1", "1.2.3-1", "" },
		{ "1.2.3-1-ubi8", "1.2.3-1", "ubi8" },
		{ "1.2.3-20240101.1", "1.2.3-20240101.1", "" },
		{ "1.22-alpine", "1.22.0-", "alpine" },
		{ "1.22-alpine3.20", "1.22.0-", "alpine3.20" },
		{ "1.22-rcx", "1.22.0-", "rcx" },
		{ "1.22-rc1x", "1.22.0-", "rc1x" },
		{ "1.22-rc.", "1.22.0-", "rc." },
		{ "1.22-development", "1.22.0-", "development" },
		{ "20240101", NULL, NULL },
		{ "1234567", "1234567.0.0-", "" },
		{ "20240101.1", "20240101.1.0-", "" },
		{ "", NULL, NULL },
		{ "v", NULL, NULL },
		{ "latest", NULL, NULL },
		{ "V1.2", NULL, NULL },
		{ "vv1", NULL, NULL },
		{ "1.", NULL, NULL },
		{ "1..2", NULL, NULL },
		{ "1.2.3.4", NULL, NULL },
		{ "1.2_3", NULL, NULL },
		{ "1.2x", NULL, NULL },
		{ "1-", NULL, NULL },
		{ "1--rc", NULL, NULL },
		{ "1-rc1-", NULL, NULL },
		{ "1-_x", NULL, NULL },
		{ "alpine3.20", NULL, NULL },
		{ "99999999999999999999.0", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_tags_version v;
		char text[256];

		if (ferry_tags_version(&v, ferry_bytes_str(rows[i].tag)) !=
		    (rows[i].version != NULL))
			fail_msg("tag '%s'", rows[i].tag);
		if (rows[i].version == NULL)
			continue;
		(void)snprintf(text, sizeof(text),
		    "%" PRIu64 ".%" PRIu64 ".%" PRIu64 "-%.*s", v.semver.major,
		    v.semver.minor, v.semver.patch, (int)v.semver.pre.n,
		    (const char *)v.semver.pre.p);
		assert_string_equal(text, rows[i].version);
		assert_true(ferry_bytes_is(v.variant, rows[i].variant));
	}
}

#define TAGS_MAX 32

/* tags and names are parted by blanks; so is what was chosen, in order. */
static void
expect(const char *tags, const char *names, const char *versions,
    uint64_t latest, bool prereleases, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char copy[2][1024], got[1024] = "", *save;
	const char *list[2][TAGS_MAX];
	struct ferry_tags_selection s = { .names = list[1],
		.versions = versions,
		.latest = latest,
		.prereleases = prereleases };
	bool chosen[TAGS_MAX];
	size_t n[2] = { 0, 0 };
	int count, seen = 0;

	for (int i = 0; i < 2; i++) {
		(void)snprintf(
		    copy[i], sizeof(copy[i]), "%s", i == 0 ? tags : names);
		for (char *p = strtok_r(copy[i], " ", &save); p != NULL;
		     p = strtok_r(NULL, " ", &save)) {
			assert_true(n[i] < TAGS_MAX);
			list[i][n[i]++] = p;
		}
	}
	s.n = n[1];
	assert_ok(
	    count = ferry_tags_select(&s, list[0], n[0], chosen, &err), &err);
	for (size_t i = 0; i < n[0]; i++) {
		size_t used = strlen(got);

		if (!chosen[i])
			continue;
		(void)snprintf(got + used, sizeof(got) - used, "%s%s",
		    seen++ == 0 ? "" : " ", list[0][i]);
	}
	assert_string_equal(got, want);
	assert_int_equal(count, seen);
}

#define GO                                                                     \
	"1 1.21 1.21.9 1.22 1.22.0 1.22.1 1.22.1-alpine 1.22.1-slim 1.23 "     \
	"1.23-rc1 1.23-alpine 1.23-rc1-alpine 2.0 latest alpine tip-slim "     \
	"sha256-" HEX ".sig"

static void
test_select_by_name(void **state)
{

	(void)state;
	expect("a b", "", NULL, 0, false, "a b");
	expect(GO, "latest 1.21 nothing", NULL, 0, false, "1.21 latest");
	expect(GO, "*-slim", NULL, 0, false, "1.22.1-slim tip-slim");
	expect(GO, "1.2[12]", NULL, 0, false, "1.21 1.22");
	/* A pre-release that a glob fits is wanted. */
	expect(GO, "1.23-rc*", NULL, 0, false, "1.23-rc1 1.23-rc1-alpine");
	expect("", "*", NULL, 0, false, "");
}

static void
test_select_leaves_fallback_tags(void **state)
{

	(void)state;
	expect("a sha256-" HEX, "", NULL, 0, false, "a");
	expect("a sha256-" HEX, "*", NULL, 0, false, "a");
	expect("a sha256-" HEX, "sha256-" HEX, NULL, 0, false, "sha256-" HEX);
}

static void
test_select_versions(void **state)
{

	(void)state;
	expect(GO, "", "^1.22", 0, false, "1.22 1.22.0 1.22.1 1.23");
	expect(GO, "", "^1.22", 0, true, "1.22 1.22.0 1.22.1 1.23 1.23-rc1");
	expect(GO, "", ">=1.23.0-rc1 <2", 0, false, "1.23 1.23-rc1");
	expect(GO, "latest", "~1.21", 0, false, "1.21 1.21.9 latest");
	expect(GO, "*-alpine", "^1.22", 0, false, "1.22.1-alpine 1.23-alpine");
	expect(GO, "*-alpine", "^1.23", 0, true, "1.23-alpine 1.23-rc1-alpine");
	/* A glob narrows. */
	expect(GO, "*-slim", "1.22.1", 0, false, "1.22.1-slim");
	expect(GO, "1.22*", "^1.22", 0, false,
	    "1.22 1.22.0 1.22.1 1.22.1-alpine 1.22.1-slim");
	/* A name is a name, also out of the range. */
	expect(GO, "1.21.9", "2", 0, false, "1.21.9 2.0");
	expect(GO, "", "^9", 0, false, "");
}

static void
test_select_latest(void **state)
{

	(void)state;
	expect(GO, "", NULL, 1, false, "2.0");
	expect(GO, "", NULL, 3, false, "1.22.1 1.23 2.0");
	/* 1.22 and 1.22.0 are one version. */
	expect(GO, "", "<1.22.1", 1, false, "1.22 1.22.0");
	expect(GO, "", "^1.22", 2, false, "1.22.1 1.23");
	expect(GO, "", "^1.22", 2, true, "1.23 1.23-rc1");
	expect(GO, "*-alpine", "^1.22", 2, false, "1.22.1-alpine 1.23-alpine");
	expect(GO, "", NULL, UINT64_MAX, false,
	    "1 1.21 1.21.9 1.22 1.22.0 1.22.1 1.23 2.0");
	/* A date is not the newest version. */
	expect("3.19 3.20 20240329", "", NULL, 1, false, "3.20");
	expect("v1.9.0 v1.10.0 1.9", "", NULL, 1, false, "v1.10.0");
}

static void
test_select_refuses_what_is_no_range(void **state)
{
	struct ferry_tags_selection s = { .versions = "1.x.y.z <" };
	struct ferry_error err = FERRY_ERROR_INIT;
	const char *tag = "1.0";
	bool chosen;

	(void)state;
	assert_int_equal(ferry_tags_select(&s, &tag, 1, &chosen, &err), -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_select_by_name),
		cmocka_unit_test(test_select_leaves_fallback_tags),
		cmocka_unit_test(test_select_versions),
		cmocka_unit_test(test_select_latest),
		cmocka_unit_test(test_select_refuses_what_is_no_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
