#include "store/catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/former.h"
#include "store/catalog/removed.h"
#include "store/internal.h"

struct ferry_ref_iter {
	struct ferry_kv_iter *it;
};

struct ferry_journal_iter {
	struct ferry_kv_iter *it;
	json_t *root;
};

/* Reading */

int
ferry_catalog_get(struct ferry_store *st, const struct ferry_key *key,
    json_t **out, struct ferry_error *err)
{

	return ferry_records_get(st, FERRY_CF_CATALOG, key, out, err);
}

int
ferry_catalog_has(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	struct ferry_buf ignored = FERRY_BUF_INIT;
	int rc = ferry_kv_get(
	    st->kv, FERRY_CF_CATALOG, ferry_key_bytes(key), &ignored, err);

	ferry_buf_free(&ignored);
	return rc;
}

int
ferry_catalog_iter_new(struct ferry_record_iter **out, struct ferry_store *st,
    const struct ferry_key *prefix, const struct ferry_key *from,
    struct ferry_error *err)
{

	return ferry_record_iter_new(
	    out, st, FERRY_CF_CATALOG, prefix, from, err);
}

int
ferry_catalog_each(struct ferry_store *st, const struct ferry_key *prefix,
    ferry_record_fn *on_record, void *ctx, struct ferry_error *err)
{
	struct ferry_record_iter *it;

	return ferry_catalog_iter_new(&it, st, prefix, NULL, err) == -1
	           ? -1
	           : ferry_record_iter_each(it, on_record, ctx, err);
}

/* Writing */

/* What a record adds to the totals; sign is +1 or -1. */
static int
count(struct ferry_store *st, const struct ferry_key *key, const json_t *record,
    int sign, struct ferry_error *err)
{
	uint64_t step = (uint64_t)(int64_t)sign;
	int n = ferry_files_count(record, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		if (ferry_files_get(record, (size_t)i, &file, err) == -1)
			return -1;
		st->totals.logical_bytes += step * file.size;
	}
	if (ferry_key_is(key, FERRY_KIND_PACKAGE))
		st->totals.packages += step;
	if (ferry_key_is(key, FERRY_KIND_VERSION)) {
		if (ferry_removal_is(record))
			st->totals.removed += step;
		else
			st->totals.versions += step;
	}
	return n == -1 ? -1 : 0;
}

/* Put or delete the back references of a record's files. */
static int
refer(struct ferry_store *st, const struct ferry_key *key, const json_t *record,
    uint64_t seq, struct ferry_error *err)
{
	uint8_t ref[FERRY_SHA256_SIZE + FERRY_KEY_MAX];
	int n = ferry_files_count(record, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		struct ferry_bytes at =
		    ferry_bytes_of(ref, FERRY_SHA256_SIZE + key->size);

		if (ferry_files_get(record, (size_t)i, &file, err) == -1)
			return -1;
		memcpy(ref, file.sha256.v, FERRY_SHA256_SIZE);
		memcpy(ref + FERRY_SHA256_SIZE, key->text, key->size);
		if (seq == 0)
			ferry_kv_delete(st->kv, FERRY_CF_REF, at);
		else if (ferry_blob_referenced(st, &file.sha256, seq, err) ==
			 -1)
			return -1;
		else
			ferry_kv_put(
			    st->kv, FERRY_CF_REF, at, ferry_bytes_str(""));
	}
	return n == -1 ? -1 : 0;
}

