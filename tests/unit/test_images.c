#include "unit.h"

#include <unistd.h>

#include "store/base/file.h"
#include "sync/select/images/images.h"

/* A sink that writes one line for each, without the name of the file. */
struct got {
	const char *name;
	struct ferry_buf text;
};

/* "12" of "name:12". */
static const char *
line_of(const struct got *got, const char *where)
{
	size_t n = strlen(got->name);

	assert_int_equal(strncmp(where, got->name, n), 0);
	assert_int_equal(where[n], ':');
	return where + n + 1;
}

static int
on_image(void *ctx, const struct ferry_image *image, struct ferry_error *err)
{
	const struct ferry_oci_reference *r = image->reference;
	struct got *got = ctx;

	return ferry_buf_addf(&got->text, err, "%s %s/%s%s%s%s%s%s%s\n",
	    line_of(got, image->where), r->host, r->repository,
	    r->tag[0] == 0 ? "" : ":", r->tag, r->digest[0] == 0 ? "" : "@",
	    r->digest, image->platform == NULL ? "" : " for ",
	    image->platform == NULL ? "" : image->platform);
}

static int
on_unmirrorable(void *ctx, const char *where, const char *text, const char *why,
    struct ferry_error *err)
{
	struct got *got = ctx;

	return ferry_buf_addf(
	    &got->text, err, "! %s %s: %s\n", line_of(got, where), text, why);
}

/* What is in NAME.want is found in NAME. */
static void
expect_file(const char *name)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf want = FERRY_BUF_INIT;
	char path[UNIT_PATH], path_want[UNIT_PATH];
	struct got got = { path, FERRY_BUF_INIT };
	struct ferry_images_sink sink = { on_image, on_unmirrorable, &got };

	unit_data(path, "oci/images/%s", name);
	unit_data(path_want, "oci/images/%s.want", name);
	assert_ok(ferry_file_read(path_want, 1U << 20, &want, &err), &err);
	assert_ok(ferry_images_read(path, &sink, &err), &err);
	assert_string_equal((char *)got.text.p, (char *)want.p);
	ferry_buf_free(&got.text);
	ferry_buf_free(&want);
}

static void
expect_env(
    const char *name, const char *text, const char *env, const char *want)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct got got = { name, FERRY_BUF_INIT };
	struct ferry_images_sink sink = { on_image, on_unmirrorable, &got };

	assert_ok(ferry_buf_adds(&got.text, "", &err), &err);
	assert_ok(ferry_images_parse(name, ferry_bytes_str(text),
		      ferry_bytes_str(env), &sink, &err),
	    &err);
	assert_string_equal((char *)got.text.p, want);
	ferry_buf_free(&got.text);
}

static void
expect(const char *name, const char *text, const char *want)
{

	expect_env(name, text, "", want);
}

static void
expect_docker(const char *text, const char *want)
{

	expect_env("Dockerfile", text, "", want);
}

static void
refuse(const char *name, struct ferry_bytes text, enum ferry_code code,
    const char *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	struct ferry_images_sink sink = { on_image, on_unmirrorable, &got };

	assert_int_equal(ferry_images_parse(
			     name, text, ferry_bytes_str("A=\"x"), &sink, &err),
	    -1);
	assert_refused(&err, code, why);
	ferry_buf_free(&got);
}

static void
test_files(void **state)
{

	(void)state;
	expect_file("Dockerfile");
	expect_file("windows.Dockerfile");
	expect_file("compose/compose.yaml");
	expect_file("kubernetes/app.yaml");
	expect_file("kubernetes/list.json");
}

#define HUB "docker.io/library/"

static void
test_dockerfile_words(void **state)
{

	(void)state;
	expect_docker("from 'alpine:3' as A\nFrom a\n", "1 " HUB "alpine:3\n");
	/* A stage is one only for what comes later. */
	expect_docker(
	    "FROM alpine AS alpine\nFROM alpine\n", "1 " HUB "alpine:latest\n");
	expect_docker(
	    "\\\nFROM \\\n\n  # x\n alpine\\\n:3\n", "1 " HUB "alpine:3\n");
	expect_docker("FROM a\nRUN x \\\\\nFROM b", "1 " HUB "a:latest\n"
						    "3 " HUB "b:latest\n");
	/* A comment ends the directives, one that is not known does not. */
	expect_docker("# a\n# escape=`\nFROM \\\na\n", "3 " HUB "a:latest\n");
	expect_docker("# check=x\n# Syntax = q/f:1 args\nFROM scratch\n",
	    "2 docker.io/q/f:1\n");
	expect_docker("FROM --platform=linux a\nFROM\nFROM x:y:z\n",
	    "1 " HUB "a:latest\n"
	    "! 2 : FROM names nothing\n"
	    "! 3 x:y:z: 'y:z' is not a tag\n");
	expect_docker("FROM a\nRUN --mount=\"type=bind,from=b\" x\n"
		      "RUN --mount=type=bind,source=${X},from=c,target=/ x\n"
		      "RUN --network=none -- --mount=from=d x\n"
		      "ADD --from=e / /\nCOPY --from=0 --from=1 / /\n",
	    "1 " HUB "a:latest\n"
	    "2 " HUB "b:latest\n"
	    "3 " HUB "c:latest\n"
	    "! 6 1: there is no stage of that number\n");
}

