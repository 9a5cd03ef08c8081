/* NuGet: the vectors of store/format/nuget/PROTOCOL.md, names, frameworks, XML,
 * nuspecs, and what paths mean. */

#include "unit.h"

#include <jansson.h>

#include "serve/replay/call.h"
#include "serve/replay/nuget/path.h"
#include "store/base/xml.h"
#include "store/format/format.h"
#include "store/format/nuget/check.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"
#include "sync/upstream/nuget/frameworks.h"
#include "sync/upstream/nuget/nuget.h"
#include "sync/upstream/nuget/nuspec.h"

static struct ferry_nuget_version
version(const char *text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_nuget_version v;

	assert_ok(ferry_nuget_version_parse(&v, B(text), &err), &err);
	return v;
}

static void
test_version_normalised(void **state)
{
	static const char *const rows[][2] = { { "1", "1.0.0" },
		{ "1.00", "1.0.0" }, { "1.01.1", "1.1.1" },
		{ "1.0.0.0", "1.0.0" }, { "1.0.0.1", "1.0.0.1" },
		{ "1.0.01.0", "1.0.1" }, { "1.0.7+r3456", "1.0.7" },
		{ "1.0-Alpha", "1.0.0-alpha" },
		{ "1.2.0.0-Beta.1+abc", "1.2.0-beta.1" },
		{ " 1.2.3 ", "1.2.3" } };
	static const char *const bad[] = { "", "1beta", "1.2.3.4.5",
		"1.2.3.Beta", "1.4.7-", "1.0.0+", "1.2147483648", "1..2", "1.",
		"1,0", "v1.0", "1.0.0-01", "1.0.0-alpha.01", "1.0.0-a_b",
		"1.0.0-a..b", "1.0.0-a+b+c" };
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_buf key = FERRY_BUF_INIT;

		assert_int_equal(
		    ferry_nuget_version_key(&key, B(rows[i][0]), &err), 1);
		assert_string_equal((char *)key.p, rows[i][1]);
		assert_true(ferry_nuget_version_valid(B(rows[i][1])));
		ferry_buf_free(&key);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_buf key = FERRY_BUF_INIT;

		assert_int_equal(
		    ferry_nuget_version_key(&key, B(bad[i]), &err), 0);
		assert_false(ferry_nuget_version_valid(B(bad[i])));
		ferry_buf_free(&key);
	}
	assert_false(ferry_nuget_version_valid(B("1.0")));
	assert_false(ferry_nuget_version_valid(B("1.0.0-Beta")));
}

static void
test_version_order(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{ "1.0.0-alpha", "1.0.0-ALPHA", 0 },
		{ "1.0.0-rc.10", "1.0.0-rc.2", 1 },
		{ "1.0.0-alpha10", "1.0.0-alpha2", -1 },
		{ "1.0.0-1", "1.0.0-a", -1 },
		{ "1.0.0-a-b", "1.0.0-a.b", 1 },
		{ "1.0.0--1", "1.0.0-1", -1 },
		{ "1.0.0-20240101123456", "1.0.0-99999999999", -1 },
		{ "1.0.0-2147483648", "1.0.0-3", 1 },
		{ "1.0.0-alpha", "1.0.0-alpha.1", -1 },
		{ "1.0.0-rc1", "1.0.0-rc.1", 1 },
		{ "1.0.0.1-beta", "1.0.0", 1 },
		{ "1.0.0+a", "1.0.0+b", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_nuget_version a = version(rows[i].a),
					   b = version(rows[i].b);

		assert_int_equal(
		    ferry_nuget_version_order(&a, &b), rows[i].order);
		assert_int_equal(
		    ferry_nuget_version_order(&b, &a), -rows[i].order);
	}
}

static void
test_range_best(void **state)
{
	static const char *const have[] = { "1.0.0-alpha", "1.0.0",
		"1.1.0-beta", "1.1.0", "1.2.0-rc.1", "2.0.0-preview.1",
		"2.0.0" };
	static const char *const rows[][2] = { { "1.0", "1.0.0" },
		{ "[1.0,2.0)", "1.0.0" }, { "0.9", "1.0.0" },
		{ "(1.0,2.0)", "1.1.0" }, { "1.*", "1.1.0" },
		{ "1.*-*", "1.2.0-rc.1" }, { "*", "2.0.0" }, { "*-*", "2.0.0" },
		{ "2.0.0-*", "2.0.0" }, { "[1.5,)", "2.0.0" },
		{ "1.1.0-*", "1.1.0" }, { "1.2.*", "2.0.0" },
		{ "[1.0.0-a,2.0)", "1.0.0-alpha" } };
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_nuget_range *range = NULL;
		struct ferry_nuget_version best, v;
		size_t at = 0;
		bool found = false;

		assert_ok(
		    ferry_nuget_range_new(&range, B(rows[i][0]), &err), &err);
		for (size_t k = 0; k < sizeof(have) / sizeof(have[0]); k++) {
			v = version(have[k]);
			if (!ferry_nuget_range_prefers(
				range, found ? &best : NULL, &v))
				continue;
			best = v;
			at = k;
			found = true;
		}
		assert_true(found);
		assert_string_equal(have[at], rows[i][1]);
		ferry_nuget_range_free(range);
	}
}