/* Before the references of a record change: see ferry_blob_renew(). */
static int
renew(struct ferry_store *st, const json_t *record, struct ferry_error *err)
{
	int n = ferry_files_count(record, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++)
		if (ferry_files_get(record, (size_t)i, &file, err) == -1 ||
		    ferry_blob_renew(st, &file.sha256, err) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

/* ,"chain":"…"} at the end of a journal record's text. */
#define CHAIN_SIZE (10 + 2 * FERRY_SHA256_SIZE + 2)

static int
chain_of(const struct ferry_digest *before, struct ferry_bytes text,
    struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;

	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1)
		return -1;
	ferry_digester_update(digester, before->v, before->n);
	ferry_digester_update(digester, text.p, text.n);
	ferry_digester_final(digester, FERRY_SHA256, out);
	ferry_digester_free(digester);
	return 0;
}

int
ferry_journal_follows(const struct ferry_journal_record *record,
    const struct ferry_digest *before, struct ferry_error *err)
{
	struct ferry_digest chain;

	if (record->text.n < CHAIN_SIZE)
		return 0;
	if (chain_of(before,
		ferry_bytes_of(record->text.p, record->text.n - CHAIN_SIZE),
		&chain, err) == -1)
		return -1;
	return ferry_digest_equal(&chain, &record->chain);
}

static void
put_journal(struct ferry_store *st, struct ferry_bytes text)
{
	uint8_t number[8];

	ferry_put_be64(number, ++st->totals.records);
	ferry_kv_put(st->kv, FERRY_CF_JOURNAL,
	    ferry_bytes_of(number, sizeof(number)), text);
	st->changes++;
}

/* Append the journal record; value is NULL for a delete. */
static int
append(struct ferry_store *st, const struct ferry_key *key, const json_t *value,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	char at[FERRY_TIME_TEXT], hex[FERRY_DIGEST_TEXT];
	json_t *names = ferry_key_json(key);
	int rc = -1;

	if (names == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory for a key");
		goto out;
	}
	if (ferry_buf_addf(&text, err,
		"{\"seq\":%llu,\"at\":\"%s\",\"op\":\"%s\",\"key\":",
		(unsigned long long)st->totals.records + 1,
		ferry_time_text(ferry_now(), at),
		value == NULL ? "delete" : "put") == -1 ||
	    ferry_json_add(&text, names, err) == -1)
		goto out;
	if (value != NULL && (ferry_buf_adds(&text, ",\"value\":", err) == -1 ||
				 ferry_json_add(&text, value, err) == -1))
		goto out;
	if (chain_of(&st->chain, ferry_bytes_buf(&text), &st->chain, err) ==
		-1 ||
	    ferry_buf_addf(&text, err, ",\"chain\":\"%s\"}",
		ferry_digest_hex(&st->chain, hex)) == -1)
		goto out;
	put_journal(st, ferry_bytes_buf(&text));
	rc = 0;
out:
	json_decref(names);
	ferry_buf_free(&text);
	return rc;
}

/* The record that journal record seq makes, with what it names and counts. */
static int
put_record(struct ferry_store *st, const struct ferry_key *key,
    const json_t *value, uint64_t seq, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (refer(st, key, value, seq, err) == -1 ||
	    count(st, key, value, +1, err) == -1 ||
	    ferry_json_add(&text, value, err) == -1)
		goto out;
	/* The stored text is the value with its number as the last member. */
	text.n--;
	if (ferry_buf_addf(&text, err, "%s\"seq\":%llu}",
		json_object_size(value) == 0 ? "" : ",",
		(unsigned long long)seq) == -1)
		goto out;
	ferry_kv_put(st->kv, FERRY_CF_CATALOG, ferry_key_bytes(key),
	    ferry_bytes_buf(&text));
	rc = 0;
out:
	ferry_buf_free(&text);
	return rc;
}

/* The next record of the journal is value in place of old; NULL: it deletes it. */
static int
give_way(struct ferry_store *st, const struct ferry_key *key, const json_t *old,
    const json_t *value, struct ferry_error *err)
{

	if (value != NULL && ferry_key_is(key, FERRY_KIND_PACKAGE) &&
	    ferry_former_note(
		st, key, old, value, st->totals.records + 1, err) == -1)
		return -1;
	if (refer(st, key, old, 0, err) == -1)
		return -1;
	return count(st, key, old, -1, err);
}

int
ferry_catalog_put(struct ferry_store *st, const struct ferry_key *key,
    json_t *value, struct ferry_error *err)
{
	char text[FERRY_KEY_TEXT];
	json_t *old = NULL;
	int rc = -1, found;

	if (!json_is_object(value) || json_object_get(value, "seq") != NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a record is not a plain object");
	if ((found = ferry_catalog_get(st, key, &old, err)) == -1)
		goto out;
	if (found == 1) {
		(void)json_object_del(old, "seq");
		if (json_equal(old, value)) {
			rc = 0;
			goto out;
		}
	}
	if (renew(st, value, err) == -1)
		goto out;
	if (found == 1 && give_way(st, key, old, value, err) == -1)
		goto out;
	if (append(st, key, value, err) == -1 ||
	    put_record(st, key, value, st->totals.records, err) == -1)
		goto out;
	rc = 1;
out:
	if (rc == -1)
		ferry_error_in(err, "recording %s", ferry_key_text(key, text));
	json_decref(old);
	return rc;
}

int
ferry_catalog_delete(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	json_t *old = NULL;
	int rc = ferry_catalog_get(st, key, &old, err);

	if (rc != 1)
		return rc;
	if (give_way(st, key, old, NULL, err) == -1 ||
	    append(st, key, NULL, err) == -1)
		rc = -1;
	else
		ferry_kv_delete(st->kv, FERRY_CF_CATALOG, ferry_key_bytes(key));
	json_decref(old);
	return rc;
}

int
ferry_catalog_replay(struct ferry_store *st,
    const struct ferry_journal_record *record, struct ferry_error *err)
{
	json_t *old = NULL;
	int rc = -1, found, follows;

	if ((follows = ferry_journal_follows(record, &st->chain, err)) == -1)
		return -1;
	if (follows == 0 || record->seq != st->totals.records + 1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "record %llu does not follow on %llu",
		    (unsigned long long)record->seq,
		    (unsigned long long)st->totals.records);
	if ((found = ferry_catalog_get(st, &record->key, &old, err)) == -1 ||
	    (record->value != NULL && renew(st, record->value, err) == -1) ||
	    (found == 1 &&
		give_way(st, &record->key, old, record->value, err) == -1))
		goto out;
	put_journal(st, record->text);
	st->chain = record->chain;
	rc = 0;
	if (record->value == NULL)
		ferry_kv_delete(
		    st->kv, FERRY_CF_CATALOG, ferry_key_bytes(&record->key));
	else
		rc = put_record(
		    st, &record->key, record->value, record->seq, err);
out:
	json_decref(old);
	return rc;
}

/* References */

int
ferry_ref_iter_new(struct ferry_ref_iter **out, struct ferry_store *st,
    const struct ferry_digest *digest, const struct ferry_key *prefix,
    struct ferry_error *err)
{
	uint8_t ref[FERRY_SHA256_SIZE + FERRY_KEY_MAX];
	struct ferry_ref_iter *it;
	size_t n = FERRY_SHA256_SIZE;

	if (ferry_calloc(&it, 1, sizeof(*it), err) == -1)
		return -1;
	memcpy(ref, digest->v, FERRY_SHA256_SIZE);
	if (prefix != NULL) {
		memcpy(ref + n, prefix->text, prefix->size);
		n += prefix->size;
	}
	if (ferry_kv_iter_new(&it->it, st->kv, FERRY_CF_REF, FERRY_KV_FEW,
		ferry_bytes_of(ref, n), ferry_bytes_str(""), err) == -1) {
		free(it);
		return -1;
	}
	*out = it;
	return 0;
}

int
ferry_ref_iter_next(
    struct ferry_ref_iter *it, struct ferry_key *key, struct ferry_error *err)
{
	struct ferry_bytes k, v;
	int rc = ferry_kv_iter_next(it->it, &k, &v, err);

	if (rc != 1)
		return rc;
	return ferry_key_parse(key,
		   ferry_bytes_of(
		       k.p + FERRY_SHA256_SIZE, k.n - FERRY_SHA256_SIZE),
		   err) == -1
	           ? -1
	           : 1;
}

void
ferry_ref_iter_free(struct ferry_ref_iter *it)
{

	if (it == NULL)
		return;
	ferry_kv_iter_free(it->it);
	free(it);
}

json_t *
ferry_ref_texts(
    struct ferry_store *st, const struct ferry_digest *digest, size_t max)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_ref_iter *refs = NULL;
	json_t *array = json_array();
	char text[FERRY_KEY_TEXT];
	struct ferry_key key;

	if (ferry_ref_iter_new(&refs, st, digest, NULL, &ignored) == -1)
		return array;
	while (json_array_size(array) < max &&
	       ferry_ref_iter_next(refs, &key, &ignored) == 1)
		(void)json_array_append_new(
		    array, json_string(ferry_key_text(&key, text)));
	ferry_ref_iter_free(refs);
	return array;
}

/* Journal */

int
ferry_journal_iter_new(struct ferry_journal_iter **out, struct ferry_store *st,
    uint64_t from, struct ferry_error *err)
{
	struct ferry_journal_iter *it;
	uint8_t number[8];

	if (ferry_calloc(&it, 1, sizeof(*it), err) == -1)
		return -1;
	ferry_put_be64(number, from);
	if (ferry_kv_iter_new(&it->it, st->kv, FERRY_CF_JOURNAL, FERRY_KV_SCAN,
		ferry_bytes_str(""), ferry_bytes_of(number, sizeof(number)),
		err) == -1) {
		free(it);
		return -1;
	}
	*out = it;
	return 0;
}

int
ferry_journal_parse(struct ferry_bytes text, json_t **root,
    struct ferry_journal_record *out, struct ferry_error *err)
{
	const char *op, *chain;

	if (ferry_json_parse(root, text, "a journal record", err) == -1 ||
	    ferry_json_u64(*root, "seq", INT64_MAX, &out->seq, err) == -1 ||
	    ferry_json_str(*root, "op", &op, err) == -1 ||
	    ferry_json_str(*root, "chain", &chain, err) == -1 ||
	    ferry_digest_from_hex(
		&out->chain, FERRY_SHA256, ferry_bytes_str(chain), err) == -1 ||
	    ferry_key_from_json(
		&out->key, json_object_get(*root, "key"), err) == -1)
		return -1;
	out->text = text;
	out->value = NULL;
	if (strcmp(op, "delete") == 0)
		return 0;
	if (strcmp(op, "put") != 0)
		return ferry_error_set(
		    err, FERRY_ENEWER, "unknown journal operation '%s'", op);
	return ferry_json_object(*root, "value", &out->value, err);
}

int
ferry_journal_iter_next(struct ferry_journal_iter *it,
    struct ferry_journal_record *out, struct ferry_error *err)
{
	struct ferry_bytes k, v;
	int rc = ferry_kv_iter_next(it->it, &k, &v, err);

	json_decref(it->root);
	it->root = NULL;
	if (rc != 1)
		return rc;
	return ferry_journal_parse(v, &it->root, out, err) == -1 ? -1 : 1;
}

void
ferry_journal_iter_free(struct ferry_journal_iter *it)
{

	if (it == NULL)
		return;
	json_decref(it->root);
	ferry_kv_iter_free(it->it);
	free(it);
}

/* The journal record of that number: 1, 0, -1. */
static int
journal_get(struct ferry_store *st, uint64_t seq, struct ferry_buf *text,
    json_t **root, struct ferry_journal_record *out, struct ferry_error *err)
{
	uint8_t number[8];
	int rc;

	ferry_put_be64(number, seq);
	rc = ferry_kv_get(st->kv, FERRY_CF_JOURNAL,
	    ferry_bytes_of(number, sizeof(number)), text, err);
	return rc != 1 ? rc
	       : ferry_journal_parse(ferry_bytes_buf(text), root, out, err) ==
	               -1
	           ? -1
	           : 1;
}

int
ferry_journal_chain(struct ferry_store *st, uint64_t seq,
    struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_journal_record record;
	json_t *root = NULL;
	int rc;

	*out = (struct ferry_digest){ FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	if (seq == 0)
		return 1;
	rc = journal_get(st, seq, &buf, &root, &record, err);
	if (rc == 1)
		*out = record.chain;
	json_decref(root);
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_journal_ahead(struct ferry_store *st, uint64_t seq, int64_t *seconds,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_journal_record record;
	json_t *root = NULL;
	const char *text;
	int64_t at = 0;
	int rc = seq == 0 ? 0 : journal_get(st, seq, &buf, &root, &record, err);

	*seconds = 0;
	if (rc == 1 &&
	    (ferry_json_str(root, "at", &text, err) == -1 ||
		ferry_time_parse(&at, ferry_bytes_str(text), err) == -1))
		rc = -1;
	if (rc == 1 && at > ferry_now())
		*seconds = at - ferry_now();
	json_decref(root);
	ferry_buf_free(&buf);
	return rc == -1 ? -1 : 0;
}
