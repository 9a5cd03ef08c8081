#include "serve/replay/oci/content.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/call.h"
#include "serve/replay/file.h"
#include "serve/replay/held.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

/* call is on_make's ctx, which only reads it. */
static int
get(const struct ferry_call *call, const char *what, const char *item,
    ferry_cache_make *on_make, struct ferry_body **out, struct ferry_error *err)
{

	return ferry_store_view_get(call->view, out, on_make,
	    (void *)(uintptr_t)call, err, "oci", call->resource.package, what,
	    call->owner, item, NULL);
}

/* Manifests */

/* The digest that the tag names.  1 and *digest (to be freed), 0, -1. */
static int
find_tag(const struct ferry_call *call, char **digest, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	json_t *record = NULL;
	const char *version;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "tag", "oci", r->package, call->owner,
		r->item, NULL) == -1)
		return -1;
	rc = ferry_catalog_get(
	    ferry_store_view_store(call->view), &key, &record, err);
	if (rc == 1 && ferry_withdrawn_hidden(record))
		rc = 0;
	else if (rc == 1 &&
		 (ferry_json_str(record, "version", &version, err) == -1 ||
		     ferry_strdup(digest, version, err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}

static int
load_manifest(struct ferry_store *store, const json_t *record,
    const char *digest, struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_body *body = NULL;
	struct ferry_file file;
	const char *type;
	int rc = ferry_files_find(record, "manifest", &file, err);

	if (rc != 1)
		return rc;
	rc = -1;
	if (ferry_json_str_opt(record, "media_type", "application/octet-stream",
		&type, err) == -1 ||
	    ferry_blob_load(
		store, &file.sha256, FERRY_OCI_MANIFEST_MAX, &buf, err) == -1 ||
	    ferry_body_new(&body, &buf, err) == -1 ||
	    ferry_strdup(&body->type, type, err) == -1)
		goto out;
	(void)snprintf(body->etag, sizeof(body->etag), "\"%.140s\"", digest);
	*out = body;
	body = NULL;
	rc = 1;
out:
	ferry_body_unref(body);
	ferry_buf_free(&buf);
	return rc;
}

static int
make_manifest(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const struct ferry_resource *r = &call->resource;
	struct ferry_store *store = ferry_store_view_store(call->view);
	const char *digest = r->item;
	json_t *record = NULL;
	char *target = NULL;
	int rc = 1;

	if (strchr(digest, ':') == NULL) {
		rc = find_tag(call, &target, err);
		digest = target;
	}
	if (rc == 1)
		rc = ferry_held_record(call->view, "oci", r->package,
		    call->owner, digest, &record, err);
	if (rc == 1)
		rc = load_manifest(store, record, digest, out, err);
	json_decref(record);
	free(target);
	return rc;
}

int
ferry_oci_manifest_body(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err)
{

	return get(
	    call, "manifest", call->resource.item, make_manifest, out, err);
}

/* Blobs */

/* Whether a version's record names the blob as anything but its manifest. */
static int
names_blob(const json_t *record, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	int n = ferry_files_count(record, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		if (ferry_files_get(record, (size_t)i, &file, err) == -1)
			return -1;
		if (ferry_digest_equal(&file.sha256, sha256) &&
		    strcmp(file.name, "manifest") != 0)
			return 1;
	}
	return n == -1 ? -1 : 0;
}

/* By the references to the blob from versions of this package: one seek. */
static int
find_sha256(const struct ferry_call *call, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(call->view);
	struct ferry_ref_iter *refs = NULL;
	struct ferry_key prefix, key;
	json_t *record = NULL;
	int rc = 0, found;

	if (ferry_key_make(&prefix, err, "version", "oci",
		call->resource.package, call->owner, NULL) == -1 ||
	    ferry_ref_iter_new(&refs, store, sha256, &prefix, err) == -1)
		return -1;
	while (rc == 0 && (found = ferry_ref_iter_next(refs, &key, err)) != 0) {
		rc = found == -1 ? -1
		                 : ferry_catalog_get(store, &key, &record, err);
		if (rc != 1)
			continue;
		rc = !ferry_removal_is(record) ? names_blob(record, sha256, err)
		                               : 0;
		json_decref(record);
	}
	ferry_ref_iter_free(refs);
	return rc;
}

/* Lines of a file's name, when that is another digest, and its SHA-256. */
static int
add_other_names(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	int n = !ferry_removal_is(record) ? ferry_files_count(record, err) : 0;
	char text[FERRY_DIGEST_TEXT];
	struct ferry_file file;

	(void)key;
	for (int i = 0; i < n; i++)
		if (ferry_files_get(record, (size_t)i, &file, err) == -1 ||
		    (strncmp(file.name, "sha512:", 7) == 0 &&
			ferry_buf_addf(ctx, err, "%s %s\n", file.name,
			    ferry_digest_text(&file.sha256, text)) == -1))
			return -1;
	return n == -1 ? -1 : 0;
}

/*
 * Blobs that manifests name by SHA-512 are found by reading all versions of
 * the package, once a change.  Almost no package has any.
 */
static int
make_other_names(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_key prefix;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "version", "oci",
		call->resource.package, call->owner, NULL) == 0 &&
	    ferry_catalog_each(ferry_store_view_store(call->view), &prefix,
		add_other_names, &buf, err) == 0 &&
	    ferry_body_new(out, &buf, err) == 0)
		rc = 1;
	ferry_buf_free(&buf);
	return rc;
}

static int
find_sha512(const struct ferry_call *call, struct ferry_digest *out,
    struct ferry_error *err)
{
	struct ferry_body *names = NULL;
	const char *item = call->resource.item, *at;
	size_t n = strlen(item);
	int rc = get(call, "sha512", "", make_other_names, &names, err);

	if (rc != 1)
		return rc;
	at = names->bytes.n == 0 ? NULL
	                         : strstr((const char *)names->bytes.p, item);
	rc = at == NULL ? 0
	     : ferry_digest_parse(out,
		   ferry_bytes_of(at + n + 1, strcspn(at + n + 1, "\n")),
		   err) == -1
	         ? -1
	         : 1;
	ferry_body_unref(names);
	return rc;
}

static int
find_blob(void *ctx, struct ferry_digest *out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;

	if (ferry_oci_digest_parse(
		out, ferry_bytes_str(call->resource.item), err) == -1)
		return -1;
	return out->alg == FERRY_SHA256 ? find_sha256(call, out, err)
	                                : find_sha512(call, out, err);
}

int
ferry_oci_blob_body(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;

	return ferry_file_body(&(struct ferry_file_call){ call->view, "oci",
				   r->package, call->owner, r->item, r->item,
				   find_blob, (void *)(uintptr_t)call },
	    out, err);
}
