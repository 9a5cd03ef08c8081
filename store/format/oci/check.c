#include "store/format/oci/check.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

/* A media type reaches headers. */
static int
check_type(const json_t *object, const char *name, struct ferry_error *err)
{
	const char *s;

	if (ferry_json_str_opt(object, name, "", &s, err) == -1)
		return -1;
	if (strlen(s) > FERRY_OCI_MEDIA_TYPE_MAX)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "its \"%s\" is too long", name);
	for (; *s != 0; s++)
		if (*s < ' ' || *s >= 0x7f)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "its \"%s\" is not visible ASCII", name);
	return 0;
}

static int
check_tag(const struct ferry_format_record *r, struct ferry_error *err)
{
	const char *version;

	if (!ferry_oci_tag_valid(ferry_bytes_str(r->key[4])))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "it is of a tag that no registry could have");
	if (r->value == NULL)
		return 0;
	if (ferry_json_str(r->value, "version", &version, err) == -1)
		return -1;
	if (!ferry_oci_digest_valid(ferry_bytes_str(version)))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "its \"version\" is not a digest");
	return 0;
}

static int
check_referrer(const struct ferry_format_record *r, struct ferry_error *err)
{
	json_t *annotations, *value;
	const char *digest, *type, *name;
	uint64_t size;

	if (r->value == NULL)
		return 0;
	if (ferry_json_str(r->value, "digest", &digest, err) == -1 ||
	    ferry_json_str(r->value, "mediaType", &type, err) == -1 ||
	    ferry_json_u64(r->value, "size", INT64_MAX, &size, err) == -1 ||
	    check_type(r->value, "mediaType", err) == -1 ||
	    check_type(r->value, "artifactType", err) == -1)
		return -1;
	if (strcmp(digest, r->key[5]) != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its \"digest\" is not the one of its key");
	if (json_object_get(r->value, "annotations") == NULL)
		return 0;
	if (ferry_json_object(r->value, "annotations", &annotations, err) == -1)
		return -1;
	json_object_foreach (annotations, name, value)
		if (!json_is_string(value))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "its \"annotations\" are not all strings");
	return 0;
}

/* Versions */

struct file {
	const char *name;
	uint64_t size;
	struct ferry_digest sha256;
};

static int
get_file(const json_t *object, struct file *out, struct ferry_error *err)
{
	const char *hex;

	if (ferry_json_str(object, "name", &out->name, err) == -1 ||
	    ferry_json_u64(object, "size", INT64_MAX, &out->size, err) == -1 ||
	    ferry_json_str(object, "sha256", &hex, err) == -1)
		return -1;
	return ferry_digest_from_hex(
	    &out->sha256, FERRY_SHA256, ferry_bytes_str(hex), err);
}

/* A file other than the manifest, by its own name. */
static int
check_part(
    const json_t *object, const struct file *file, struct ferry_error *err)
{
	struct ferry_digest named;

	if (check_type(object, "media_type", err) == -1 ||
	    ferry_oci_digest_parse(&named, ferry_bytes_str(file->name), err) ==
		-1)
		return -1;
	if (named.alg == FERRY_SHA256 &&
	    !ferry_digest_equal(&named, &file->sha256))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "it has other bytes than its name");
	return 0;
}

/* What needs no blob.  *manifest is the file of that name. */
static int
check_files(const struct ferry_format_record *r, json_t *files,
    struct file *manifest, struct ferry_error *err)
{
	struct ferry_digest version;
	struct file file;
	json_t *object;
	size_t i;

	manifest->name = NULL;
	json_array_foreach (files, i, object) {
		int rc = get_file(object, &file, err);

		if (rc == 0 && strcmp(file.name, "manifest") != 0)
			rc = check_part(object, &file, err);
		else if (rc == 0 && manifest->name != NULL)
			rc = ferry_error_set(
			    err, FERRY_EFORMAT, "there are two of it");
		else if (rc == 0)
			*manifest = file;
		if (rc == -1)
			return ferry_error_in(err, "file %zu", i + 1);
	}
	if (manifest->name == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "it has no file \"manifest\"");
	if (ferry_oci_digest_parse(&version, ferry_bytes_str(r->key[4]), err) ==
	    -1)
		return -1;
	if (version.alg == FERRY_SHA256 &&
	    !ferry_digest_equal(&version, &manifest->sha256))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its manifest is not the one that it is named by");
	return 0;
}

static bool
is_part(const struct ferry_oci_descriptor *d)
{

	return d->role == FERRY_OCI_CONFIG || d->role == FERRY_OCI_LAYER;
}

static const json_t *
find_file(const json_t *files, const char *name)
{
	json_t *object;
	size_t i;

	json_array_foreach (files, i, object) {
		const char *s =
		    json_string_value(json_object_get(object, "name"));

		if (s != NULL && strcmp(s, name) == 0)
			return object;
	}
	return NULL;
}

