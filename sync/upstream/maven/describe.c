/* What is recorded of a version besides its files, once these are here. */

#include <stdio.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/format/maven/names.h"
#include "sync/base/task.h"
#include "sync/select/maven/pom.h"
#include "sync/upstream/maven/files.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/maven/names.h"
#include "sync/upstream/maven/plugin.h"
#include "sync/upstream/package/packages.h"

/* Checksums */

static bool
is_hex(uint8_t c)
{

	return ferry_hex_value(c) != -1;
}

/*
 * The digest in a sidecar: digits alone, "HEX  NAME", "SHA1(NAME)= HEX".  Some
 * servers lose the zeros in front of a SHA-1.
 * Returns: whether it has one.
 */
static bool
read_sidecar(
    struct ferry_digest *out, enum ferry_alg alg, struct ferry_bytes text)
{
	static const size_t sizes[] = { [FERRY_SHA256] = 64,
		[FERRY_SHA512] = 128,
		[FERRY_SHA384] = 96,
		[FERRY_SHA1] = 40,
		[FERRY_MD5] = 32 };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char hex[FERRY_DIGEST_TEXT];
	size_t want = sizes[alg];

	/* A page, or an error as JSON, may hold digits of all kinds. */
	text = ferry_bytes_trim(text);
	if (text.n > 0 && (*text.p == '<' || *text.p == '{'))
		return false;
	for (size_t i = 0, n; i < text.n; i += n + 1) {
		for (n = 0; i + n < text.n && is_hex(text.p[i + n]); n++)
			;
		if (n > want || n + 4 < want || n < 28 ||
		    (n < want && alg != FERRY_SHA1))
			continue;
		memset(hex, '0', want - n);
		memcpy(hex + want - n, text.p + i, n);
		return ferry_digest_from_hex(
			   out, alg, ferry_bytes_of(hex, want), &ignored) == 0;
	}
	return false;
}

static const struct ferry_aside *
find_aside(const struct ferry_version_at *at, const char *name, const char *end)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < at->asides_n; i++)
		if (strncmp(at->asides[i].name, name, n) == 0 &&
		    at->asides[i].name[n] == '.' &&
		    strcmp(at->asides[i].name + n + 1, end) == 0)
			return &at->asides[i];
	return NULL;
}

/* Whether a file has what its sidecars say: the strongest decides, as clients
 * have it, and another that does not agree is told.  Returns: how many agree, or
 * -1. */
static int
check_file(const struct ferry_version_at *at, const json_t *file,
    struct ferry_error *err)
{
	static const enum ferry_alg algs[] = { FERRY_SHA512, FERRY_SHA384,
		FERRY_SHA256, FERRY_SHA1, FERRY_MD5 };
	const char *name = json_string_value(json_object_get(file, "name"));
	char hex[FERRY_DIGEST_TEXT];
	int n = 0;

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		const char *word = ferry_alg_name(algs[i]),
			   *got =
			       json_string_value(json_object_get(file, word));
		const struct ferry_aside *aside = find_aside(at, name, word);
		struct ferry_digest said;

		if (aside == NULL || got == NULL ||
		    !read_sidecar(&said, algs[i], aside->text))
			continue;
		if (strcmp(ferry_digest_hex(&said, hex), got) == 0) {
			n++;
			continue;
		}
		if (n == 0)
			return ferry_error_set(err, FERRY_EINCIDENT,
			    "upstream's %s.%s says %.16s…, and the file that "
			    "came has %.16s…; nothing of the version is taken. "
			    "Ask the registry's owner which is right",
			    name, word, hex, got);
		ferry_task_note(at->packages->run->task,
		    "taken, as a stronger checksum of it is right: %s of "
		    "maven:%s@%s is not what its .%s says",
		    name, at->name, at->version, word);
	}
	return n;
}

/* Which files cannot begin as a page or as JSON do. */
static bool
is_binary(const char *name)
{
	static const char *const ends[] = { "jar", "war", "ear", "aar", "zip",
		"klib", "nar", "hpi", "jpi", "kar", "gz", "tgz", "bz2", "xz",
		"exe", "asc" };
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end != NULL && i < sizeof(ends) / sizeof(ends[0]);
	     i++)
		if (strcmp(end + 1, ends[i]) == 0)
			return true;
	return false;
}

