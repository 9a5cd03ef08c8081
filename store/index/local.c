#include "store/index/local.h"

#include "store/base/json.h"
#include "store/internal.h"

int
ferry_local_get(struct ferry_store *st, const struct ferry_key *key,
    json_t **out, struct ferry_error *err)
{

	return ferry_records_get(st, FERRY_CF_LOCAL, key, out, err);
}

int
ferry_local_put(struct ferry_store *st, const struct ferry_key *key,
    const json_t *value, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;

	if (ferry_json_add(&text, value, err) == -1)
		return -1;
	ferry_kv_put(st->kv, FERRY_CF_LOCAL, ferry_key_bytes(key),
	    ferry_bytes_buf(&text));
	st->changes++;
	ferry_buf_free(&text);
	return 0;
}

int
ferry_local_delete(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{

	(void)err;
	ferry_kv_delete(st->kv, FERRY_CF_LOCAL, ferry_key_bytes(key));
	st->changes++;
	return 0;
}

int
ferry_local_put_new(struct ferry_store *st, const struct ferry_key *key,
    json_t *value, struct ferry_error *err)
{
	int rc = value == NULL ? ferry_error_set(err, FERRY_ENOMEM,
				     "no memory for a record")
	                       : ferry_local_put(st, key, value, err);

	json_decref(value);
	return rc;
}

int
ferry_local_named_get(struct ferry_store *st, enum ferry_kind kind,
    const char *name, json_t **out, struct ferry_error *err)
{
	struct ferry_key key;

	*out = NULL;
	return ferry_key_named(&key, kind, name, NULL, err) == -1
	           ? -1
	           : ferry_local_get(st, &key, out, err);
}

int
ferry_local_named_put(struct ferry_store *st, enum ferry_kind kind,
    const char *name, json_t *value, struct ferry_error *err)
{
	struct ferry_key key;

	if (ferry_key_named(&key, kind, name, NULL, err) == -1) {
		json_decref(value);
		return -1;
	}
	return ferry_local_put_new(st, &key, value, err);
}

int
ferry_local_named_delete(struct ferry_store *st, enum ferry_kind kind,
    const char *name, struct ferry_error *err)
{
	struct ferry_key key;

	return ferry_key_named(&key, kind, name, NULL, err) == -1
	           ? -1
	           : ferry_local_delete(st, &key, err);
}

int
ferry_local_iter_new(struct ferry_record_iter **out, struct ferry_store *st,
    const struct ferry_key *prefix, struct ferry_error *err)
{

	return ferry_record_iter_new(
	    out, st, FERRY_CF_LOCAL, prefix, NULL, err);
}

int
ferry_local_each(struct ferry_store *st, const struct ferry_key *prefix,
    ferry_record_fn *on_record, void *ctx, struct ferry_error *err)
{
	struct ferry_record_iter *it;

	return ferry_local_iter_new(&it, st, prefix, err) == -1
	           ? -1
	           : ferry_record_iter_each(it, on_record, ctx, err);
}
