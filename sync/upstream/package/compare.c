/* Documents that are here beside what an index of the registry says of them. */

#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "sync/upstream/package/packages.h"

int
ferry_package_document_here(const struct ferry_package *p,
    const struct ferry_digest *digest, struct ferry_buf *text,
    struct ferry_digest *sha256, struct ferry_error *err)
{
	struct ferry_store *st = p->packages->run->st;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_digest got;
	struct ferry_key key;
	struct ferry_file file;
	json_t *record = NULL;
	int rc;

	if (ferry_key_package(&key, p->packages->format->format, p->entry.key,
		p->packages->up->name, err) == -1 ||
	    (rc = ferry_catalog_get(st, &key, &record, err)) == -1)
		return -1;
	if (rc == 1 && (rc = ferry_files_count(record, err)) != 1)
		rc = rc == -1 ? -1 : 0;
	if (rc == 1 && (rc = ferry_files_get(record, 0, &file, err)) == 0)
		rc = ferry_blob_has(st, &file.sha256, err);
	/* What rotted is not here. */
	if (rc == 1 &&
	    ferry_blob_load(st, &file.sha256, p->packages->format->document_max,
		text, &ignored) == -1)
		rc = 0;
	if (rc == 1)
		rc = ferry_digest_of(
			 &got, digest->alg, ferry_bytes_buf(text), err) == -1
		         ? -1
		         : 1;
	if (rc == 1) {
		rc = ferry_digest_equal(&got, digest);
		*sha256 = file.sha256;
	}
	json_decref(record);
	return rc;
}
