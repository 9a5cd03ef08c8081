/* Maven: names and paths of a repository, POMs with their parents, XML, the
 * vectors of store/format/maven/PROTOCOL.md, section 9. */

#include "unit.h"

#include "serve/replay/maven/path.h"
#include "store/base/xml.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/select/maven/model.h"

static int
sign(int c)
{

	return (c > 0) - (c < 0);
}

static void
test_version_orders(void **state)
{
	/* Rows with one sign are alike for Maven and its resolver. */
	static const struct {
		const char *a, *b;
		int maven, generic;
	} rows[] = {
		{ "1", "1.0.0", 0, 0 },
		{ "1", "1-ga", 0, 0 },
		{ "1.0.0.RELEASE", "1.0.Final", 0, 0 },
		{ "1.0-alpha1", "1.0-a1", 0, 0 },
		{ "1.0-a", "1.0-alpha", 1, 1 },
		{ "1.0-beta1", "1.0-m1", -1, -1 },
		{ "1.0-rc1", "1.0-SNAPSHOT", -1, -1 },
		{ "1.0-SNAPSHOT", "1.0", -1, -1 },
		{ "1.0-cr1", "1.0-rc1", 0, 0 },
		{ "1-sp", "1", 1, 1 },
		{ "1-sp", "1-xyz", -1, -1 },
		{ "1-xyz", "1-1", -1, -1 },
		{ "1.0-jre", "1.0-android", 1, 1 },
		{ "1.0.RC2", "1.0-RC2", 0, 0 },
		{ "1-1", "1.1", -1, 0 },
		{ "1_0", "1.0", 1, 0 },
		{ "7-1", "7.0-1", 0, 1 },
		{ "1.min", "1", 1, -1 },
		{ "1.max", "1.999", -1, 1 },
		{ "1.0.0.Final-redhat-1", "1.0.0.Final", 1, 1 },
		{ "1.0-20210101.120000-1", "1.0-SNAPSHOT", 1, 1 },
		{ "v1", "1", -1, -1 },
		{ "0.7", "2", -1, -1 },
		{ "1-m3", "1-m11", -1, -1 },
		{ "1.12345678901234567891", "1.12345678901234567890", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sign(ferry_maven_version_cmp(B(rows[i].a), B(rows[i].b))) !=
		    rows[i].maven)
			fail_msg("%s, %s", rows[i].a, rows[i].b);
		if (sign(ferry_maven_generic_cmp(B(rows[i].b), B(rows[i].a))) !=
		    -rows[i].generic)
			fail_msg("%s, %s in ranges", rows[i].a, rows[i].b);
	}
}

