/* Which files a version has, and where they are. */

#include "sync/upstream/maven/files.h"

#include <string.h>

#include "store/base/files.h"
#include "store/blob/blob.h"
#include "store/format/maven/names.h"
#include "sync/select/maven/pom.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/maven/names.h"
#include "sync/upstream/package/packages.h"

/* Whom to tell. */
struct tell {
	const struct ferry_version_at *at;
	ferry_on_file *on_file;
	void *ctx;
};
/* How a file is wanted. */
enum how { MUST_BE, SHOULD_BE, MAY_BE };

static int
tell_aside(const struct tell *tell, const char *name, enum ferry_alg alg,
    struct ferry_error *err)
{
	struct ferry_buf sidecar = FERRY_BUF_INIT, url = FERRY_BUF_INIT;
	struct ferry_wanted_file file = { .optional = true, .aside = true };
	int rc = -1;

	if (ferry_buf_addf(&sidecar, err, "%s.%s", name, ferry_alg_name(alg)) ==
		0 &&
	    ferry_maven_url_of(&url, tell->at, (char *)sidecar.p, err) == 0) {
		file.name = (char *)sidecar.p;
		file.url = (char *)url.p;
		rc = tell->on_file(tell->ctx, &file, err);
	}
	ferry_buf_free(&sidecar);
	ferry_buf_free(&url);
	return rc;
}

/* What a lock file says of a file: any of *n digests, or none. */
static int
find_digests(const struct tell *tell, const char *name,
    struct ferry_digest out[FERRY_FILE_DIGESTS_MAX], size_t *n,
    struct ferry_error *err)
{
	const char *rest = tell->at->files == NULL ? "" : tell->at->files;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct maven_word word;
	int rc = 0;

	*n = 0;
	while (*n == 0 && rc == 0 && ferry_maven_next_word(&rest, &word)) {
		if (word.digests.n == 0)
			continue;
		ferry_buf_reset(&text);
		rc = ferry_maven_name_of(
		    &text, tell->at, word.classifier, word.extension, err);
		if (rc == -1 || strcmp((char *)text.p, name) != 0)
			continue;
		/* What has still more is judged when it is here. */
		while (*n < FERRY_FILE_DIGESTS_MAX &&
		       ferry_maven_next_digest(&word.digests, &out[*n]))
			++*n;
		if (word.digests.n > 0)
			*n = 0;
	}
	ferry_buf_free(&text);
	return rc;
}

/* A file that is not here, with its sidecars. */
static int
tell_new(const struct tell *tell, const char *name, enum how how,
    struct ferry_error *err)
{
	const struct maven *maven = tell->at->packages->state;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_wanted_file file = { .name = name,
		.optional = how != MUST_BE,
		.insist = how != MUST_BE,
		.judged = true };
	struct ferry_digest digests[FERRY_FILE_DIGESTS_MAX];
	int rc = find_digests(tell, name, digests, &file.n, err);

	file.digests = digests;
	if (rc == 0)
		rc = ferry_maven_url_of(&url, tell->at, name, err);
	if (rc == 0) {
		file.url = (char *)url.p;
		rc = tell->on_file(tell->ctx, &file, err);
	}
	for (int alg = 0; rc == 0 && alg < FERRY_ALGS; alg++)
		if ((maven->checksums & FERRY_ALG(alg)) != 0)
			rc = tell_aside(tell, name, (enum ferry_alg)alg, err);
	ferry_buf_free(&url);
	return rc;
}

