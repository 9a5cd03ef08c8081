/* The journal has lost records: a new one of what the catalog holds, in the
 * order that it had. */

#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/rebuild/rebuilder.h"

static int
put_state(struct ferry_rebuilder *r, const struct ferry_key *key,
    struct ferry_bytes value, struct ferry_error *err)
{

	ferry_kv_put(r->state, FERRY_CF_CATALOG, ferry_key_bytes(key), value);
	if (++r->changes % 1000 != 0)
		return 0;
	return ferry_rebuild_go_on(r, err) == -1
	           ? -1
	           : ferry_kv_commit(r->state, err);
}

/*
 * What several sources say of a key: that of the highest number counts.  In
 * state stands the number, 8 bytes, and the text of the value; nothing behind
 * the number where it was deleted.
 */
static int
offer(struct ferry_rebuilder *r, const struct ferry_key *key,
    const json_t *value, uint64_t seq, struct ferry_error *err)
{
	struct ferry_buf known = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	uint8_t number[8];
	int rc = ferry_kv_get(
	    r->state, FERRY_CF_CATALOG, ferry_key_bytes(key), &known, err);

	if (rc == -1 || (rc == 1 && ferry_get_be64(known.p) >= seq))
		goto out;
	ferry_put_be64(number, seq);
	rc = -1;
	if (ferry_buf_add(&text, number, sizeof(number), err) == 0 &&
	    (value == NULL || ferry_json_add(&text, value, err) == 0))
		rc = put_state(r, key, ferry_bytes_buf(&text), err);
out:
	ferry_buf_free(&known);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
offer_record(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_rebuilder *r = ctx;
	json_t *root = NULL;
	struct ferry_key k;
	uint64_t seq;
	int rc = 0;

	if (ferry_key_parse(&k, key, &why) == 0 &&
	    ferry_json_parse(&root, value, "a record", &why) == 0 &&
	    ferry_json_u64(root, "seq", INT64_MAX, &seq, &why) == 0) {
		(void)json_object_del(root, "seq");
		rc = offer(r, &k, root, seq, err);
	}
	json_decref(root);
	return rc;
}

static int
offer_journal(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_journal_record record;
	struct ferry_rebuilder *r = ctx;
	json_t *root;
	int rc = ferry_rebuild_parse(key, value, &root, &record, err);

	if (rc == 1)
		rc = offer(r, &record.key, record.value, record.seq, err);
	json_decref(root);
	return rc == -1 ? -1 : 0;
}

/* The keys of what is there, by the numbers of their records. */
static int
order_state(struct ferry_rebuilder *r, struct ferry_error *err)
{
	uint8_t number[8 + FERRY_KEY_MAX];
	struct ferry_kv_iter *it = NULL;
	struct ferry_bytes key, value;
	int rc;

	if (ferry_kv_commit(r->state, err) == -1 ||
	    ferry_kv_iter_new(&it, r->state, FERRY_CF_CATALOG, FERRY_KV_SCAN,
		ferry_bytes_str(""), ferry_bytes_str(""), err) == -1)
		return -1;
	while ((rc = ferry_kv_iter_next(it, &key, &value, err)) == 1) {
		if (value.n == 8)
			continue;
		/* Numbers are one record's; were they not, keys are. */
		memcpy(number, value.p, 8);
		memcpy(number + 8, key.p, key.n);
		ferry_kv_put(r->state, FERRY_CF_JOURNAL,
		    ferry_bytes_of(number, 8 + key.n), key);
		if (++r->changes % 1000 == 0 &&
		    ferry_kv_commit(r->state, err) == -1) {
			rc = -1;
			break;
		}
	}
	ferry_kv_iter_free(it);
	return rc == -1 ? -1 : ferry_kv_commit(r->state, err);
}

static int
put_from_state(
    struct ferry_rebuilder *r, struct ferry_bytes raw, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *root = NULL;
	struct ferry_key key;
	int rc = -1;

	if (ferry_key_parse(&key, raw, err) == -1 ||
	    ferry_kv_get(r->state, FERRY_CF_CATALOG, raw, &text, err) == -1 ||
	    ferry_json_parse(&root, ferry_bytes_of(text.p + 8, text.n - 8),
		"a record", err) == -1)
		goto out;
	if (ferry_rebuild_adopt(r, root, err) == 0 &&
	    ferry_catalog_put(r->st, &key, root, err) != -1 &&
	    ferry_rebuild_pause(r, err) == 0)
		rc = 0;
out:
	json_decref(root);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_rebuild_anew(struct ferry_rebuilder *r, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	struct ferry_kv_iter *it = NULL;
	struct ferry_bytes key, raw;
	int rc = -1;

	if (ferry_buf_addf(
		&path, err, "%s/" FERRY_REBUILD_STATE, r->st->path) == -1 ||
	    ferry_kv_open(&r->state, (const char *)path.p, FERRY_KV_CREATE,
		NULL, err) == -1 ||
	    ferry_salvage_each(
		r->old, FERRY_CF_CATALOG, offer_record, r, err) == -1)
		goto out;
	r->out->records_lost =
	    ferry_salvage_why(r->old, FERRY_CF_CATALOG) != NULL;
	/* A whole catalog knows more than any journal. */
	if (r->out->records_lost && ferry_salvage_each(r->old, FERRY_CF_JOURNAL,
					offer_journal, r, err) == -1)
		goto out;
	if (order_state(r, err) == -1 ||
	    ferry_kv_iter_new(&it, r->state, FERRY_CF_JOURNAL, FERRY_KV_SCAN,
		ferry_bytes_str(""), ferry_bytes_str(""), err) == -1)
		goto out;
	while ((rc = ferry_kv_iter_next(it, &key, &raw, err)) == 1)
		if ((rc = put_from_state(r, raw, err)) == -1)
			break;
out:
	ferry_kv_iter_free(it);
	ferry_buf_free(&path);
	return rc;
}
