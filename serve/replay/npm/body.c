/* Packuments of npm: from the store through the cache to a body. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "serve/replay/npm/npm.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"

/* Beyond this, a third of the time for 5 % more bytes is the better trade. */
#define GZIP_FAST_FROM (4U << 20)

static int
add_held(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return json_object_get(record, "deleted_at") != NULL
	           ? 0
	           : ferry_npm_held_add(ctx, ferry_key_part(key, 4), err);
}

static int
load_held(struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_npm_held *held, struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_make(
		   &prefix, err, "version", "npm", package, owner, NULL) == -1
	           ? -1
	           : ferry_catalog_each(ferry_store_view_store(view), &prefix,
			 add_held, held, err);
}

int
ferry_npm_load(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_buf *out, struct ferry_npm_held *held,
    struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(view);
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "package", "npm", package, owner, NULL) ==
		-1 ||
	    (rc = ferry_catalog_get(store, &key, &record, err)) == -1)
		return -1;
	if (rc == 1)
		rc = ferry_files_find(record, "packument", &file, err);
	if (rc == 1 && (ferry_blob_load(store, &file.sha256,
			    FERRY_NPM_DOCUMENT_MAX, out, err) == -1 ||
			   load_held(view, package, owner, held, err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}

static int
gzip(struct ferry_bytes in, struct ferry_buf *out, struct ferry_error *err)
{
	int level = in.n < GZIP_FAST_FROM ? 6 : 4, rc = -1;
	uint8_t *bytes = NULL;
	z_stream z = { 0 };
	size_t bound;

	/* 15 bits of window, 16 for a gzip head. */
	if (deflateInit2(
		&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory for gzip");
	bound = deflateBound(&z, in.n);
	if (ferry_calloc(&bytes, 1, bound, err) == -1)
		goto out;
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = bytes;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		ferry_error_set(err, FERRY_ELIMIT, "gzip did not finish");
		goto out;
	}
	/* Copied, so that the cache holds what it counts. */
	rc = ferry_buf_add(out, bytes, z.total_out, err);
out:
	(void)deflateEnd(&z);
	free(bytes);
	return rc;
}

struct job {
	struct ferry_store_view *view;
	const char *package;
	const char *owner;
	const char *base;
	enum ferry_npm_form form;
	enum ferry_npm_encoding encoding;
};

static int
make_identity(
    const struct job *job, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_npm_held held = { 0 };
	struct ferry_buf upstream = FERRY_BUF_INIT;
	int rc = ferry_npm_load(
	    job->view, job->package, job->owner, &upstream, &held, err);

	if (rc == 1)
		rc = ferry_npm_document(out, ferry_bytes_buf(&upstream),
		    job->package, &held, job->form, job->base, err);
	ferry_npm_held_free(&held);
	ferry_buf_free(&upstream);
	return rc;
}

static int
make(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct job *job = ctx;
	struct ferry_body *identity = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc;

	if (job->encoding == FERRY_NPM_GZIP) {
		rc = ferry_npm_body(job->view, job->package, job->owner,
		    job->base, job->form, FERRY_NPM_IDENTITY, &identity, err);
		if (rc == 1 &&
		    gzip(ferry_bytes_buf(&identity->bytes), &buf, err) == -1)
			rc = -1;
		ferry_body_unref(identity);
	} else {
		rc = make_identity(job, &buf, err);
	}
	if (rc == 1) {
		if (ferry_body_new(out, &buf, err) == -1)
			rc = -1;
		else if (ferry_body_tag(*out, "", err) == -1) {
			ferry_body_unref(*out);
			*out = NULL;
			rc = -1;
		}
	}
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_npm_body(struct ferry_store_view *view, const char *package,
    const char *owner, const char *base, enum ferry_npm_form form,
    enum ferry_npm_encoding encoding, struct ferry_body **out,
    struct ferry_error *err)
{
	struct job job = { view, package, owner, base, form, encoding };

	return ferry_store_view_get(view, out, make, &job, err, "npm", package,
	    form == FERRY_NPM_FULL ? "full" : "abbreviated",
	    encoding == FERRY_NPM_GZIP ? "gzip" : "", base, NULL);
}