static void
test_gradle_order(void **state)
{
	static const char *const rising[] = { "1.0-dev", "1.0-alpha",
		"1.0-zeta", "1.0-rc", "1.0-SNAPSHOT", "1.0-final", "1.0-ga",
		"1.0-release", "1.0-sp", "1.0", "1.0.0", "1.0.1", "1.1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
		for (size_t k = 0; k < sizeof(rising) / sizeof(rising[0]); k++)
			if (sign(ferry_gradle_version_cmp(B(rising[i]),
				B(rising[k]))) != sign((int)i - (int)k))
				fail_msg("%s, %s", rising[i], rising[k]);
	assert_int_equal(ferry_gradle_version_cmp(B("1.1.1"), B("1-1-1")), 0);
	assert_int_equal(
	    ferry_gradle_version_cmp(B("1.0-RC-1"), B("1.0.rc.1")), 0);
	assert_true(ferry_gradle_version_cmp(B("1.0-B"), B("1.0-a")) < 0);
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "", ":", "g", "g:", ":a", "g:a:b",
		"g/h:a", ".g:a", "g..h:a", "g:..", "g: a", "o/", "/g.a",
		"o/p/g.a", "o/g:a", "../g.a" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	(void)state;
	assert_true(ferry_maven_name_valid(B("org.ex:lib-a_1.2")));
	assert_true(ferry_maven_name_valid(B("octo-1/org.ex.lib")));
	assert_ok(
	    ferry_maven_github_name(&buf, "Octo", "org.ex:Lib", &err), &err);
	assert_string_equal((char *)buf.p, "octo/org.ex.lib");
	ferry_buf_reset(&buf);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (i != 2 && ferry_maven_name_valid(B(bad[i])))
			fail_msg("'%s'", bad[i]);
	assert_true(ferry_maven_version_valid(B("1.0.0+build~1")));
	assert_false(ferry_maven_version_valid(B("1/0")));
	assert_false(ferry_maven_version_valid(B("..")));
	assert_false(ferry_maven_version_valid(B("[1,2)")));
	assert_true(ferry_maven_prerelease(B("1.0-20240501.120000-3")));
	assert_true(ferry_maven_prerelease(B("2.0.0-M1")));
	assert_false(ferry_maven_prerelease(B("1.0.0.Final")));
	assert_false(ferry_maven_prerelease(B("31.1-jre")));
	assert_ok(ferry_maven_version_folder(
		      &buf, "org.ex:lib", "1.0-20240501.120000-3", &err),
	    &err);
	assert_string_equal((char *)buf.p, "org/ex/lib/1.0-SNAPSHOT");
	ferry_buf_reset(&buf);
	assert_ok(ferry_maven_file_name(
		      &buf, "org.ex:lib", "1.0", B("linux"), B("jar"), &err),
	    &err);
	assert_string_equal((char *)buf.p, "lib-1.0-linux.jar");
	ferry_buf_free(&buf);
}

static void
test_path_readings(void **state)
{
	struct ferry_resource r = { .kind = 0 };
	char version[FERRY_MAVEN_VERSION_MAX + 1];
	struct ferry_maven_reading reading;

	(void)state;
	assert_true(ferry_maven_path_parse(&r,
	    "up/org/ex/lib/1.0-SNAPSHOT/lib-1.0-20240501.120000-3.jar.md5"));
	assert_int_equal(r.kind, FERRY_MAVEN_FILE | FERRY_MAVEN_MD5);
	assert_true(ferry_maven_path_read(&r, 0, &reading));
	assert_string_equal(reading.package, "up.org.ex:lib");
	assert_true(ferry_maven_path_read(&r, 1, &reading));
	assert_string_equal(reading.package, "org.ex:lib");
	assert_string_equal(reading.origin, "up");
	assert_string_equal(reading.file, "lib-1.0-20240501.120000-3.jar");
	assert_true(ferry_maven_path_version(&reading, version));
	assert_string_equal(version, "1.0-20240501.120000-3");
	assert_true(ferry_maven_path_read(&r, 2, &reading));
	assert_string_equal(reading.origin, "up/org");

	r = (struct ferry_resource){ .kind = 0 };
	assert_true(ferry_maven_path_parse(&r, "g/a/maven-metadata.xml"));
	assert_int_equal(r.kind, FERRY_MAVEN_VERSIONS);
	assert_string_equal(r.package, "g:a");
	assert_false(ferry_maven_path_read(&r, 1, &reading));
	r = (struct ferry_resource){ .kind = 0 };
	assert_false(ferry_maven_path_parse(&r, "a/b.jar"));
	r = (struct ferry_resource){ .kind = 0 };
	assert_false(ferry_maven_path_parse(&r, "g/a/../1/a-1.jar"));
}

/* POMs, by "group:artifact:version" */

struct poms {
	const char *const (*rows)[2]; /* name, text; up to NULL */
	unsigned asked;
};

static int
load(void *ctx, const struct ferry_pom_id *id, const struct ferry_pom *child,
    const char *path, struct ferry_pom **out, struct ferry_error *err)
{
	static const struct ferry_builder builder = { .jdk = "17" };
	struct poms *poms = ctx;
	char name[300];

	(void)child;
	(void)path;
	(void)snprintf(name, sizeof(name), "%s:%s:%s", id->group, id->artifact,
	    id->version);
	for (size_t i = 0; poms->rows[i][0] != NULL; i++)
		if (strcmp(poms->rows[i][0], name) == 0) {
			assert_ok(ferry_pom_new(
				      out, B(poms->rows[i][1]), &builder, err),
			    err);
			return 1;
		}
	return ferry_error_set(err, FERRY_ENOTFOUND, "%s", name);
}

static void
open_model(struct ferry_model *model, struct poms *poms, const char *artifact)
{
	const struct ferry_pom_id id = { "g", artifact, "1" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_pom *pom = NULL;

	assert_int_equal(load(poms, &id, NULL, NULL, &pom, &err), 1);
	assert_ok(
	    ferry_model_new(model, pom, load, poms, &poms->asked, &err), &err);
}

static void
test_model_inheritance(void **state)
{
	static const char *const rows[][2] = {
		{ "g:child:1",
		    "<project><parent><groupId>g</groupId><artifactId>parent"
		    "</artifactId><version>1</version></parent><artifactId>child"
		    "</artifactId><properties><v>2</v></properties>"
		    "<dependencies><dependency><groupId>${project.groupId}"
		    "</groupId><artifactId>own</artifactId></dependency>"
		    "<dependency><groupId>g</groupId><artifactId>bommed"
		    "</artifactId><scope>test</scope></dependency>"
		    "</dependencies></project>" },
		{ "g:parent:1",
		    "<project><groupId>g</groupId><artifactId>parent"
		    "</artifactId><version>1</version><properties><v>1</v>"
		    "</properties><dependencyManagement><dependencies>"
		    "<dependency><groupId>g</groupId><artifactId>own"
		    "</artifactId><version>${v}</version><exclusions><exclusion>"
		    "<groupId>x</groupId><artifactId>*</artifactId></exclusion>"
		    "</exclusions></dependency><dependency><groupId>g</groupId>"
		    "<artifactId>bom</artifactId><version>1</version>"
		    "<type>pom</type><scope>import</scope></dependency>"
		    "</dependencies></dependencyManagement><profiles><profile>"
		    "<activation><jdk>[11,)</jdk></activation><dependencies>"
		    "<dependency><groupId>g</groupId><artifactId>late"
		    "</artifactId><version>9</version></dependency>"
		    "</dependencies></profile><profile><activation>"
		    "<activeByDefault>true</activeByDefault></activation>"
		    "<dependencies><dependency><groupId>g</groupId><artifactId>"
		    "never</artifactId><version>1</version></dependency>"
		    "</dependencies></profile></profiles></project>" },
		{ "g:bom:1",
		    "<project><groupId>g</groupId><artifactId>bom</artifactId>"
		    "<version>1</version><properties><v>7</v></properties>"
		    "<dependencyManagement><dependencies><dependency><groupId>g"
		    "</groupId><artifactId>bommed</artifactId><version>${v}"
		    "</version><scope>runtime</scope></dependency>"
		    "</dependencies></dependencyManagement></project>" },
		{ NULL, NULL }
	};
	struct ferry_dependencies list = { .n = 0 };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct poms poms = { rows, 0 };
	struct ferry_model model;

	(void)state;
	open_model(&model, &poms, "child");
	assert_int_equal(ferry_model_dependencies(&model, &list, &err), 1);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.list[0].group, "g");
	/* The child's property, in what the parent manages. */
	assert_string_equal(list.list[0].version, "2");
	assert_string_equal(list.list[0].exclusions, "x:* ");
	/* A BOM has its own properties; the child's scope counts. */
	assert_string_equal(list.list[1].version, "7");
	assert_string_equal(list.list[1].scope, "test");
	assert_string_equal(list.list[2].artifact, "late");
	ferry_dependencies_free(&list);
	ferry_model_free(&model);
}

static void
test_model_refuses(void **state)
{
	static const char *const rows[][2] = {
		{ "g:loop:1",
		    "<project><parent><groupId>g</groupId><artifactId>loop"
		    "</artifactId><version>1</version></parent>"
		    "<artifactId>loop</artifactId></project>" },
		{ "g:words:1",
		    "<project><groupId>g</groupId><artifactId>words</artifactId>"
		    "<version>1</version><properties><a>${b}</a><b>x${a}</b>"
		    "</properties></project>" },
		{ NULL, NULL }
	};
	const struct ferry_pom_id id = { "g", "loop", "1" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct poms poms = { rows, 0 };
	struct ferry_pom *pom = NULL;
	struct ferry_model model;

	(void)state;
	assert_int_equal(load(&poms, &id, NULL, NULL, &pom, &err), 1);
	assert_int_equal(
	    ferry_model_new(&model, pom, load, &poms, &poms.asked, &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "its parents are a loop");
	ferry_model_free(&model);
	open_model(&model, &poms, "words");
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(ferry_model_text(&model, "${a}", &text, &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "need each other");
	ferry_buf_free(&text);
	text = (struct ferry_buf)FERRY_BUF_INIT;
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_ok(ferry_model_text(
		      &model, "${nobody}-${project.version}${", &text, &err),
	    &err);
	assert_string_equal((char *)text.p, "${nobody}-1${");
	ferry_buf_free(&text);
	ferry_model_free(&model);
}

static void
test_xml_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_xml *xml = NULL;

	(void)state;
	assert_ok(ferry_xml_parse(&xml,
		      B("<a:b x:y='1'> t <c/>&eacute;u</a:b>"), "it", &err),
	    &err);
	assert_string_equal(ferry_xml_root(xml)->name, "b");
	assert_string_equal(ferry_xml_root(xml)->text, "t u");
	ferry_xml_free(xml);
	assert_int_equal(
	    ferry_xml_parse(&xml, B("<!DOCTYPE a><a/>"), "it", &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "document type");
	for (int i = 0; i <= FERRY_XML_DEPTH; i++)
		assert_ok(ferry_buf_adds(&text, "<a>", &err), &err);
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(
	    ferry_xml_parse(&xml, ferry_bytes_buf(&text), "it", &err), -1);
	assert_refused(&err, FERRY_ELIMIT, "nested more than 64 deep");
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(ferry_xml_parse(&xml, B(""), "it", &err), -1);
	assert_refused(&err, FERRY_EFORMAT, "no element");
	ferry_buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_orders),
		cmocka_unit_test(test_gradle_order),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_path_readings),
		cmocka_unit_test(test_model_inheritance),
		cmocka_unit_test(test_model_refuses),
		cmocka_unit_test(test_xml_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