static bool
is_missing(const json_t *record, const char *digest)
{
	json_t *name;
	size_t i;

	json_array_foreach (json_object_get(record, "missing"), i, name)
		if (json_is_string(name) &&
		    strcmp(json_string_value(name), digest) == 0)
			return true;
	return false;
}

/* Each part that the text names is a file, or missing, and nothing else is. */
static int
check_parts(const struct ferry_oci_manifest *m, const json_t *record,
    json_t *files, struct ferry_error *err)
{
	json_t *object;
	size_t i;

	for (i = 0; i < m->n; i++) {
		const struct ferry_oci_descriptor *d = &m->descriptors[i];
		const json_t *file;

		if (!is_part(d))
			continue;
		if ((file = find_file(files, d->digest)) == NULL) {
			if (!is_missing(record, d->digest))
				return ferry_error_set(err, FERRY_EFORMAT,
				    "it lacks %s, which its manifest names",
				    d->digest);
		} else if (d->size != 0 &&
			   (uint64_t)json_integer_value(
			       json_object_get(file, "size")) != d->size) {
			return ferry_error_set(err, FERRY_EFORMAT,
			    "%s has another size than its manifest says",
			    d->digest);
		}
	}
	json_array_foreach (files, i, object) {
		const char *name =
		    json_string_value(json_object_get(object, "name"));
		size_t k = 0;

		if (strcmp(name, "manifest") == 0)
			continue;
		while (k < m->n &&
		       (!is_part(&m->descriptors[k]) ||
			   strcmp(m->descriptors[k].digest, name) != 0))
			k++;
		if (k == m->n)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "its manifest does not name %s", name);
	}
	return 0;
}

static int
check_says(const json_t *record, const char *name, const char *text,
    struct ferry_error *err)
{
	const char *s;

	if (ferry_json_str_opt(record, name, "", &s, err) == -1)
		return -1;
	if (strcmp(s, text) != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its \"%s\" is not what its manifest says", name);
	return 0;
}

static int
check_text(const struct ferry_format_record *r, json_t *files,
    struct ferry_bytes text, struct ferry_error *err)
{
	const char *type, *subject = "";
	struct ferry_digest version, got;
	struct ferry_oci_manifest m;
	int rc;

	if (ferry_oci_digest_parse(&version, ferry_bytes_str(r->key[4]), err) ==
		-1 ||
	    ferry_digest_of(&got, version.alg, text, err) == -1)
		return -1;
	if (!ferry_digest_equal(&got, &version))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its manifest is not the one that it is named by");
	if (ferry_json_str_opt(r->value, "media_type", NULL, &type, err) ==
		-1 ||
	    ferry_oci_manifest_read(&m, text, type, err) == -1)
		return -1;
	for (size_t i = 0; i < m.n; i++)
		if (m.descriptors[i].role == FERRY_OCI_SUBJECT)
			subject = m.descriptors[i].digest;
	rc = type == NULL
	         ? 0
	         : check_says(r->value, "media_type", m.media_type, err);
	if (rc == 0)
		rc =
		    check_says(r->value, "artifact_type", m.artifact_type, err);
	if (rc == 0)
		rc = check_says(r->value, "subject", subject, err);
	if (rc == 0)
		rc = check_parts(&m, r->value, files, err);
	ferry_oci_manifest_free(&m);
	return rc;
}

static int
check_version(const struct ferry_format_record *r, ferry_format_load *on_load,
    void *ctx, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct file manifest;
	const char *subject;
	json_t *files;
	int rc;

	if (r->value == NULL)
		return 0;
	if (ferry_json_array(r->value, "files", &files, err) == -1 ||
	    check_type(r->value, "media_type", err) == -1 ||
	    check_type(r->value, "artifact_type", err) == -1 ||
	    ferry_json_str_opt(r->value, "subject", NULL, &subject, err) ==
		-1 ||
	    check_files(r, files, &manifest, err) == -1)
		return -1;
	if (subject != NULL &&
	    !ferry_oci_digest_valid(ferry_bytes_str(subject)))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "its \"subject\" is not a digest");
	if (manifest.size > FERRY_OCI_MANIFEST_MAX)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "its manifest is too large");
	if (on_load == NULL)
		return 0;
	if ((rc = on_load(ctx, &manifest.sha256, FERRY_OCI_MANIFEST_MAX, &text,
		 err)) == 1)
		rc = check_text(r, files, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_oci_check(const struct ferry_format_record *r, ferry_format_load *on_load,
    void *ctx, struct ferry_error *err)
{

	if (strcmp(r->key[0], "version") == 0)
		return check_version(r, on_load, ctx, err);
	if (strcmp(r->key[0], "tag") == 0)
		return check_tag(r, err);
	if (strcmp(r->key[0], "referrer") == 0)
		return check_referrer(r, err);
	return 0;
}