static void
test_range_means(void **state)
{
	static const struct {
		const char *range, *version;
		bool named, all;
	} rows[] = {
		{ "6.*", "6.1.0", true, true },
		{ "6.*", "6.2.0-beta", false, true },
		{ "6.*", "7.0.0", false, false },
		{ "[1.0,2.0)", "2.0.0-beta", false, true },
		{ "[1.0,2.0)", "1.5.0", true, true },
		{ "(, )", "1.0.0-a", false, true },
		{ "1.0.0-rc.*", "1.0.0-rc.2", true, true },
		{ "1.0.0-rc.*", "1.0.0-zz", false, false },
		{ "[1.0.0-a,2.0)", "1.5.0-b", true, true },
	};
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_nuget_version v = version(rows[i].version);
		struct ferry_nuget_range *range = NULL;

		assert_ok(ferry_nuget_range_new(&range, B(rows[i].range), &err),
		    &err);
		assert_int_equal(ferry_nuget_range_means(range, &v,
				     FERRY_NUGET_PRERELEASES_AS_NAMED),
		    rows[i].named);
		assert_int_equal(ferry_nuget_range_means(
				     range, &v, FERRY_NUGET_PRERELEASES_ALL),
		    rows[i].all);
		ferry_nuget_range_free(range);
	}
}

