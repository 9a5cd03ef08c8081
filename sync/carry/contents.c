#include "sync/carry/contents.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/store.h"

struct ferry_contents {
	struct ferry_store *st;
	struct ferry_journal_iter *it;
};

int
ferry_contents_new(struct ferry_contents **out, struct ferry_store *st,
    uint64_t from, struct ferry_error *err)
{
	struct ferry_contents *s;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->st = st;
	if (ferry_journal_iter_new(&s->it, st, from, err) == -1) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
ferry_contents_free(struct ferry_contents *s)
{

	if (s == NULL)
		return;
	ferry_journal_iter_free(s->it);
	free(s);
}

/* Whether no later record is about the same key: 1, 0, -1. */
static int
stands(struct ferry_store *st, const struct ferry_journal_record *record,
    struct ferry_error *err)
{
	json_t *now = NULL;
	uint64_t seq;
	int rc = ferry_catalog_get(st, &record->key, &now, err);

	if (rc == 0)
		return record->value == NULL;
	if (rc == 1)
		rc = ferry_json_u64(now, "seq", INT64_MAX, &seq, err) == -1
		         ? -1
		         : seq == record->seq;
	json_decref(now);
	return rc;
}

int
ferry_contents_next(struct ferry_contents *s, struct ferry_journal_record *out,
    struct ferry_error *err)
{
	int rc;

	while ((rc = ferry_journal_iter_next(s->it, out, err)) == 1)
		if ((rc = stands(s->st, out, err)) != 0)
			return rc;
	return rc;
}

/* The first of the keys whose records name blob: 1, 0, -1. */
static int
first_key(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_key *key, struct ferry_error *err)
{
	struct ferry_ref_iter *it = NULL;
	int rc;

	if (ferry_ref_iter_new(&it, st, blob, NULL, err) == -1)
		return -1;
	rc = ferry_ref_iter_next(it, key, err);
	ferry_ref_iter_free(it);
	return rc;
}

int
ferry_contents_has(struct ferry_store *st, const struct ferry_digest *blob,
    const struct ferry_blob_info *info, uint64_t from, struct ferry_error *err)
{
	struct ferry_key key;

	return info->seq < from ? 0 : first_key(st, blob, &key, err);
}

int
ferry_contents_file(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i, uint64_t from,
    struct ferry_file *file, struct ferry_blob_info *info,
    struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT], what[FERRY_KEY_TEXT];
	struct ferry_key key;
	struct ferry_file other;
	int rc;

	if (ferry_files_get(record->value, i, file, err) == -1)
		return -1;
	if ((rc = ferry_blob_stat(st, &file->sha256, info, err)) == -1)
		return -1;
	if (rc == 1 && info->seq < from)
		return 0;
	if (rc == 0 || info->lost)
		return ferry_error_set(err, FERRY_EMISSING,
		    "blob %s (%s of %s) is lost in this store; nothing was "
		    "exported. Fetch it again with 'ferry sync', or 'ferry "
		    "remove' what it belongs to",
		    ferry_digest_text(&file->sha256, text), file->name,
		    ferry_key_text(&record->key, what));
	rc = first_key(st, &file->sha256, &key, err);
	if (rc != 1 || !ferry_key_equal(&key, &record->key))
		return rc == -1 ? -1 : 0;
	for (size_t k = 0; k < i; k++) {
		if (ferry_files_get(record->value, k, &other, err) == -1)
			return -1;
		if (ferry_digest_equal(&other.sha256, &file->sha256))
			return 0;
	}
	return 1;
}
