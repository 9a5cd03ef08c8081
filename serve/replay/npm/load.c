#include "serve/replay/npm/load.h"

#include <stdlib.h>

#include "serve/replay/known.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/out.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"

#define DOCUMENT_MAX (256U << 20)
#define SAID_MAX (16U << 20) /* of one version */

/* Members that ours are added to. */
static const char *const both[] = { "versions", "time" };

/* The members of object's member called name, behind a comma where needed. */
static void
put_members(struct ferry_out *out, const char **comma, struct ferry_bytes root,
    const char *name)
{
	struct ferry_span_iter it;
	struct ferry_bytes object;

	if (!ferry_span_get(root, name, &object) ||
	    ferry_span_type(object) != FERRY_SPAN_OBJECT)
		return;
	ferry_span_iter(&it, object);
	for (; ferry_span_next(&it); *comma = ",") {
		ferry_out_str(out, *comma);
		ferry_out_bytes(out, it.whole);
	}
}

/* Upstream's packument with what it said of versions that it took away. */
static int
put_whole(struct ferry_buf *buf, struct ferry_bytes root,
    const struct ferry_bytes *said, size_t n, struct ferry_error *err)
{
	const char *comma = "", *inner;
	struct ferry_span_iter it;
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	ferry_out_str(&out, "{");
	ferry_span_iter(&it, root);
	while (it.object && ferry_span_next(&it)) {
		if (ferry_span_is(it.name, ferry_bytes_str(both[0])) ||
		    ferry_span_is(it.name, ferry_bytes_str(both[1])))
			continue;
		ferry_out_str(&out, comma);
		ferry_out_bytes(&out, it.whole);
		comma = ",";
	}
	for (size_t k = 0; k < 2; k++, comma = ",") {
		ferry_out_fmt(&out, "%s\"%s\":{", comma, both[k]);
		inner = "";
		put_members(&out, &inner, root, both[k]);
		for (size_t i = 0; i < n; i++)
			put_members(&out, &inner, said[i], both[k]);
		ferry_out_str(&out, "}");
	}
	ferry_out_str(&out, "}");
	return ferry_out_end(&out, err);
}

/* Add to upstream's packument, which is in out, what it said before of what is
 * held and it took away. */
static int
add_withdrawn(struct ferry_store *store, const struct ferry_held *held,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_buf whole = FERRY_BUF_INIT, *texts = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes root, *said = NULL;
	size_t n = 0, texts_n = 0;
	int rc = -1;

	for (size_t i = 0; i < held->n; i++)
		n += held->list[i].said.n > 0;
	if (n == 0)
		return 0;
	if (ferry_calloc(&texts, n, sizeof(*texts), err) == -1 ||
	    ferry_calloc(&said, n, sizeof(*said), err) == -1 ||
	    ferry_span_check(ferry_bytes_buf(out), &root, err) == -1)
		goto out;
	for (size_t i = 0; i < held->n; i++) {
		if (held->list[i].said.n == 0)
			continue;
		/* What was lost or rotted takes one version from the list. */
		if (ferry_blob_load(store, &held->list[i].said, SAID_MAX,
			&texts[texts_n], &ignored) == -1 ||
		    ferry_span_check(ferry_bytes_buf(&texts[texts_n]),
			&said[texts_n], &ignored) == -1)
			ferry_buf_free(&texts[texts_n]);
		else
			texts_n++;
	}
	if ((rc = put_whole(&whole, root, said, texts_n, err)) == 0) {
		ferry_buf_free(out);
		*out = whole;
		whole = (struct ferry_buf)FERRY_BUF_INIT;
	}
out:
	for (size_t i = 0; texts != NULL && i < n; i++)
		ferry_buf_free(&texts[i]);
	free(texts);
	free(said);
	ferry_buf_free(&whole);
	return rc;
}

/* Of an upstream that is pulled through, its packument says what is known. */
static int
add_known(struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_bytes text, struct ferry_held *held, struct ferry_error *err)
{
	struct ferry_bytes root, versions;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_known known;
	struct ferry_span_iter it;
	int rc = ferry_known_begin(&known, view, "npm", package, owner, err);

	if (rc != 1)
		return rc;
	rc = ferry_span_check(text, &root, err);
	if (rc == 0 && ferry_span_get(root, "versions", &versions) &&
	    ferry_span_type(versions) == FERRY_SPAN_OBJECT) {
		ferry_span_iter(&it, versions);
		while (rc == 0 && ferry_span_next(&it)) {
			ferry_buf_reset(&name);
			if (ferry_span_unescape(&name, it.name, err) == -1 ||
			    (name.n > 0 &&
				ferry_known_add(&known, held,
				    ferry_bytes_buf(&name), err) == -1))
				rc = -1;
		}
	}
	ferry_known_end(&known, held);
	ferry_buf_free(&name);
	return rc;
}

int
ferry_npm_load(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_buf *out, struct ferry_held *held,
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
	if (rc == 1 &&
	    (ferry_blob_load(store, &file.sha256, DOCUMENT_MAX, out, err) ==
		    -1 ||
		ferry_held_load(held, view, "npm", package, owner, err) == -1 ||
		add_withdrawn(store, held, out, err) == -1 ||
		add_known(view, package, owner, ferry_bytes_buf(out), held,
		    err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}
