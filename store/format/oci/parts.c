#include "store/format/oci/parts.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/json.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

_Static_assert(FERRY_FORMAT_VERSION >= FERRY_OCI_DIGEST_TEXT, "a digest fits");

/* Types of manifests that name no others.  Any other one is looked into. */
static bool
has_no_parts(const char *type)
{

	return strcmp(type, "application/vnd.oci.image.manifest.v1+json") ==
	           0 ||
	       strcmp(type,
		   "application/vnd.docker.distribution.manifest.v2+json") == 0;
}

/* The file "manifest" of a record: 1 and *out, 0, -1. */
static int
find_manifest(
    const json_t *record, struct ferry_digest *out, struct ferry_error *err)
{
	const char *name, *hex;
	json_t *files, *file;
	size_t i;

	if (ferry_json_array(record, "files", &files, err) == -1)
		return -1;
	json_array_foreach (files, i, file) {
		if (ferry_json_str(file, "name", &name, err) == -1 ||
		    ferry_json_str(file, "sha256", &hex, err) == -1)
			return -1;
		if (strcmp(name, "manifest") == 0)
			return ferry_digest_from_hex(out, FERRY_SHA256,
				   ferry_bytes_str(hex), err) == -1
			           ? -1
			           : 1;
	}
	return 0;
}

static int
tell(struct ferry_bytes text, const char *type, ferry_format_part *on_part,
    void *ctx, struct ferry_error *err)
{
	struct ferry_oci_manifest m;
	int rc = 0;

	if (ferry_oci_manifest_read(&m, text, type, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < m.n; i++)
		if (m.descriptors[i].role == FERRY_OCI_CHILD)
			rc = on_part(ctx, m.descriptors[i].digest, err);
	ferry_oci_manifest_free(&m);
	return rc;
}

int
ferry_oci_parts(const struct ferry_format_record *version,
    ferry_format_load *on_load, void *load_ctx, ferry_format_part *on_part,
    void *part_ctx, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest sha256;
	const char *type;
	int rc;

	if (ferry_json_str_opt(
		version->value, "media_type", NULL, &type, err) == -1)
		return -1;
	if (type != NULL && has_no_parts(type))
		return 0;
	rc = find_manifest(version->value, &sha256, err);
	if (rc == 1)
		rc = on_load(
		    load_ctx, &sha256, FERRY_OCI_MANIFEST_MAX, &text, err);
	if (rc == 1)
		rc = tell(ferry_bytes_buf(&text), type, on_part, part_ctx, err);
	ferry_buf_free(&text);
	return rc;
}

bool
ferry_oci_tag_belongs(
    struct ferry_bytes tag, char version[FERRY_FORMAT_VERSION])
{

	return ferry_oci_fallback_parse(tag, version);
}
