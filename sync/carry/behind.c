#include "sync/carry/behind.h"

#include "store/base/json.h"
#include "store/index/local.h"
#include "sync/carry/origins.h"

static int
put_seq(struct ferry_store *st, const struct ferry_key *key, uint64_t seq,
    struct ferry_error *err)
{
	json_t *record = json_pack("{s:I}", "seq", (json_int_t)seq);
	int rc = record == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : ferry_local_put(st, key, record, err);

	json_decref(record);
	return rc;
}

int
ferry_behind_put(struct ferry_store *st, const char *origin,
    const char *upstream, struct ferry_error *err)
{
	struct ferry_position here;
	struct ferry_key key;
	int rc = ferry_position_get(st, origin, &here, err);

	if (rc != 1)
		return rc;
	return ferry_key_make(&key, err, "behind", origin, upstream, NULL) == -1
	           ? -1
	           : put_seq(st, &key, 0, err);
}

int
ferry_behind_get(struct ferry_store *st, const char *origin,
    const char *upstream, uint64_t *seq, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (ferry_key_make(&key, err, "behind", origin, upstream, NULL) == -1)
		return -1;
	rc = ferry_local_get(st, &key, &record, err);
	if (rc == 1 && ferry_json_u64(record, "seq", INT64_MAX, seq, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

/* What is done for each upstream that head's records go on from. */
struct each {
	struct ferry_store *st;
	const struct ferry_head *head;
	uint64_t reached; /* where the origin stands; 0: only look */
};

static int
on_behind(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct each *each = ctx;
	uint64_t seq;

	if (ferry_json_u64(record, "seq", INT64_MAX, &seq, err) == -1)
		return -1;
	if (each->head->from > seq + 1 || each->head->to <= seq)
		return 0;
	if (each->reached == 0)
		return 1;
	return each->head->to >= each->reached
	           ? ferry_local_delete(each->st, key, err)
	           : put_seq(each->st, key, each->head->to, err);
}

static int
each_behind(struct ferry_store *st, const struct ferry_head *head,
    uint64_t reached, struct ferry_error *err)
{
	struct each each = { st, head, reached };
	struct ferry_key prefix;

	return ferry_key_make(&prefix, err, "behind", head->origin, NULL) == -1
	           ? -1
	           : ferry_local_each(st, &prefix, on_behind, &each, err);
}

int
ferry_behind_wants(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err)
{

	return each_behind(st, head, 0, err);
}

int
ferry_behind_reach(struct ferry_store *st, const struct ferry_head *head,
    uint64_t seq, struct ferry_error *err)
{

	return each_behind(st, head, seq, err);
}

struct anew {
	struct ferry_store *st;
	uint64_t last;
};

static int
lower(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct anew *anew = ctx;
	uint64_t seq;

	if (ferry_json_u64(record, "seq", INT64_MAX, &seq, err) == -1)
		return -1;
	return seq <= anew->last ? 0 : put_seq(anew->st, key, anew->last, err);
}

int
ferry_behind_anew(struct ferry_store *st, const char *origin, uint64_t last,
    struct ferry_error *err)
{
	struct anew anew = { st, last };
	struct ferry_key prefix;

	return ferry_key_make(&prefix, err, "behind", origin, NULL) == -1
	           ? -1
	           : ferry_local_each(st, &prefix, lower, &anew, err);
}
