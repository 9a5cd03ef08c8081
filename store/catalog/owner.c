#include "store/catalog/owner.h"

#include "store/catalog/catalog.h"

int
ferry_owner_find(struct ferry_store *st, const char *format,
    const char *package, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	if (ferry_key_package(&prefix, format, package, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	rc = ferry_record_iter_next(it, &key, NULL, err);
	if (rc == 1 && ferry_buf_adds(out, ferry_key_part(&key, 3), err) == -1)
		rc = -1;
	ferry_record_iter_free(it);
	return rc;
}
