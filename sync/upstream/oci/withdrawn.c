#include "sync/upstream/oci/withdrawn.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/record.h"
#include "sync/upstream/oci/tags.h"
#include "sync/upstream/reason.h"

/* A tag's record, and what it is to be. */
struct change {
	char *tag;
	json_t *record;
	bool gone; /* since this run */
};

struct work {
	const struct oci_repository *repository;
	struct change *changes;
	size_t n, cap;
};

static void
count_gone(struct oci_repository *r, const char *tag)
{

	if (r->gone_n++ == 0)
		(void)snprintf(r->gone, sizeof(r->gone), "%s", tag);
	r->oci->run->withdrawn++;
}

static int
put(const struct oci_repository *r, const struct change *change,
    struct ferry_error *err)
{
	struct ferry_run *run = r->oci->run;
	char item[OCI_ITEM_MAX];
	struct ferry_key key;

	if (run->dry_run)
		return 0;
	if (ferry_key_tag(&key, "oci", r->entry.key, r->oci->up->name,
		change->tag, err) == -1 ||
	    ferry_run_put(run, &key, json_incref(change->record), err) == -1)
		return -1;
	if (!change->gone)
		return 0;
	ferry_oci_item(item, r->entry.key, change->tag);
	ferry_withdrawn_say(run, item, r->oci->withdrawn);
	return 0;
}

int
ferry_oci_tag_withdrawn(struct oci_ref *ref, struct ferry_error *err)
{
	struct oci_repository *r = ref->repository;
	struct change change = { .tag = ref->entry.key };
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_tag(&key, "oci", r->entry.key, r->oci->up->name,
		ref->entry.key, err) == -1 ||
	    (rc = ferry_catalog_get(r->oci->run->st, &key, &record, err)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	if (json_object_get(record, "version") != NULL &&
	    ferry_oci_record_reason(ref,
		json_string_value(json_object_get(record, "version")),
		err) == -1)
		rc = -1;
	count_gone(r, ref->entry.key);
	change.gone = json_object_get(record, "gone_at") == NULL;
	change.record =
	    ferry_withdrawn_changed(record, false, r->oci->withdrawn);
	if (change.record != NULL && put(r, &change, err) == -1)
		rc = -1;
	json_decref(change.record);
	json_decref(record);
	return rc;
}

/* What a select group would take, were it listed, is wanted still. */
static int
note_gone(const struct oci_repository *r, const json_t *record,
    struct ferry_error *err)
{
	static const char *const kept[] = {
		"what is wanted was withdrawn upstream"
	};
	const char *digest =
	    json_string_value(json_object_get(record, "version"));
	const struct ferry_recorded of = ferry_oci_recorded(r);

	return digest == NULL ? 0
	                      : ferry_reason_note(&of, digest, kept, 1, err);
}

static int
look_at(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *tag = ferry_key_part(key, 4);
	char subject[FERRY_OCI_DIGEST_TEXT];
	struct work *w = ctx;
	bool listed = ferry_oci_tags_have(w->repository, tag);
	struct change *change;
	json_t *changed;

	/* What is wanted by its name tells of itself. */
	if (ferry_oci_fallback_parse(ferry_bytes_str(tag), subject) ||
	    ferry_table_find(&w->repository->refs, tag) != NULL)
		return 0;
	if (!listed && note_gone(w->repository, record, err) == -1)
		return -1;
	changed = ferry_withdrawn_changed(
	    record, listed, w->repository->oci->withdrawn);
	if (listed && changed == NULL)
		return 0;
	if (ferry_array_grow(&w->changes, &w->cap, w->n + 1,
		sizeof(*w->changes), err) == -1) {
		json_decref(changed);
		return -1;
	}
	change = &w->changes[w->n++];
	*change = (struct change){ NULL, changed,
		!listed && json_object_get(record, "gone_at") == NULL };
	return ferry_strdup(&change->tag, tag, err);
}

int
ferry_oci_list_compare(struct oci_repository *r, struct ferry_error *err)
{
	struct work w = { .repository = r };
	struct ferry_key prefix;
	int rc;

	if (ferry_key_tag(&prefix, "oci", r->entry.key, r->oci->up->name, NULL,
		err) == -1)
		return -1;
	rc = ferry_catalog_each(r->oci->run->st, &prefix, look_at, &w, err);
	for (size_t i = 0; i < w.n; i++) {
		struct change *change = &w.changes[i];

		if (rc == 0 && !ferry_oci_tags_have(r, change->tag))
			count_gone(r, change->tag);
		if (rc == 0 && change->record != NULL)
			rc = put(r, change, err);
		json_decref(change->record);
		free(change->tag);
	}
	free(w.changes);
	return rc;
}

int
ferry_oci_withdrawn_put_status(
    const struct oci_repository *r, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_oci_recorded(r);

	return r->oci->run->dry_run
	           ? 0
	           : ferry_withdrawn_put_status(&of, "tag", r->gone_n, r->gone,
			 r->oci->withdrawn, err);
}
