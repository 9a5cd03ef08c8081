#include "serve/replay/known.h"

#include <stdlib.h>
#include <string.h>

#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/index/local.h"

static int
add_hidden(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_removal_is(record) || ferry_withdrawn_hidden(record)
	           ? ferry_held_add(ctx, ferry_key_part(key, 4), 0, err)
	           : 0;
}

static int
add_removed(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	(void)record;
	return ferry_held_add(ctx, ferry_key_part(key, 4), 0, err);
}

static int
by_name(const void *a, const void *b)
{
	const struct ferry_held_version *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	/* Of two the one that is held comes first. */
	return c != 0 ? c
	              : (x->seen_at < y->seen_at) - (x->seen_at > y->seen_at);
}

/* What the puller keeps back until it is old enough. */
static int
add_young(struct ferry_held *young, struct ferry_store *store,
    const char *format, const char *package, const char *owner,
    struct ferry_error *err)
{
	json_t *record = NULL, *until;
	const char *version;
	struct ferry_key key;
	int rc = ferry_key_package(&key, format, package, owner, err);

	if (rc == 0)
		rc = ferry_catalog_get(store, &key, &record, err);
	json_object_foreach (json_object_get(record, "young"), version, until)
		if (rc == 1 && json_integer_value(until) > ferry_now() &&
		    ferry_held_add(young, version, 0, err) == -1)
			rc = -1;
	if (young->n > 1)
		qsort(young->list, young->n, sizeof(*young->list), by_name);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_known_begin(struct ferry_known *known, struct ferry_store_view *view,
    const char *format, const char *package, const char *owner,
    struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(view);
	struct ferry_key prefix, removed;
	json_t *record = NULL;
	int rc;

	*known = (struct ferry_known){ .hidden = { 0 } };
	if (ferry_store_view_hides_known(view))
		return 0;
	if (ferry_local_named_get(
		store, FERRY_KIND_PULL, owner, &record, err) == -1)
		return -1;
	if (record == NULL)
		return 0;
	json_decref(record);
	rc = ferry_key_version(&prefix, format, package, owner, NULL, err);
	if (rc == 0)
		rc = ferry_key_beside(
		    &removed, FERRY_KIND_REMOVED, &prefix, NULL, err);
	if (rc == 0)
		rc = ferry_catalog_each(
		    store, &prefix, add_hidden, &known->hidden, err);
	if (rc == 0)
		rc = ferry_local_each(
		    store, &removed, add_removed, &known->removed, err);
	if (rc == 0)
		rc = add_young(
		    &known->young, store, format, package, owner, err);
	if (rc == -1)
		ferry_known_end(known, NULL);
	return rc == -1 ? -1 : 1;
}

bool
ferry_known_shows(const struct ferry_known *known, struct ferry_bytes version)
{

	return ferry_held_find(&known->hidden, version) == NULL &&
	       ferry_held_find(&known->removed, version) == NULL &&
	       ferry_held_find(&known->young, version) == NULL;
}

int
ferry_known_add(struct ferry_known *known, struct ferry_held *held,
    struct ferry_bytes version, struct ferry_error *err)
{

	if (!ferry_known_shows(known, version))
		return 0;
	if (ferry_array_grow(&held->list, &held->cap, held->n + 1,
		sizeof(*held->list), err) == -1)
		return -1;
	held->list[held->n] = (struct ferry_held_version){ .name = NULL };
	if (ferry_strndup(&held->list[held->n].name, version, err) == -1)
		return -1;
	held->n++;
	return 0;
}

static int
tell_document(struct ferry_store *store, const json_t *record, size_t i,
    uint64_t max, ferry_known_on_document *on_document, void *ctx,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_file file;
	int rc = -1;

	if (ferry_files_get(record, i, &file, err) == -1 ||
	    (rc = ferry_blob_has(store, &file.sha256, err)) != 1)
		return rc;
	rc = ferry_blob_load(store, &file.sha256, max, &text, err);
	if (rc == 0)
		rc =
		    on_document(ctx, i, file.name, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_known_documents(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, uint64_t max,
    ferry_known_on_document *on_document, void *ctx, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(view);
	json_t *record = NULL;
	struct ferry_key key;
	int n = 0, rc = ferry_key_package(&key, format, package, owner, err);

	if (rc == 0 && (rc = ferry_catalog_get(store, &key, &record, err)) == 1)
		rc = (n = ferry_files_count(record, err)) == -1 ? -1 : 0;
	for (int i = 0; i < n && rc == 0; i++)
		rc = tell_document(
		    store, record, (size_t)i, max, on_document, ctx, err);
	json_decref(record);
	return rc;
}

static void
put_in_order(struct ferry_held *held)
{
	size_t n = 0;

	if (held->n > 0)
		qsort(held->list, held->n, sizeof(*held->list), by_name);
	for (size_t i = 0; i < held->n; i++)
		if (n > 0 &&
		    strcmp(held->list[n - 1].name, held->list[i].name) == 0)
			free(held->list[i].name);
		else
			held->list[n++] = held->list[i];
	held->n = n;
}

void
ferry_known_end(struct ferry_known *known, struct ferry_held *held)
{

	if (held != NULL)
		put_in_order(held);
	ferry_held_free(&known->hidden);
	ferry_held_free(&known->removed);
	ferry_held_free(&known->young);
}
