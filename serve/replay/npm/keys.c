#include "serve/replay/npm/keys.h"

#include <jansson.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/call.h"
#include "serve/replay/held.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"

#define JSON "application/json"

/* Append the elements of an upstream's "keys" to out. */
static int
add_keys(struct ferry_store *store, const json_t *record, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_bytes root, keys;
	struct ferry_span_iter it;
	struct ferry_file file;
	int rc = ferry_files_find(record, "keys", &file, err);

	if (rc != 1)
		return rc;
	rc = -1;
	if (ferry_blob_load(store, &file.sha256, 1U << 20, &buf, err) == -1 ||
	    ferry_span_check(ferry_bytes_buf(&buf), &root, err) == -1)
		goto out;
	if (ferry_span_get(root, "keys", &keys)) {
		ferry_span_iter(&it, keys);
		while (ferry_span_next(&it))
			if ((out->n > 0 &&
				ferry_buf_adds(out, ",", err) == -1) ||
			    ferry_buf_add(out, it.value.p, it.value.n, err) ==
				-1)
				goto out;
	}
	rc = 1;
out:
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_npm_answer_keys(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(call->view);
	struct ferry_record_iter *it = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_key prefix, key;
	json_t *record = NULL;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "upstream", NULL) == -1 ||
	    ferry_catalog_iter_new(&it, store, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		const char *format =
		    json_string_value(json_object_get(record, "format"));

		if (format != NULL && strcmp(format, "npm") == 0 &&
		    ferry_access_knows(permit, "npm", ferry_key_part(&key, 1)))
			rc = add_keys(store, record, &buf, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	if (rc == 0 && buf.n > 0) {
		ferry_response_text(res, 200, JSON, "{\"keys\":[%.*s]}\n",
		    (int)buf.n, (const char *)buf.p);
		rc = 1;
	}
	ferry_record_iter_free(it);
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_npm_answer_attestations(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(call->view);
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_file file;
	json_t *record = NULL;
	int rc;

	if (call->owner[0] == 0)
		return 0;
	rc = ferry_held_record(call->view, "npm", call->resource.package,
	    call->owner, call->resource.item, &record, err);
	if (rc == 1)
		rc = ferry_files_find(record, "attestations", &file, err);
	if (rc == 1)
		rc = ferry_blob_load(
			 store, &file.sha256, 8U << 20, &buf, err) == -1
		         ? -1
		         : ferry_response_take(res, JSON, &buf, err);
	ferry_buf_free(&buf);
	json_decref(record);
	return rc;
}
