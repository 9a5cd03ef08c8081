#include "sync/upstream/nuget/describe.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"
#include "sync/base/task.h"
#include "sync/upstream/nuget/inside.h"
#include "sync/upstream/nuget/needs.h"
#include "sync/upstream/nuget/nuget.h"
#include "sync/upstream/nuget/nuspec.h"
#include "sync/upstream/package/packages.h"

#define ICON_MAX (1U << 20)
#define TEXT_MAX (1U << 20)

/* Listed, deprecated, vulnerable: that changes.  Returns whether it did. */
static int
set_leaf(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	json_t *before = json_copy(record);
	int rc;

	if (before == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	rc = at->object.n == 0 ? 0
	                       : ferry_nuget_leaf_say(record, at->object, err);
	if (rc == 0)
		rc = !json_equal(before, record);
	json_decref(before);
	return rc;
}

/* Files out of the nupkg */

static int
add_file(const struct ferry_version_at *at, json_t *record, const char *name,
    const char *path, const struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_digest sha256;
	json_t *object;

	if (ferry_blob_put(at->packages->run->st, FERRY_BLOB_IS_FILE,
		ferry_bytes_buf(text), &sha256, err) == -1 ||
	    ferry_files_add(record, name, text->n, &sha256, &object, err) == -1)
		return -1;
	return path == NULL ? 0
	                    : ferry_json_set(object, "path",
				  ferry_json_text(ferry_bytes_str(path)), err);
}

/* A file that the nuspec names: what is not there, or long, is left out. */
static int
add_named(const struct ferry_version_at *at, json_t *record,
    const struct ferry_digest *nupkg, const char *member, const char *name,
    uint64_t max, struct ferry_error *err)
{
	const char *path = json_string_value(
	    json_object_get(json_object_get(record, "about"), member));
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = 0;

	if (path != NULL && *path != 0)
		rc = ferry_nuget_inside_member(
		    &text, at->packages->run->st, nupkg, path, max, err);
	if (rc == 1 && text.n > 0)
		rc = add_file(at, record, name, path, &text, err);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
add_files(const struct ferry_version_at *at, json_t *record,
    const struct nuget_inside *inside, const struct ferry_digest *nupkg,
    struct ferry_error *err)
{
	struct ferry_bytes id = ferry_nuget_name_id(ferry_bytes_str(at->name));
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_addf(&name, err, "%.*s.nuspec", (int)id.n,
		(const char *)id.p) == 0 &&
	    add_file(at, record, (char *)name.p, NULL, &inside->nuspec, err) ==
		0 &&
	    add_named(at, record, nupkg, "icon", "icon", ICON_MAX, err) == 0 &&
	    add_named(at, record, nupkg, "readme", "readme", TEXT_MAX, err) ==
		0 &&
	    add_named(at, record, nupkg, "licenseFile", "license", TEXT_MAX,
		err) == 0)
		rc = 0;
	ferry_buf_free(&name);
	return rc;
}

/* Symbols come without a digest: what is no zip, as a page of a registry that
 * says 200 to everything, is left out. */
static int
check_symbols(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	json_t *files = json_object_get(record, "files");
	struct ferry_blob blob = { .fd = -1 };
	struct ferry_file file;
	uint8_t magic[2] = { 0 };
	ssize_t n;
	int rc;

	if (json_array_size(files) < 2)
		return 0;
	if (ferry_files_get(record, 1, &file, err) == -1)
		return -1;
	if (!ferry_bytes_ends(ferry_bytes_str(file.name), ".snupkg"))
		return 0;
	if ((rc = ferry_blob_open(
		 at->packages->run->st, &file.sha256, &blob, err)) != 1)
		return rc;
	n = ferry_blob_read(&blob, 0, magic, sizeof(magic), err);
	ferry_blob_close(&blob);
	if (n == -1 || memcmp(magic, "PK", 2) == 0)
		return n == -1 ? -1 : 0;
	ferry_task_note(at->packages->run->task,
	    "%s of upstream '%s' is left out: it is not a zip", file.name,
	    at->packages->up->name);
	(void)json_array_remove(files, 1);
	return 0;
}

/* The version */

/* Whether the nupkg is what it is called. */
static int
check_identity(const struct ferry_version_at *at, const json_t *record,
    struct ferry_error *err)
{
	const char *id = json_string_value(json_object_get(record, "id"));
	const char *version =
	    json_string_value(json_object_get(record, "version"));
	struct ferry_buf key = FERRY_BUF_INIT, number = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_nuget_lower(&key, ferry_bytes_str(id), err) == 0 &&
	    ferry_nuget_version_key(&number, ferry_bytes_str(version), err) ==
		1)
		rc = ferry_bytes_equal(ferry_bytes_buf(&key),
			 ferry_nuget_name_id(ferry_bytes_str(at->name))) &&
		             ferry_bytes_is(
				 ferry_bytes_buf(&number), at->version)
		         ? 0
		         : ferry_error_set(err, FERRY_EFORMAT,
			       "the nupkg is of %.100s %.100s", id, version);
	ferry_buf_free(&key);
	ferry_buf_free(&number);
	return rc;
}