/* Whether the record says that upstream did not have it. */
static bool
is_absent(const json_t *record, const char *name)
{
	const json_t *absent = json_object_get(record, "absent"), *one;
	size_t i;

	json_array_foreach (absent, i, one)
		if (json_is_string(one) &&
		    strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

static bool
is_here(const json_t *record, const char *name)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_file file;

	return record != NULL &&
	       ferry_files_find(record, name, &file, &ignored) == 1;
}

/* Whether a file that nobody insists on was asked for before. */
static bool
was_asked(const struct tell *tell, const char *name)
{

	return is_here(tell->at->record, name) ||
	       is_absent(tell->at->before, name);
}

/* Of MAY_BE it is enough to have asked once.  Signatures come with files. */
static int
tell_file(const struct tell *tell, struct ferry_bytes classifier,
    struct ferry_bytes extension, enum how how, struct ferry_error *err)
{
	const struct maven *maven = tell->at->packages->state;
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc =
	    ferry_maven_name_of(&name, tell->at, classifier, extension, err);

	if (rc == -1 ||
	    (how == MAY_BE && is_absent(tell->at->before, (char *)name.p)))
		goto out;
	if (!is_here(tell->at->record, (char *)name.p))
		rc = tell_new(tell, (char *)name.p, how, err);
	if (rc == 0 && maven->signatures &&
	    (rc = ferry_buf_adds(&name, ".asc", err)) == 0 &&
	    !was_asked(tell, (char *)name.p))
		rc = tell_new(tell, (char *)name.p, MAY_BE, err);
out:
	ferry_buf_free(&name);
	return rc;
}

/* What the catalog has, with its digest: it is fetched again only if its bytes
 * are lost. */
static int
tell_known(const struct tell *tell, struct ferry_error *err)
{
	const json_t *record = tell->at->record;
	int n = record == NULL ? 0 : ferry_files_count(record, err);

	for (int i = 0; i < n; i++) {
		struct ferry_buf url = FERRY_BUF_INIT;
		struct ferry_wanted_file wanted = { .optional = true,
			.insist = true };
		struct ferry_file file;
		int rc = -1;

		if (ferry_files_get(record, (size_t)i, &file, err) == 0 &&
		    ferry_maven_url_of(&url, tell->at, file.name, err) == 0) {
			wanted.name = file.name;
			wanted.url = (char *)url.p;
			wanted.digests = &file.sha256;
			wanted.n = 1;
			rc = tell->on_file(tell->ctx, &wanted, err);
		}
		ferry_buf_free(&url);
		if (rc == -1)
			return -1;
	}
	return n == -1 ? -1 : 0;
}

/* All classifiers */

#define PAGE "/" /* the aside that is a page of the version's folder */

bool
ferry_maven_wants_all(const struct ferry_version_at *at)
{
	const struct maven *maven = at->packages->state;

	return !at->packages->run->pulls &&
	       (maven->all || ferry_maven_has_word(at->files, MAVEN_ALL));
}

int
ferry_maven_list(const struct ferry_version_at *at,
    ferry_maven_on_listed *on_listed, void *ctx, struct ferry_error *err)
{

	for (size_t i = 0; i < at->asides_n; i++)
		if (strcmp(at->asides[i].name, PAGE) == 0)
			return ferry_maven_listing(at->asides[i].text,
			    ferry_maven_artifact(
				ferry_bytes_str(ferry_maven_coordinates(
				    at->packages, at->name))),
			    at->version, on_listed, ctx, err);
	return 2;
}

static int
on_listed(void *ctx, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err)
{

	return tell_file(ctx, classifier, extension, MAY_BE, err);
}

/* The page is asked for once: a release gets no more files. */
static int
tell_all(const struct tell *tell, struct ferry_error *err)
{
	const struct ferry_version_at *at = tell->at;
	struct ferry_wanted_file file = { .name = PAGE,
		.optional = true,
		.insist = true,
		.aside = true,
		.page = true };
	struct ferry_buf url = FERRY_BUF_INIT;
	int rc = ferry_maven_list(at, on_listed, (void *)(uintptr_t)tell, err);

	if (rc != 2)
		return rc == -1 ? -1 : 0;
	if (json_object_get(at->before, "listed") != NULL)
		return 0;
	rc = ferry_maven_url_of(&url, at, "", err);
	if (rc == 0) {
		file.url = (char *)url.p;
		rc = tell->on_file(tell->ctx, &file, err);
	}
	ferry_buf_free(&url);
	return rc;
}

/* What goes with a main file, or any that was wanted by name. */
static int
tell_beside(const struct tell *tell, struct ferry_error *err)
{
	const struct maven *maven = tell->at->packages->state;
	struct ferry_bytes jar = ferry_bytes_str("jar");

	for (size_t i = 0; i < maven->classifiers_n; i++)
		if (tell_file(tell, ferry_bytes_str(maven->classifiers[i]), jar,
			MAY_BE, err) == -1)
			return -1;
	if (ferry_maven_wants_all(tell->at) && tell_all(tell, err) == -1)
		return -1;

	if (maven->sources &&
	    tell_file(tell, ferry_bytes_str("sources"), jar, MAY_BE, err) == -1)
		return -1;
	return maven->javadoc ? tell_file(tell, ferry_bytes_str("javadoc"), jar,
				    MAY_BE, err)
	                      : 0;
}

/* The main file: of a packaging whose files only its own plugin knows, a jar
 * or what is called as the packaging. */
static int
tell_main(
    const struct tell *tell, const char *packaging, struct ferry_error *err)
{
	struct ferry_maven_type type = ferry_maven_type(packaging);
	struct ferry_bytes none = ferry_bytes_str(""),
			   extension = ferry_bytes_str(type.extension);

	if (strcmp(type.extension, "pom") == 0)
		return 0;
	if (tell_file(tell, none, extension, type.known ? SHOULD_BE : MAY_BE,
		err) == -1)
		return -1;
	if (!type.known &&
	    tell_file(tell, none, ferry_bytes_str("jar"), MAY_BE, err) == -1)
		return -1;
	return tell_beside(tell, err);
}

int
ferry_maven_files(const struct ferry_version_at *at, ferry_on_file *on_file,
    void *ctx, struct ferry_error *err)
{
	const struct tell tell = { at, on_file, ctx };
	/* What was not there may be now, when a client asks. */
	enum how if_there = at->packages->run->pulls ? SHOULD_BE : MAY_BE;
	const char *rest = at->files == NULL ? "" : at->files,
		   *packaging = json_string_value(
		       json_object_get(at->record, "packaging"));
	struct maven_word word;
	bool any = false;

	if (tell_known(&tell, err) == -1 ||
	    tell_file(&tell, ferry_bytes_str(""), ferry_bytes_str("pom"),
		MUST_BE, err) == -1)
		return -1;
	while (ferry_maven_next_word(&rest, &word)) {
		if (tell_file(&tell, word.classifier, word.extension,
			word.if_there ? if_there : SHOULD_BE, err) == -1)
			return -1;
		any = any || word.classifier.n == 0;
	}
	if (any && tell_beside(&tell, err) == -1)
		return -1;
	return packaging != NULL && ferry_maven_wants_main(at->files)
	           ? tell_main(&tell, packaging, err)
	           : 0;
}

bool
ferry_maven_asks_module(
    const struct ferry_version_at *at, const struct ferry_pom *pom)
{

	return pom->gradle && !at->packages->run->pulls;
}

int
ferry_maven_more_files(const struct ferry_version_at *at,
    ferry_on_file *on_file, void *ctx, struct ferry_error *err)
{
	const struct tell tell = { at, on_file, ctx };
	const struct maven *maven = at->packages->state;
	struct ferry_buf text = FERRY_BUF_INIT, name = FERRY_BUF_INIT;
	struct ferry_pom *pom = NULL;
	struct ferry_file file;
	int rc = -1;

	if (ferry_maven_name_of(&name, at, ferry_bytes_str(""),
		ferry_bytes_str("pom"), err) == -1 ||
	    (rc = ferry_files_find(at->record, (char *)name.p, &file, err)) !=
		1)
		goto out;
	rc = -1;
	if (ferry_blob_load(at->packages->run->st, &file.sha256, FERRY_XML_MAX,
		&text, err) == 0 &&
	    ferry_pom_new(&pom, ferry_bytes_buf(&text), &maven->builder, err) ==
		0)
		rc = ferry_maven_asks_module(at, pom)
		         ? tell_file(&tell, ferry_bytes_str(""),
			       ferry_bytes_str("module"), MAY_BE, err)
		         : 0;
	if (rc == 0 && ferry_maven_wants_main(at->files))
		rc = tell_main(&tell, pom->packaging, err);
	if (rc == -1)
		ferry_error_in(err, "%s", (char *)name.p);
out:
	ferry_pom_unref(pom);
	ferry_buf_free(&text);
	ferry_buf_free(&name);
	return rc;
}
