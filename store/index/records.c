#include "store/index/records.h"

#include <stdlib.h>

#include "store/base/json.h"
#include "store/internal.h"

struct ferry_record_iter {
	struct ferry_kv_iter *it;
};

int
ferry_records_get(struct ferry_store *st, enum ferry_cf cf,
    const struct ferry_key *key, json_t **out, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	char text[FERRY_KEY_TEXT];
	int rc = ferry_kv_get(st->kv, cf, ferry_key_bytes(key), &buf, err);

	if (rc == 1 && ferry_json_parse(out, ferry_bytes_buf(&buf),
			   ferry_key_text(key, text), err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_record_iter_new(struct ferry_record_iter **out, struct ferry_store *st,
    enum ferry_cf cf, const struct ferry_key *prefix,
    const struct ferry_key *from, struct ferry_error *err)
{
	struct ferry_record_iter *it;

	if (ferry_calloc(&it, 1, sizeof(*it), err) == -1)
		return -1;
	/* Three parts name one package. */
	if (ferry_kv_iter_new(&it->it, st->kv, cf,
		prefix->n < 3 ? FERRY_KV_SCAN : FERRY_KV_FEW,
		ferry_key_bytes(prefix),
		from == NULL ? ferry_bytes_str("") : ferry_key_bytes(from),
		err) == -1) {
		free(it);
		return -1;
	}
	*out = it;
	return 0;
}

int
ferry_record_iter_next(struct ferry_record_iter *it, struct ferry_key *key,
    json_t **value, struct ferry_error *err)
{
	struct ferry_bytes k, v;
	char text[FERRY_KEY_TEXT];
	int rc = ferry_kv_iter_next(it->it, &k, &v, err);

	if (rc != 1)
		return rc;
	if (ferry_key_parse(key, k, err) == -1)
		return -1;
	if (value != NULL &&
	    ferry_json_parse(value, v, ferry_key_text(key, text), err) == -1)
		return -1;
	return 1;
}

void
ferry_record_iter_free(struct ferry_record_iter *it)
{

	if (it == NULL)
		return;
	ferry_kv_iter_free(it->it);
	free(it);
}

int
ferry_record_iter_each(struct ferry_record_iter *it, ferry_record_fn *on_record,
    void *ctx, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record;
	int rc;

	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = on_record(ctx, &key, record, err);
		json_decref(record);
		if (rc != 0)
			break;
	}
	ferry_record_iter_free(it);
	return rc;
}