static void
test_dockerfile_args(void **state)
{

	(void)state;
	expect_docker("ARG A=1 B='x y' C=\"$A.0\" D=\\$A\nARG E=${A:+-e}\n"
		      "FROM i:$C\nFROM i:$D\nFROM i${E}\nFROM i:${F:-f}\n"
		      "FROM i:${F:-${G:-g}}\nFROM i:${F-${A}}\n"
		      "FROM i${F:+:no}\nFROM i:$B\n",
	    "3 " HUB "i:1.0\n"
	    "! 4 i:$A: '$A' is not a tag\n"
	    "5 " HUB "i-e:latest\n"
	    "6 " HUB "i:f\n"
	    "7 " HUB "i:g\n"
	    "8 " HUB "i:1\n"
	    "9 " HUB "i:latest\n"
	    "! 10 i:x y: 'x y' is not a tag\n");
	/* Those of a stage are none of the file. */
	expect_docker("FROM a\nARG X=1\nFROM b:$X\n",
	    "1 " HUB "a:latest\n"
	    "! 3 b:$X: the variable X has no value here\n");
	/* What has no value may be anything, but is no stage. */
	expect_docker("ARG X\nFROM a AS s\nFROM $X\nFROM b-$TARGETARCH\n",
	    "2 " HUB "a:latest\n"
	    "! 3 $X: the variable X has no value here\n"
	    "! 4 b-$TARGETARCH: the variable TARGETARCH has no value here\n");
	/* One that is lost again has none, whatever it had before. */
	expect_docker("ARG X=1\nARG X=$Y\nFROM a:$X\n",
	    "! 3 a:$X: the variable X has no value here\n");
	expect_docker("FROM a:${X%.*}\nFROM a:${X\nFROM a:${}\nFROM a:${X:-1\n",
	    "! 1 a:${X%.*}: it has a substitution that ferry cannot read\n"
	    "! 2 a:${X: it has a substitution that ferry cannot read\n"
	    "! 3 a:${}: it has a substitution that ferry cannot read\n"
	    "! 4 a:${X:-1: it has a substitution without an end\n");
}

static void
test_dockerfile_heredocs(void **state)
{

	(void)state;
	expect_docker(
	    "FROM a\nCOPY <<E1 <<'E2' /x/\nFROM b\nE2\nE1\n"
	    "FROM c\nE2\nRUN echo $((1<<E3)) <<<E4 \"<<E5\"\nFROM d\n",
	    "1 " HUB "a:latest\n"
	    "9 " HUB "d:latest\n");
	refuse("Dockerfile", ferry_bytes_str("FROM a\n\nRUN <<E\nFROM b\n E\n"),
	    FERRY_EFORMAT, "line 3: a here-document without an end");
}

static void
test_compose_variables(void **state)
{
	static const char text[] = "services: {a: {image: \"$A/b:${B:-1}\"}}\n";

	(void)state;
	/* What the process has in its environment does not count. */
	assert_int_equal(setenv("A", "from.environment", 1), 0);
	expect("compose.yml", text,
	    "! 1 $A/b:${B:-1}: the variable A has no value here\n");
	expect_env("compose.yml", text, "A=h.x\nB=\n", "1 h.x/b:1\n");
	assert_int_equal(unsetenv("A"), 0);
	expect("x",
	    "services:\n  a:\n    image: a$$b\n  b:\n    image: 'c:$'\n",
	    "! 3 a$b: 'a$b' is not the name of a repository\n"
	    "! 5 c:$: '$' is not a tag\n");
	/* Only compose files look at .env. */
	expect_env(
	    "a.yaml", "apiVersion: v1\nkind: Pod\n", "not = \"valid", "");
	refuse("a.yaml", ferry_bytes_str("services: {a: {image: a}}"),
	    FERRY_EFORMAT, ".env");
}

static void
test_compose_dotenv_beside_it(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char *dir = unit_mkdir(), path[300], env[300];
	struct got got = { path, FERRY_BUF_INIT };
	struct ferry_images_sink sink = { on_image, on_unmirrorable, &got };

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/compose.yaml", dir);
	(void)snprintf(env, sizeof(env), "%s/.env", dir);
	unit_write(path, "services: {a: {image: 'b:$V'}}");
	assert_ok(ferry_images_read(path, &sink, &err), &err);
	unit_write(env, "V=2\n");
	assert_ok(ferry_images_read(path, &sink, &err), &err);
	assert_string_equal((char *)got.text.p,
	    "! 1 b:$V: the variable V has no value here\n"
	    "1 " HUB "b:2\n");
	unit_write(env, "V=2\n=\n");
	assert_int_equal(ferry_images_read(path, &sink, &err), -1);
	assert_refused(&err, FERRY_EFORMAT, ".env");
	assert_refused(&err, FERRY_EFORMAT, "line 2");
	ferry_buf_free(&got.text);
	unit_rmdir(dir);
}

