#include "sync/carry/contents.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/store.h"

struct ferry_contents {
	struct ferry_store *st;
	const struct ferry_left_out *left_out;
	struct ferry_journal_iter *it;
};

int
ferry_left_out_add(
    struct ferry_left_out *left_out, uint64_t seq, struct ferry_error *err)
{

	if (ferry_array_grow(&left_out->seqs, &left_out->cap, left_out->n + 1,
		sizeof(*left_out->seqs), err) == -1)
		return -1;
	left_out->seqs[left_out->n++] = seq;
	return 0;
}

void
ferry_left_out_clear(struct ferry_left_out *left_out)
{

	free(left_out->seqs);
	*left_out = (struct ferry_left_out){ 0 };
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool
is_left_out(const struct ferry_left_out *left_out, uint64_t seq)
{

	return left_out->n > 0 && bsearch(&seq, left_out->seqs, left_out->n,
				      sizeof(seq), by_number) != NULL;
}

int
ferry_contents_new(struct ferry_contents **out, struct ferry_store *st,
    uint64_t from, const struct ferry_left_out *left_out,
    struct ferry_error *err)
{
	struct ferry_contents *s;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->st = st;
	s->left_out = left_out;
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
		if (!is_left_out(s->left_out, out->seq) &&
		    (rc = stands(s->st, out, err)) != 0)
			return rc;
	return rc;
}

/* Whether the record of key is not left out: 1, 0, -1. */
static int
goes(struct ferry_store *st, const struct ferry_key *key,
    const struct ferry_left_out *left_out, struct ferry_error *err)
{
	json_t *record = NULL;
	uint64_t seq;
	int rc;

	if (left_out->n == 0)
		return 1;
	rc = ferry_catalog_get(st, key, &record, err);
	if (rc == 1)
		rc = ferry_json_u64(record, "seq", INT64_MAX, &seq, err) == -1
		         ? -1
		         : !is_left_out(left_out, seq);
	json_decref(record);
	return rc;
}

/* The first of the keys whose records name blob, and go: 1, 0, -1. */
static int
first_key(struct ferry_store *st, const struct ferry_digest *blob,
    const struct ferry_left_out *left_out, struct ferry_key *key,
    struct ferry_error *err)
{
	struct ferry_ref_iter *it = NULL;
	int rc, found = 0;

	if (ferry_ref_iter_new(&it, st, blob, NULL, err) == -1)
		return -1;
	while (found == 0 && (rc = ferry_ref_iter_next(it, key, err)) != 0)
		found = rc == -1 ? -1 : goes(st, key, left_out, err);
	ferry_ref_iter_free(it);
	return found;
}

int
ferry_contents_has(struct ferry_store *st, const struct ferry_digest *blob,
    const struct ferry_blob_info *info, uint64_t from,
    const struct ferry_left_out *left_out, struct ferry_error *err)
{
	struct ferry_key key;

	return info->seq < from ? 0 : first_key(st, blob, left_out, &key, err);
}

int
ferry_contents_file(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i, uint64_t from,
    const struct ferry_left_out *left_out, struct ferry_file *file,
    struct ferry_blob_info *info, struct ferry_error *err)
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
	rc = first_key(st, &file->sha256, left_out, &key, err);
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
