#include "serve/replay/npm/load.h"

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"

#define DOCUMENT_MAX (256U << 20)

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
		ferry_held_load(held, view, "npm", package, owner, err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}