/* Nobody says what a file must be: a page of a proxy, or a registry's error with
 * a 200, is none. */
static int
check_unsaid(const struct ferry_version_at *at, const struct ferry_file *file,
    struct ferry_error *err)
{
	struct ferry_blob blob = { .fd = -1 };
	char text[32];
	ssize_t n;
	int rc;

	if (!is_binary(file->name))
		return 0;
	if ((rc = ferry_blob_open(
		 at->packages->run->st, &file->sha256, &blob, err)) != 1)
		return rc;
	n = ferry_blob_read(&blob, 0, (uint8_t *)text, sizeof(text), err);
	ferry_blob_close(&blob);
	if (n == -1)
		return -1;
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '<' || text[i] == '{')
			return ferry_error_set(err, FERRY_EFORMAT,
			    "%s, of which upstream has no checksum, is a page "
			    "or a message instead",
			    file->name);
		if (strchr(" \t\r\n\xef\xbb\xbf", text[i]) == NULL)
			break;
	}
	return 0;
}

/* Files that were here before have no sidecars now. */
static int
check_files(const struct ferry_version_at *at, const json_t *record,
    struct ferry_error *err)
{
	const struct ferry_recorded of = { at->packages->run,
		at->packages->format->format, at->name,
		at->packages->up->name };
	struct maven *maven = at->packages->state;
	json_t *before = NULL;
	struct ferry_file file;
	const json_t *object;
	size_t i;
	int n = ferry_recorded_get(&of, at->version, &before, err), here;

	json_array_foreach (json_object_get(record, "files"), i, object) {
		if (n == -1 || (n = check_file(at, object, err)) == -1)
			break;
		if (n > 0 || ferry_files_get(record, i, &file, err) == -1)
			continue;
		here = before == NULL
		           ? 0
		           : ferry_files_find(before, file.name, &file, err);
		if (here == 0 && check_unsaid(at, &file, err) == -1)
			n = -1;
		else
			maven->unchecked += here == 0;
	}
	json_decref(before);
	return n == -1 ? -1 : 0;
}

/* Whether a file of the record is what a lock file, or module metadata, wants. */
static int
check_word(const struct maven_word *word, const json_t *record,
    const char *name, struct ferry_error *err)
{
	struct ferry_bytes rest = word->digests;
	struct ferry_digest digest;
	char hex[FERRY_DIGEST_TEXT];
	const char *got = NULL, *alg = NULL;
	const json_t *file = NULL;
	size_t i;

	json_array_foreach (json_object_get(record, "files"), i, file) {
		const char *called =
		    json_string_value(json_object_get(file, "name"));

		if (called != NULL && strcmp(called, name) == 0)
			break;
	}
	if (i == json_array_size(json_object_get(record, "files")))
		return 0;
	while (ferry_maven_next_digest(&rest, &digest)) {
		alg = ferry_alg_name(digest.alg);
		got = json_string_value(json_object_get(file, alg));
		if (got == NULL ||
		    strcmp(ferry_digest_hex(&digest, hex), got) == 0)
			return 0;
	}
	return alg == NULL ? 0
	                   : ferry_error_set(err, FERRY_EDIGEST,
				 "a lock file, or its module metadata, wants "
				 "%s to be %s:%.16s…, and it is %.16s…",
				 name, alg, hex, got);
}

static int
check_words(const struct ferry_version_at *at, const json_t *record,
    struct ferry_error *err)
{
	const char *rest = at->files == NULL ? "" : at->files;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct maven_word word;
	int rc = 0;

	while (rc == 0 && ferry_maven_next_word(&rest, &word)) {
		if (word.digests.n == 0)
			continue;
		ferry_buf_reset(&name);
		rc = ferry_maven_name_of(
		    &name, at, word.classifier, word.extension, err);
		if (rc == 0)
			rc = check_word(&word, record, (char *)name.p, err);
	}
	ferry_buf_free(&name);
	return rc;
}

/* What is not there */

/* Something depends on it, and upstream lacks it: told once. */
static int
fail_absent(const struct ferry_version_at *at, const char *name,
    struct ferry_error *err)
{
	struct maven *maven = at->packages->state;
	struct ferry_error why = FERRY_ERROR_INIT;
	char item[FERRY_PACKAGE_ITEM];

