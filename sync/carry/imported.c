#include "sync/carry/imported.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"
#include "store/store.h"

static int
key_of(struct ferry_key *key, const struct ferry_head *head, uint64_t first,
    struct ferry_error *err)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%020" PRIu64, first);
	return ferry_key_named(
	    key, FERRY_KIND_IMPORTED, head->origin, number, err);
}

int
ferry_imported_begin(struct ferry_store *st, const struct ferry_head *head,
    const struct ferry_signers *signers, uint64_t first,
    struct ferry_error *err)
{
	json_t *keys = json_array();
	struct ferry_key key;

	for (size_t i = 0; i < signers->n; i++)
		if (ferry_json_push(keys, json_string(signers->id[i]), err) ==
		    -1)
			goto fail;
	if (key_of(&key, head, first, err) == -1)
		goto fail;
	return ferry_local_put_new(st, &key,
	    json_pack("{s:I,s:I,s:I,s:o}", "from", (json_int_t)head->from, "to",
		(json_int_t)head->to, "at", (json_int_t)ferry_now(), "keys",
		keys),
	    err);
fail:
	json_decref(keys);
	return -1;
}

int
ferry_imported_end(struct ferry_store *st, const struct ferry_head *head,
    uint64_t first, uint64_t last, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc = key_of(&key, head, first, err);

	if (rc == 0)
		rc = ferry_local_get(st, &key, &record, err);
	/* Where it made no record, it is not worth one. */
	if (rc == 1 && last < first)
		rc = ferry_local_delete(st, &key, err);
	else if (rc == 1 && (rc = ferry_json_set(record, "last",
				 json_integer((json_int_t)last), err)) == 0)
		rc = ferry_local_put(st, &key, record, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

struct search {
	const char *key;
	ferry_on_imported *on_imported;
	void *ctx;
	uint64_t newest;
};

static bool
signed_by(const json_t *keys, const char *id)
{
	const json_t *key;
	size_t i;

	json_array_foreach (keys, i, key)
		if (json_is_string(key) &&
		    strcmp(json_string_value(key), id) == 0)
			return true;
	return false;
}

static int
look_at(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct search *s = ctx;
	const json_t *keys = json_object_get(record, "keys");
	struct ferry_imported i = { .origin = ferry_key_part(key, 1),
		.keys = json_array_size(keys) };
	uint64_t at;

	if (!signed_by(keys, s->key))
		return 0;
	if (ferry_parse_u64(ferry_bytes_str(ferry_key_part(key, 2)), 0,
		INT64_MAX, &i.first, err) == -1 ||
	    ferry_json_u64(record, "from", INT64_MAX, &i.from, err) == -1 ||
	    ferry_json_u64(record, "to", INT64_MAX, &i.to, err) == -1 ||
	    ferry_json_u64(record, "at", INT64_MAX, &at, err) == -1 ||
	    ferry_json_u64_opt(
		record, "last", INT64_MAX, s->newest, &i.last, err) == -1)
		return -1;
	i.at = (int64_t)at;
	return s->on_imported(s->ctx, &i, err);
}

int
ferry_imported_by(struct ferry_store *st, const char *key,
    ferry_on_imported *on_imported, void *ctx, struct ferry_error *err)
{
	struct search s = { key, on_imported, ctx, 0 };
	struct ferry_store_totals totals;
	struct ferry_key prefix;

	if (ferry_store_totals(st, &totals, err) == -1)
		return -1;
	s.newest = totals.records;
	ferry_key_all(&prefix, FERRY_KIND_IMPORTED);
	return ferry_local_each(st, &prefix, look_at, &s, err);
}