/* base64, as lock files have it */
static int
set_content_hash(
    json_t *record, const struct ferry_digest *sha512, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_base64_add(
		&text, ferry_bytes_of(sha512->v, sha512->n), err) == 0)
		rc = ferry_json_set(record, "content_hash",
		    ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	return rc;
}

static int
describe_new(const struct ferry_version_at *at, json_t *record,
    const struct ferry_digest *nupkg, struct ferry_error *err)
{
	const struct nuget *nuget = at->packages->state;
	struct nuget_inside inside;
	int rc = -1;

	if (ferry_nuget_inside_read(
		&inside, at->packages->run->st, nupkg, err) == -1)
		return -1;
	if (ferry_nuspec_read(record, ferry_bytes_buf(&inside.nuspec), err) ==
		0 &&
	    check_identity(at, record, err) == 0 &&
	    set_content_hash(record, &inside.sha512, err) == 0 &&
	    ferry_nuget_signature_judge(record, &inside, &nuget->trust, err) ==
		0 &&
	    ferry_nuget_needs_describe(record, &inside, err) == 0 &&
	    check_symbols(at, record, err) == 0 &&
	    add_files(at, record, &inside, nupkg, err) == 0 &&
	    set_leaf(at, record, err) != -1)
		rc = 1;
	ferry_nuget_inside_free(&inside);
	return rc;
}

/* Small files that are lost are in the nupkg still. */
static int
repair_files(const struct ferry_version_at *at, json_t *record,
    const struct ferry_digest *nupkg, struct ferry_error *err)
{
	struct ferry_store *st = at->packages->run->st;
	struct nuget_inside inside;
	json_t *files = json_object_get(record, "files");
	struct ferry_file file;
	size_t n = json_array_size(files);
	bool lost = false;
	int rc;

	for (size_t i = 1; i < n && !lost; i++) {
		if (ferry_files_get(record, i, &file, err) == -1 ||
		    (rc = ferry_blob_has(st, &file.sha256, err)) == -1)
			return -1;
		lost = rc == 0 && strstr(file.name, ".snupkg") == NULL;
	}
	if (!lost)
		return 0;
	if (ferry_nuget_inside_read(&inside, st, nupkg, err) == -1)
		return -1;
	/* The same bytes: only their blobs are made anew. */
	if ((files = json_deep_copy(record)) == NULL)
		rc = ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else
		rc = add_files(at, files, &inside, nupkg, err);
	json_decref(files);
	ferry_nuget_inside_free(&inside);
	return rc;
}

/* It was known to be whole; now somebody says whom to trust. */
static int
judge_again(const struct ferry_version_at *at, json_t *record,
    const struct ferry_digest *nupkg, struct ferry_error *err)
{
	const struct nuget *nuget = at->packages->state;
	const char *word =
	    json_string_value(json_object_get(record, "signature"));
	struct nuget_inside inside;
	int rc;

	if (nuget->trust.signing == NULL || word == NULL ||
	    strcmp(word, "intact") != 0)
		return 0;
	if (ferry_nuget_inside_read(
		&inside, at->packages->run->st, nupkg, err) == -1)
		return -1;
	rc = ferry_nuget_signature_judge(record, &inside, &nuget->trust, err);
	ferry_nuget_inside_free(&inside);
	return rc == -1 ? -1 : 1;
}

int
ferry_nuget_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	struct ferry_file nupkg;
	int judged, changed;

	if (ferry_files_get(record, 0, &nupkg, err) == -1)
		return -1;
	if (json_object_get(record, "id") == NULL)
		return describe_new(at, record, &nupkg.sha256, err);
	if (repair_files(at, record, &nupkg.sha256, err) == -1 ||
	    (judged = judge_again(at, record, &nupkg.sha256, err)) == -1 ||
	    (changed = set_leaf(at, record, err)) == -1)
		return -1;
	return judged == 1 || changed == 1;
}

int
ferry_nuget_agrees(const struct ferry_version_at *at, const char *integrity,
    struct ferry_error *err)
{
	static const char prefix[] = "contenthash-";
	const char *hash =
	    json_string_value(json_object_get(at->record, "content_hash"));

	if (strncmp(integrity, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	integrity += sizeof(prefix) - 1;
	return hash != NULL && strcmp(hash, integrity) == 0
	           ? 0
	           : ferry_error_set(err, FERRY_EDIGEST,
			 "its contentHash is %.12s…, the lock file has %.12s…; "
			 "somebody built or signed this version again",
			 hash == NULL ? "" : hash, integrity);
}