	ferry_package_item(item, at->packages, at->name, at->version);
	ferry_error_set(&why, FERRY_ENOTFOUND,
	    "upstream '%s' has no %s, which something depends on",
	    at->packages->up->name, name);
	if (ferry_table_find(&maven->absent, why.text) != NULL)
		return 0;
	if (ferry_table_add(&maven->absent, why.text,
		sizeof(struct ferry_table_entry), err) == NULL)
		return -1;
	ferry_run_fail(at->packages->run, item, &why);
	return 0;
}

static int
add_absent(json_t *record, struct ferry_bytes name, struct ferry_error *err)
{
	json_t *absent = json_object_get(record, "absent");

	if (absent == NULL) {
		absent = json_array();
		if (ferry_json_set(record, "absent", absent, err) == -1)
			return -1;
	}
	return ferry_json_push(absent, ferry_json_text(name), err);
}

/* Files without a signature. */
static int
note_unsigned(json_t *record, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_file file, signature;
	int n = ferry_files_count(record, err), rc = n == -1 ? -1 : 0;

	for (int i = 0; i < n && rc == 0; i++) {
		ferry_buf_reset(&name);
		if (ferry_files_get(record, (size_t)i, &file, err) == -1 ||
		    ferry_buf_addf(&name, err, "%s.asc", file.name) == -1) {
			rc = -1;
			break;
		}
		if (strstr(file.name, ".asc") != NULL)
			continue;
		rc = ferry_files_find(record, (char *)name.p, &signature, err);
		if (rc == 0)
			rc = add_absent(record, ferry_bytes_buf(&name), err);
		else if (rc == 1)
			rc = 0;
	}
	ferry_buf_free(&name);
	return rc;
}

static int
note_absent(const struct ferry_version_at *at, json_t *record,
    const struct maven_word *word, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_file file;
	int rc = ferry_maven_name_of(
	    &name, at, word->classifier, word->extension, err);

	if (rc == 0)
		rc = ferry_files_find(record, (char *)name.p, &file, err);
	if (rc == 0 && !word->if_there) {
		rc = fail_absent(at, (char *)name.p, err);
	} else if (rc == 0) {
		rc = add_absent(record, ferry_bytes_buf(&name), err);
	}
	ferry_buf_free(&name);
	return rc == -1 ? -1 : 0;
}

static int
note_all_absent(const struct ferry_version_at *at, json_t *record,
    const struct ferry_pom *pom, struct ferry_error *err)
{
	const struct maven *maven = at->packages->state;
	const struct ferry_bytes jar = ferry_bytes_str("jar");
	const char *rest = at->files == NULL ? "" : at->files;
	struct ferry_maven_type type = ferry_maven_type(pom->packaging);
	struct maven_word word = { .extension = ferry_bytes_str(type.extension),
		.if_there = !type.known };

	if (ferry_maven_wants_main(at->files) &&
	    strcmp(type.extension, "pom") != 0 &&
	    note_absent(at, record, &word, err) == -1)
		return -1;
	while (ferry_maven_next_word(&rest, &word))
		if (note_absent(at, record, &word, err) == -1)
			return -1;
	word = (struct maven_word){ .if_there = true,
		.classifier = ferry_bytes_str("sources"),
		.extension = jar };
	if (maven->sources && note_absent(at, record, &word, err) == -1)
		return -1;
	word.classifier = ferry_bytes_str("javadoc");
	if (maven->javadoc && note_absent(at, record, &word, err) == -1)
		return -1;
	for (size_t i = 0; i < maven->classifiers_n; i++) {
		word.classifier = ferry_bytes_str(maven->classifiers[i]);
		if (note_absent(at, record, &word, err) == -1)
			return -1;
	}
	word.classifier = ferry_bytes_str("");
	word.extension = ferry_bytes_str("module");
	if (ferry_maven_asks_module(at, pom) &&
	    note_absent(at, record, &word, err) == -1)
		return -1;
	return maven->signatures ? note_unsigned(record, err) : 0;
}

/* Whether upstream lists the version's files; that it does not is told where its
 * module metadata does not name them, either. */
