#include "store/catalog/owner.h"

#include <stdbool.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "store/internal.h"

int
ferry_owner_rank(struct ferry_store *st, const char *upstream, uint64_t *out,
    struct ferry_error *err)
{
	json_t *record;
	int rc =
	    ferry_local_named_get(st, FERRY_KIND_RANK, upstream, &record, err);

	*out = 0;
	if (rc == 1)
		rc = ferry_json_u64(record, "rank", INT64_MAX, out, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
put_rank(struct ferry_store *st, const char *upstream, uint64_t rank,
    struct ferry_error *err)
{

	return ferry_local_named_put(st, FERRY_KIND_RANK, upstream,
	    json_pack("{s:I}", "rank", (json_int_t)rank), err);
}

/* A rank, and the key of its record. */
struct ranks {
	uint64_t highest;
	uint64_t by; /* move: all go so far behind */
	struct ferry_store *st;
};

static int
find_highest(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct ranks *ranks = ctx;
	uint64_t rank;

	(void)key;
	if (ferry_json_u64(record, "rank", INT64_MAX, &rank, err) == -1)
		return -1;
	if (rank > ranks->highest)
		ranks->highest = rank;
	return 0;
}

static int
each_rank(struct ferry_store *st, ferry_record_fn *on_record, void *ctx,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	ferry_key_all(&prefix, FERRY_KIND_RANK);
	return ferry_local_each(st, &prefix, on_record, ctx, err);
}

int
ferry_owner_came(
    struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	struct ranks ranks = { .highest = 0 };
	json_t *record;
	int rc =
	    ferry_local_named_get(st, FERRY_KIND_RANK, upstream, &record, err);

	json_decref(record);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	return each_rank(st, find_highest, &ranks, err) == -1
	           ? -1
	           : put_rank(st, upstream, ranks.highest + 1, err);
}

static int
move_behind(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct ranks *ranks = ctx;
	uint64_t rank;

	return ferry_json_u64(record, "rank", INT64_MAX / 2, &rank, err) == -1
	           ? -1
	           : put_rank(ranks->st, ferry_key_part(key, 1),
			 rank + ranks->by, err);
}

/* An upstream that had none goes behind those that are preferred, too. */
static int
rank_old(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct ranks *ranks = ctx;
	uint64_t rank;

	(void)record;
	if (ferry_owner_rank(ranks->st, ferry_key_part(key, 1), &rank, err) ==
	    -1)
		return -1;
	return rank > 0 ? 0
	                : put_rank(ranks->st, ferry_key_part(key, 1),
			      ranks->by + 1, err);
}

int
ferry_owner_prefer(struct ferry_store *st, const char *const *upstreams,
    size_t n, struct ferry_error *err)
{
	struct ranks ranks = { .by = n + 1, .st = st };
	struct ferry_key prefix;

	ferry_key_all(&prefix, FERRY_KIND_UPSTREAM);
	if (each_rank(st, move_behind, &ranks, err) == -1 ||
	    ferry_catalog_each(st, &prefix, rank_old, &ranks, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_rank(st, upstreams[i], i + 1, err) == -1)
			return -1;
	/* Readers hear of it as of all that the journal does not tell. */
	return ferry_blob_changed(st, err);
}

int
ferry_owner_find(struct ferry_store *st, const char *format,
    const char *package, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	uint64_t rank, best = 0;
	size_t before = out->n;
	bool found = false;
	int rc;

	if (ferry_key_package(&prefix, format, package, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		const char *owner = ferry_key_part(&key, 3);

		if ((rc = ferry_owner_rank(st, owner, &rank, err)) == -1)
			break;
		if (found && rank >= best)
			continue;
		out->n = before;
		if ((rc = ferry_buf_adds(out, owner, err)) == -1)
			break;
		found = true;
		best = rank;
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : found;
}