static void
test_name_key(void **state)
{
	static const char *const good[] = { "A", "A.B", "a-b", "a_b", "_a",
		"\xc3\xa9", "1" };
	static const char *const bad[] = { "", "a..b", "a--b", ".a", "a.", "a-",
		"a b", "a/b", "a+b", "a\xc3", "a\xc3\x97", "../a" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;
	char longest[FERRY_NUGET_ID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ferry_nuget_id_valid(B(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ferry_nuget_id_valid(B(bad[i])));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_false(ferry_nuget_id_valid(B(longest)));
	longest[FERRY_NUGET_ID_MAX] = 0;
	assert_true(ferry_nuget_id_valid(B(longest)));
	assert_ok(ferry_nuget_lower(
		      &key, B("Foo.\xc3\x89\xd0\x96\xce\xa9\xc5\xbd"), &err),
	    &err);
	assert_string_equal(
	    (char *)key.p, "foo.\xc3\xa9\xd0\xb6\xcf\x89\xc5\xbe");
	ferry_buf_free(&key);
	assert_true(ferry_nuget_name_valid(B("octo/ui.core")));
	assert_false(ferry_nuget_name_valid(B("octo/UI.Core")));
	assert_false(ferry_nuget_name_valid(B("Octo/ui")));
	assert_false(ferry_nuget_name_valid(B("a/b/c")));
	assert_false(ferry_nuget_name_valid(B("/a")));
}

static void
test_frameworks_wanted(void **state)
{
	static const struct {
		const char *mine, *theirs;
		bool wanted;
	} rows[] = {
		{ "net8.0", "net6.0", true },
		{ "net8.0", "net8.0", true },
		{ "net8.0", "net9.0", false },
		{ "net8.0", ".NETStandard2.0", true },
		{ "net8.0", "netcoreapp3.1", true },
		{ "net8.0", ".NETFramework4.7.2", true },
		{ "net48", ".NETFramework4.7.2", true },
		{ "net472", "net48", false },
		{ "net48", "net6.0", false },
		{ "netstandard2.0", "netstandard2.1", false },
		{ "netstandard2.0", "net472", false },
		{ "net8.0", "uap10.0", false },
		{ "net8.0", ".NETCore5.0", false },
		{ "net8.0", "portable-net45+win8", true },
		{ "net8.0-android", "MonoAndroid10", true },
		{ "net8.0", "MonoAndroid10", false },
		{ "net8.0", "", true },
		{ "net8.0", "something", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct nuget nuget = { .frameworks = { rows[i].mine },
			.frameworks_n = 1 };

		assert_true(ferry_nuget_framework_known(rows[i].mine));
		if (ferry_nuget_framework_wanted(&nuget, B(rows[i].theirs)) !=
		    rows[i].wanted)
			fail_msg("%s of %s", rows[i].theirs, rows[i].mine);
	}
	assert_false(ferry_nuget_framework_known("java8"));
}

static void
test_xml_bounds(void **state)
{
	static const struct {
		const char *text;
		enum ferry_code code;
		const char *why;
	} rows[] = {
		{ "", FERRY_EFORMAT, "no element" },
		{ "<a>", FERRY_EFORMAT, "line 1" },
		{ "<a></b>", FERRY_EFORMAT, "line 1" },
		{ "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", FERRY_EFORMAT,
		    "document type declaration" },
	};
	struct ferry_buf deep = FERRY_BUF_INIT;
	struct ferry_xml *xml = NULL;
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error why = FERRY_ERROR_INIT;

		assert_int_equal(
		    ferry_xml_parse(&xml, B(rows[i].text), "it", &why), -1);
		assert_refused(&why, rows[i].code, rows[i].why);
	}
	for (size_t i = 0; i <= FERRY_XML_DEPTH; i++)
		assert_ok(ferry_buf_adds(&deep, "<a>", &err), &err);
	assert_int_equal(
	    ferry_xml_parse(&xml, ferry_bytes_buf(&deep), "it", &err), -1);
	assert_refused(&err, FERRY_ELIMIT, "nested");
	ferry_buf_free(&deep);
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_ok(ferry_xml_parse(&xml,
		      B("<r xmlns:p='u'><p:a X='1'> t <b/>u</p:a><a/></r>"),
		      "it", &err),
	    &err);
	assert_true(
	    ferry_bytes_is(ferry_xml_bytes(ferry_xml_root(xml), "a"), "t u"));
	assert_string_equal(
	    ferry_xml_attribute(ferry_xml_child(ferry_xml_root(xml), "a"), "x"),
	    "1");
	assert_non_null(
	    ferry_xml_again(ferry_xml_child(ferry_xml_root(xml), "a")));
	ferry_xml_free(xml);
}

static void
test_nuspec_read(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf<?xml version=\"1.0\"?><package "
	    "xmlns='http://x'><metadata minClientVersion='2.12'>"
	    "<id> Foo.Bar </id><version>1.02.0-Beta+x</version>"
	    "<license type='expression'>MIT</license><dependencies>"
	    "<dependency id='A' /><group targetFramework='net8.0'>"
	    "<dependency id='B' version='1.0' /><dependency id='C' "
	    "version='what?' /></group><group /></dependencies>"
	    "<packageTypes><packageType name='DotnetTool' /></packageTypes>"
	    "</metadata></package>";
	static const char want[] =
	    "{\"id\":\"Foo.Bar\",\"version\":\"1.2.0-Beta+x\",\"about\":"
	    "{\"minClientVersion\":\"2.12\",\"licenseExpression\":\"MIT\"},"
	    "\"dependencies\":[{\"needs\":[[\"A\",\"(, )\"]]},"
	    "{\"framework\":\"net8.0\",\"needs\":[[\"B\",\"[1.0.0, )\"],"
	    "[\"C\",\"what?\"]]},{\"needs\":[]}],\"types\":[\"DotnetTool\"]}";
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	char *got;

	(void)state;
	assert_ok(ferry_nuspec_read(record, B(text), &err), &err);
	got = json_dumps(record, JSON_COMPACT);
	assert_string_equal(got, want);
	free(got);
	json_decref(record);
	record = json_object();
	assert_int_equal(
	    ferry_nuspec_read(record,
		B("<package><metadata><id>a b</id></metadata></package>"),
		&err),
	    -1);
	assert_refused(&err, FERRY_EFORMAT, "no valid id");
	json_decref(record);
}

static void
test_path_parse(void **state)
{
	static const struct {
		const char *path;
		int kind; /* -1: none */
		const char *origin, *package, *item;
	} rows[] = {
		{ "index.json", FERRY_NUGET_INDEX, "", "", "" },
		{ "octo/index.json", FERRY_NUGET_INDEX, "octo", "", "" },
		{ "download/Foo/index.json", FERRY_NUGET_VERSIONS, "", "foo",
		    "" },
		{ "o/download/Foo/1.0/Foo.1.0.nupkg", FERRY_NUGET_FILE, "o",
		    "foo", "1.0.0/nupkg" },
		{ "download/f/1.0.0-RC.1/f.1.0.0-rc.1.nupkg.sha512",
		    FERRY_NUGET_FILE, "", "f", "1.0.0-rc.1/sha512" },
		{ "download/f/1.0/f.nuspec", FERRY_NUGET_FILE, "", "f",
		    "1.0.0/nuspec" },
		{ "download/f/1.0/icon", FERRY_NUGET_FILE, "", "f",
		    "1.0.0/icon" },
		{ "download/f/1.0/other.txt", -1, "", "", "" },
		{ "download/f/one/f.nuspec", -1, "", "", "" },
		{ "download/a..b/index.json", -1, "", "", "" },
		{ "registration/F/index.json", FERRY_NUGET_REGISTRATION, "",
		    "f", "1" },
		{ "registration-semver2/F/1.0.json", FERRY_NUGET_LEAF, "", "f",
		    "21.0.0" },
		{ "registration/f/page/1.0/2.0-A.json", FERRY_NUGET_PAGE, "",
		    "f", "11.0.0/2.0.0-a" },
		{ "octo/Foo/index.json", FERRY_NUGET_REGISTRATION, "octo",
		    "foo", "2" },
		{ "catalog/f/1.0.json", FERRY_NUGET_ENTRY, "", "f", "1.0.0" },
		{ "query", FERRY_NUGET_QUERY, "", "", "" },
		{ "octo/query", FERRY_NUGET_QUERY, "octo", "", "" },
		{ "vulnerabilities/a-b.json", FERRY_NUGET_VULNERABILITY_PAGE,
		    "", "", "a-b" },
		{ "", FERRY_NUGET_V2_SERVICE, "", "", "" },
		{ "v2", FERRY_NUGET_V2_SERVICE, "", "", "" },
		{ "v2/package/F/1.0", FERRY_NUGET_FILE, "", "f",
		    "1.0.0/nupkg" },
		{ "v2/Packages(Id='F',Version='1.0')", FERRY_NUGET_V2_PACKAGE,
		    "", "f", "1.0.0" },
		{ "v2/Packages(Version='1.0',Id='F')", FERRY_NUGET_V2_PACKAGE,
		    "", "f", "1.0.0" },
		{ "v2/Packages(Id='F", -1, "", "", "" },
		{ "../x/index.json", -1, "", "", "" },
		{ "a/b/c/d/e/f/g", -1, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_resource r = { .kind = 0 };
		int rc = ferry_nuget_path_parse(&r, rows[i].path, &err);

		if (rc != (rows[i].kind != -1))
			fail_msg("%s: %d", rows[i].path, rc);
		if (rc != 1)
			continue;
		assert_int_equal(r.kind, rows[i].kind);
		assert_string_equal(r.origin, rows[i].origin);
		assert_string_equal(r.package, rows[i].package);
		assert_string_equal(r.item, rows[i].item);
	}
}

static void
test_check_record(void **state)
{
	static const char *const key[] = { "version", "nuget", "foo", "up",
		"1.0.0" };
	static const char *const rows[][2] = {
		{ "{}", NULL },
		{ "{\"files\":[]}", "no \"id\"" },
		{ "{\"files\":[],\"id\":\"Bar\",\"version\":\"1.0\"}",
		    "another than its key" },
		{ "{\"files\":[],\"id\":\"FOO\",\"version\":\"1.1\"}",
		    "another than its key" },
		{ "{\"files\":[],\"id\":\"FOO\",\"version\":\"1.0+x\"}",
		    "content_hash" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		json_t *value = json_loads(rows[i][0], 0, NULL);
		const struct ferry_format_record record = { key, value };
		int rc = ferry_nuget_check(&record, NULL, NULL, &err);

		assert_int_equal(rc, rows[i][1] == NULL ? 0 : -1);
		if (rows[i][1] != NULL)
			assert_refused(&err, FERRY_EFORMAT, rows[i][1]);
		json_decref(value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_normalised),
		cmocka_unit_test(test_version_order),
		cmocka_unit_test(test_range_best),
		cmocka_unit_test(test_range_means),
		cmocka_unit_test(test_name_key),
		cmocka_unit_test(test_frameworks_wanted),
		cmocka_unit_test(test_xml_bounds),
		cmocka_unit_test(test_nuspec_read),
		cmocka_unit_test(test_path_parse),
		cmocka_unit_test(test_check_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