static void
test_kubernetes_by_its_containers(void **state)
{

	(void)state;
	/* A patch has neither apiVersion nor kind. */
	expect("patch.yaml",
	    "spec:\n  containers:\n  - &c {image: a}\n  - *c\n",
	    "3 " HUB "a:latest\n"
	    "3 " HUB "a:latest\n");
	expect("x.yaml", "a: 1\n---\nkind: x\napiVersion: y\n", "");
}

static void
test_kinds(void **state)
{
	static const char dockerfile[] = "# x\n\nFROM a\n";

	(void)state;
	expect("Containerfile", dockerfile, "3 " HUB "a:latest\n");
	expect("dev.dockerfile", dockerfile, "3 " HUB "a:latest\n");
	expect("Dockerfile.dev",
	    "\xef\xbb\xbf"
	    "FROM a\n",
	    "1 " HUB "a:latest\n");
	expect("build", dockerfile, "3 " HUB "a:latest\n");
	expect("build", "#syntax=a\nFROM scratch\n", "1 " HUB "a:latest\n");
	expect("stack", "services: {a: {image: a}}\n", "1 " HUB "a:latest\n");
	expect("empty.yaml", "", "");
	expect("comment.yaml", "# nothing\n---\n", "");
	refuse("a.yaml", ferry_bytes_str("a: 1\n"), FERRY_EFORMAT,
	    "neither a Dockerfile nor a compose file");
	refuse("a.yaml", ferry_bytes_str("FROM a\n"), FERRY_EFORMAT,
	    "neither a Dockerfile nor a compose file");
	refuse("Dockerfile", ferry_bytes_str("# nothing\nRUN x\n"),
	    FERRY_EFORMAT, "no FROM");
	refuse("a.yaml", ferry_bytes_str("a: [\n"), FERRY_EFORMAT, "line 2");
}

static void
test_bounds(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	(void)state;
	assert_ok(ferry_buf_reserve(&text, FERRY_IMAGES_MAX + 1, &err), &err);
	memset(text.p, '\n', FERRY_IMAGES_MAX + 1);
	text.n = FERRY_IMAGES_MAX + 1;
	refuse("a.yaml", ferry_bytes_buf(&text), FERRY_ELIMIT, "16 MiB");
	text.n = FERRY_IMAGES_DOCKERFILE_MAX + 1;
	refuse("Dockerfile", ferry_bytes_buf(&text), FERRY_ELIMIT, "1 MiB");
	ferry_buf_reset(&text);
	for (int i = 0; i <= FERRY_IMAGES_STAGES_MAX; i++)
		assert_ok(ferry_buf_adds(&text, "FROM a\n", &err), &err);
	refuse("Dockerfile", ferry_bytes_buf(&text), FERRY_ELIMIT, "stages");
	ferry_buf_free(&text);
}

/* Each ARG says twice what the one before does. */
static void
test_bounds_of_variables(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	(void)state;
	assert_ok(
	    ferry_buf_adds(&text, "ARG A0=aaaaaaaaaaaaaaaa\n", &err), &err);
	for (int i = 1; i < 40; i++)
		assert_ok(ferry_buf_addf(&text, &err, "ARG A%d=$A%d$A%d\n", i,
			      i - 1, i - 1),
		    &err);
	assert_ok(
	    ferry_buf_adds(&text, "FROM b:$A1\nFROM b:$A8$A8\n", &err), &err);
	assert_ok(ferry_buf_adds(&text, "FROM b:$A39\n", &err), &err);
	expect_docker((char *)text.p,
	    "41 " HUB "b:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	    "! 42 b:$A8$A8: it becomes too long with its variables\n"
	    "! 43 b:$A39: the variable A39 has no value here\n");
	ferry_buf_free(&text);
}

static int
stop(void *ctx, const struct ferry_image *image, struct ferry_error *err)
{

	(void)ctx;
	(void)image;
	return ferry_error_set(err, FERRY_ECANCELLED, "enough");
}

static void
test_callback_ends_the_reading(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_images_sink sink = { stop, on_unmirrorable, NULL };
	static const char *const texts[] = { "FROM a\n",
		"services: {a: {image: a}}", "a: {containers: [{image: a}]}" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
		    ferry_images_parse("x", ferry_bytes_str(texts[i]),
			ferry_bytes_str(""), &sink, &err),
		    -1);
		assert_int_equal(err.code, FERRY_ECANCELLED);
	}
	assert_int_equal(ferry_images_read("/nowhere/x", &sink, &err), -1);
	assert_refused(&err, FERRY_ESYSTEM, "images of /nowhere/x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_dockerfile_words),
		cmocka_unit_test(test_dockerfile_args),
		cmocka_unit_test(test_dockerfile_heredocs),
		cmocka_unit_test(test_compose_variables),
		cmocka_unit_test(test_compose_dotenv_beside_it),
		cmocka_unit_test(test_kubernetes_by_its_containers),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bounds_of_variables),
		cmocka_unit_test(test_callback_ends_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
