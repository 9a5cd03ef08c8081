/*
 * Maven and Gradle; the first byte says what: two versions and a range, a POM
 * with itself as its parent and BOM, Gradle's files, a path.
 */

#include <string.h>

#include "fuzz.h"
#include "serve/replay/maven/path.h"
#include "store/base/error.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/select/lock/lock.h"
#include "sync/select/maven/listing.h"
#include "sync/select/maven/model.h"

typedef int compare(struct ferry_bytes a, struct ferry_bytes b);

static void
try_versions(struct ferry_bytes text)
{
	static compare *const orders[] = { ferry_maven_version_cmp,
		ferry_maven_generic_cmp, ferry_gradle_version_cmp,
		ferry_maven_order };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_maven_range *range = NULL;
	struct ferry_maven_build build;
	struct ferry_bytes a, b;

	if (!ferry_bytes_line(&text, &a) || !ferry_bytes_line(&text, &b))
		return;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		FUZZ_CHECK(orders[i](a, a) == 0);
		FUZZ_CHECK((orders[i](a, b) > 0) == (orders[i](b, a) < 0));
	}
	(void)ferry_maven_prerelease(a);
	if (ferry_maven_build_cut(&build, a))
		FUZZ_CHECK(
		    build.base.n + build.time.n + build.number.n + 2 == a.n);
	if (ferry_maven_range_new(&range, text, &ignored) == 0)
		(void)ferry_maven_range_has(range, a);
	ferry_maven_range_free(range);
}

struct pom {
	struct ferry_bytes text;
	unsigned loads;
};

/* Every POM is the same one. */
static int
load(void *ctx, const struct ferry_pom_id *id, const struct ferry_pom *child,
    const char *path, struct ferry_pom **out, struct ferry_error *err)
{
	static const struct ferry_builder builder = { .jdk = "17" };
	struct pom *pom = ctx;

	(void)id;
	(void)child;
	(void)path;
	if (++pom->loads > 200)
		return ferry_error_set(err, FERRY_ELIMIT, "enough");
	return ferry_pom_new(out, pom->text, &builder, err) == -1 ? -1 : 1;
}

static void
try_pom(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_dependencies list = { .n = 0 };
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct pom pom = { text, 0 };
	struct ferry_pom *tree = NULL;
	struct ferry_model model;
	unsigned asked = 0;

	if (load(&pom, NULL, NULL, NULL, &tree, &err) != 1)
		return;
	tree->parent.is = tree->parent.is && text.n % 2 == 0;
	(void)ferry_model_new(&model, tree, load, &pom, &asked, &err);
	(void)ferry_model_text(
	    &model, tree->version, &buf, &(struct ferry_error)FERRY_ERROR_INIT);
	(void)ferry_model_dependencies(
	    &model, &list, &(struct ferry_error)FERRY_ERROR_INIT);
	ferry_dependencies_free(&list);
	ferry_model_free(&model);
	ferry_buf_free(&buf);
}

static int
on_wanted(
    void *ctx, const struct ferry_lock_wanted *wanted, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(ferry_maven_name_valid(ferry_bytes_str(wanted->name)));
	FUZZ_CHECK(*wanted->version != 0);
	FUZZ_CHECK(wanted->files != NULL);
	return 0;
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(name != NULL && what != NULL && why != NULL);
	return 0;
}

static void
try_lock(const char *name, struct ferry_bytes text)
{
	const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable };
	struct ferry_error ignored = FERRY_ERROR_INIT;

	(void)ferry_lock_parse("maven", name, text, &sink, &ignored);
}

static void
try_path(struct ferry_bytes text)
{
	char path[600], version[FERRY_MAVEN_VERSION_MAX + 1];
	struct ferry_resource r = { .kind = 0 };
	struct ferry_maven_reading reading;

	if (text.n >= sizeof(path))
		return;
	memcpy(path, text.p, text.n);
	path[text.n] = 0;
	if (!ferry_maven_path_parse(&r, path) || r.action != FERRY_ACTION_READ)
		return;
	for (unsigned skip = 0; skip < FERRY_MAVEN_READINGS; skip++) {
		if (!ferry_maven_path_read(&r, skip, &reading))
			continue;
		FUZZ_CHECK(
		    ferry_maven_name_valid(ferry_bytes_str(reading.package)));
		if ((r.kind & ~FERRY_MAVEN_SUMS) == FERRY_MAVEN_FILE &&
		    ferry_maven_path_version(&reading, version))
			FUZZ_CHECK(ferry_maven_version_valid(
			    ferry_bytes_str(version)));
	}
}

static int
on_listed(void *ctx, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(ferry_maven_part_valid(classifier));
	FUZZ_CHECK(ferry_maven_part_valid(extension));
	return 0;
}

static void
try_listing(struct ferry_bytes text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	(void)ferry_maven_listing(
	    text, ferry_bytes_str("a"), "1", on_listed, NULL, &ignored);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes text;

	if (size == 0)
		return 0;
	text = ferry_bytes_of(data + 1, size - 1);
	switch (*data) {
	case 'v':
		try_versions(text);
		break;
	case 'p':
		try_pom(text);
		break;
	case 'l':
		try_listing(text);
		break;
	case 'g':
		try_lock("gradle.lockfile", text);
		break;
	case 'x':
		try_lock("verification-metadata.xml", text);
		break;
	case 't':
		try_lock("libs.versions.toml", text);
		break;
	default:
		try_path(text);
		break;
	}
	return 0;
}
