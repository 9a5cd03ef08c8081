/* What is here beside what upstream says now: documents that are as they were,
 * versions that it lists no more. */

#include <stdlib.h>

#include "store/base/clock.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "sync/upstream/package/packages.h"

/* What changes of one version. */
struct gone {
	char *version;
	json_t *record;
};

/* A record as it is to be now that the version is listed, or not; NULL: as it
 * is. */
static json_t *
gone_record(const json_t *record, bool listed)
{
	bool marked = json_object_get(record, "gone_at") != NULL;
	json_t *changed;

	if (marked == !listed ||
	    json_object_get(record, "deleted_at") != NULL ||
	    (changed = json_deep_copy(record)) == NULL)
		return NULL;
	(void)json_object_del(changed, "seq");
	if (marked)
		(void)json_object_del(changed, "gone_at");
	else
		(void)json_object_set_new(
		    changed, "gone_at", json_integer((json_int_t)ferry_now()));
	return changed;
}

struct gone_list {
	const struct ferry_document *document; /* NULL: all are listed */
	struct gone *gone;
	size_t n, cap;
};

static int
find_gone(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *version = ferry_key_part(key, 4);
	struct gone_list *list = ctx;
	json_t *changed = gone_record(
	    record, list->document == NULL ||
			ferry_document_find(list->document, version) != NULL);
	struct gone *gone;

	if (changed == NULL)
		return 0;
	if (ferry_array_grow(&list->gone, &list->cap, list->n + 1,
		sizeof(*list->gone), err) == -1) {
		json_decref(changed);
		return -1;
	}
	gone = &list->gone[list->n++];
	*gone = (struct gone){ NULL, changed };
	return ferry_strdup(&gone->version, version, err);
}

static int
put_gone(
    const struct ferry_package *p, struct gone *gone, struct ferry_error *err)
{
	char item[FERRY_PACKAGE_ITEM];
	const struct ferry_recorded of = ferry_package_recorded(p);

	if (ferry_recorded_put(
		&of, gone->version, json_incref(gone->record), err) == -1)
		return -1;
	if (json_object_get(gone->record, "gone_at") == NULL)
		return 0;
	ferry_package_item(item, p->packages, p->entry.key, gone->version);
	ferry_run_skip(p->packages->run, item,
	    "upstream lists this version no more; it is kept, and clients are "
	    "not shown it");
	return 0;
}

int
ferry_package_mark_gone(struct ferry_package *p,
    const struct ferry_document *document, struct ferry_error *err)
{
	enum ferry_gone gone = p->packages->gone;
	struct gone_list list = {
		.document = gone == FERRY_GONE_HIDDEN ? document : NULL
	};
	struct ferry_key prefix;
	int rc;

	if (gone == FERRY_GONE_UNKNOWN || p->packages->run->dry_run)
		return 0;
	if (ferry_key_version(&prefix, p->packages->format->format,
		p->entry.key, p->packages->up->name, NULL, err) == -1)
		return -1;
	rc = ferry_catalog_each(
	    p->packages->run->st, &prefix, find_gone, &list, err);
	for (size_t i = 0; i < list.n; i++) {
		if (rc == 0)
			rc = put_gone(p, &list.gone[i], err);
		json_decref(list.gone[i].record);
		free(list.gone[i].version);
	}
	free(list.gone);
	return rc;
}

int
ferry_package_document_here(const struct ferry_package *p,
    const struct ferry_digest *digest, struct ferry_buf *text,
    struct ferry_digest *sha256, struct ferry_error *err)
{
	struct ferry_store *st = p->packages->run->st;
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
	if (rc == 1 &&
	    (ferry_blob_load(st, &file.sha256,
		 p->packages->format->document_max, text, err) == -1 ||
		ferry_digest_of(
		    &got, digest->alg, ferry_bytes_buf(text), err) == -1))
		rc = -1;
	if (rc == 1) {
		rc = ferry_digest_equal(&got, digest);
		*sha256 = file.sha256;
	}
	json_decref(record);
	return rc;
}