static int
note_listed(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	struct maven *maven = at->packages->state;
	json_t *known = json_object_get(at->before, "listed");
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_file file;
	int rc, lists = ferry_maven_list(at, NULL, NULL, err);

	if (lists == 2)
		return known == NULL ? 0
		                     : ferry_json_set(record, "listed",
					   json_incref(known), err);
	rc = lists == -1 ? -1
	                 : ferry_maven_name_of(&name, at, ferry_bytes_str(""),
			       ferry_bytes_str("module"), err);
	if (rc == 0)
		rc = ferry_files_find(record, (char *)name.p, &file, err);
	if (rc == 0)
		maven->unlisted += lists == 0;
	ferry_buf_free(&name);
	return rc == -1
	           ? -1
	           : ferry_json_set(record, "listed", json_boolean(lists), err);
}

/* Of plugins */

/* "maven-X-plugin", "X-maven-plugin": X, else the artifact. */
static struct ferry_bytes
prefix_of(const char *name)
{
	static const char *const ends[] = { "-maven-plugin", "-plugin" };
	struct ferry_bytes artifact =
	    ferry_maven_artifact(ferry_bytes_str(name));

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (artifact.n <= n ||
		    memcmp(artifact.p + artifact.n - n, ends[i], n) != 0)
			continue;
		artifact.n -= n;
		if (ferry_bytes_starts(artifact, "maven-"))
			artifact =
			    ferry_bytes_of(artifact.p + 6, artifact.n - 6);
		break;
	}
	return artifact;
}

/* What the jar says, else what most plugins are called by. */
static int
set_prefix(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, prefix = FERRY_BUF_INIT;
	struct ferry_file file;
	int rc = ferry_maven_name_of(
	    &name, at, ferry_bytes_str(""), ferry_bytes_str("jar"), err);

	if (rc == 0)
		rc = ferry_files_find(record, (char *)name.p, &file, err);
	if (rc == 1)
		rc = ferry_maven_plugin_prefix(
		    &prefix, at->packages->run->st, &file.sha256, err);
	if (rc != -1)
		rc = ferry_json_set(record, "prefix",
		    ferry_json_text(rc == 1 ? ferry_bytes_buf(&prefix)
					    : prefix_of(ferry_maven_coordinates(
						  at->packages, at->name))),
		    err);
	ferry_buf_free(&name);
	ferry_buf_free(&prefix);
	return rc;
}

/* Whether it has a file that clients can use: without, it is here because
 * something reads its POM, and lists do not show it. */
static bool
is_bare(const json_t *record, const struct ferry_pom *pom)
{
	const json_t *file;
	size_t i;

	if (strcmp(pom->packaging, "pom") == 0)
		return false;
	json_array_foreach (json_object_get(record, "files"), i, file) {
		const char *name =
			       json_string_value(json_object_get(file, "name")),
			   *end = name == NULL ? NULL : strrchr(name, '.');

		if (end != NULL && strcmp(end, ".pom") != 0 &&
		    strcmp(end, ".module") != 0 && strcmp(end, ".asc") != 0)
			return false;
	}
	return true;
}

static int
set_members(const struct ferry_version_at *at, json_t *record,
    const struct ferry_pom *pom, struct ferry_error *err)
{

	if (ferry_json_set(record, "packaging",
		ferry_json_text(ferry_bytes_str(pom->packaging)), err) == -1 ||
	    (is_bare(record, pom) &&
		ferry_json_set(record, "bare", json_true(), err) == -1) ||
	    (strcmp(pom->packaging, "maven-plugin") == 0 &&
		set_prefix(at, record, err) == -1))
		return -1;
	return note_all_absent(at, record, pom, err) == -1
	           ? -1
	           : note_listed(at, record, err);
}

int
ferry_maven_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	struct maven *maven = at->packages->state;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_pom *pom = NULL;
	struct ferry_file file;
	int rc = -1;

	if (check_words(at, record, err) == -1)
		return -1;
	/* It is here, and nothing of it is new. */
	if (json_object_get(record, "packaging") != NULL)
		return 0;
	if (ferry_files_get(record, 0, &file, err) == -1)
		return -1;
	if (check_files(at, record, err) == 0 &&
	    ferry_blob_load(at->packages->run->st, &file.sha256, FERRY_XML_MAX,
		&text, err) == 0 &&
	    ferry_pom_new(&pom, ferry_bytes_buf(&text), &maven->builder, err) ==
		0 &&
	    set_members(at, record, pom, err) == 0)
		rc = 1;
	ferry_pom_unref(pom);
	ferry_buf_free(&text);
	return rc;
}
