#include "serve/replay/held.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"

int
ferry_held_add(struct ferry_held *held, const char *version, int64_t seen_at,
    struct ferry_error *err)
{

	assert(
	    held->n == 0 || strcmp(held->list[held->n - 1].name, version) < 0);
	if (ferry_array_grow(&held->list, &held->cap, held->n + 1,
		sizeof(*held->list), err) == -1 ||
	    ferry_strdup(&held->list[held->n].name, version, err) == -1)
		return -1;
	held->list[held->n].seen_at = seen_at;
	held->list[held->n].said = (struct ferry_digest){ .n = 0 };
	held->n++;
	return 0;
}

/* When a version came here, or earlier, since when upstream has had its file. */
static int64_t
seen_at(const json_t *record)
{
	int64_t at = json_integer_value(json_object_get(record, "pulled_at"));
	int64_t modified = json_integer_value(
	    json_object_get(json_array_get(json_object_get(record, "files"), 0),
		"modified_at"));

	return modified > 0 && modified < at ? modified : at;
}

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	struct ferry_held *held = ctx;
	struct ferry_file said;

	if (ferry_removal_is(record) || ferry_withdrawn_hidden(record))
		return 0;
	if (ferry_held_add(
		held, ferry_key_part(key, 4), seen_at(record), err) == -1)
		return -1;
	if (json_object_get(record, "gone_at") != NULL &&
	    ferry_files_find(record, FERRY_WITHDRAWN_FILE, &said, err) == 1)
		held->list[held->n - 1].said = said.sha256;
	return 0;
}

int
ferry_held_load(struct ferry_held *held, struct ferry_store_view *view,
    const char *format, const char *package, const char *owner,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_make(
		   &prefix, err, "version", format, package, owner, NULL) == -1
	           ? -1
	           : ferry_catalog_each(ferry_store_view_store(view), &prefix,
			 add_version, held, err);
}

const struct ferry_held_version *
ferry_held_find(const struct ferry_held *held, struct ferry_bytes version)
{
	size_t low = 0, high = held->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = ferry_bytes_cmp(
		    ferry_bytes_str(held->list[mid].name), version);

		if (c == 0)
			return &held->list[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void
ferry_held_free(struct ferry_held *held)
{

	for (size_t i = 0; i < held->n; i++)
		free(held->list[i].name);
	free(held->list);
	*held = (struct ferry_held){ 0 };
}

int
ferry_held_any(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc = 0, found;

	if (ferry_key_make(
		&prefix, err, "version", format, package, owner, NULL) == -1 ||
	    ferry_catalog_iter_new(
		&it, ferry_store_view_store(view), &prefix, NULL, err) == -1)
		return -1;
	while (rc == 0 &&
	       (found = ferry_record_iter_next(it, &key, &record, err)) != 0) {
		rc = found == -1 ? -1 : !ferry_removal_is(record);
		if (found == 1)
			json_decref(record);
	}
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_held_record(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, const char *version, json_t **out,
    struct ferry_error *err)
{
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "version", format, package, owner,
		version, NULL) == -1)
		return -1;
	rc =
	    ferry_catalog_get(ferry_store_view_store(view), &key, &record, err);
	if (rc == 1 && !ferry_removal_is(record)) {
		*out = record;
		return 1;
	}
	json_decref(record);
	return rc == 1 ? 0 : rc;
}
