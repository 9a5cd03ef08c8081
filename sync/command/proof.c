#include "sync/command/proof.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/command/command.h"

int
ferry_proof_keep(
    struct ferry_context *ctx, json_t *record, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_context_open(ctx, FERRY_STORE_WRITE, &st, err) == 0 &&
	    ferry_local_named_put(
		st, FERRY_KIND_LAST, "prove", json_incref(record), err) == 0)
		rc = ferry_store_commit(st, err);
	json_decref(record);
	ferry_store_close(st);
	return rc;
}

int
ferry_proof_get(struct ferry_store *st, json_t **out, struct ferry_error *err)
{

	if (ferry_local_named_get(st, FERRY_KIND_LAST, "prove", out, err) == -1)
		return -1;
	return *out != NULL && json_object_get(*out, "seq") != NULL;
}

void
ferry_proof_print(const json_t *proof, uint64_t to)
{
	int64_t at = json_integer_value(json_object_get(proof, "at"));
	uint64_t seq =
	    (uint64_t)json_integer_value(json_object_get(proof, "seq"));
	char text[FERRY_TIME_TEXT], count[FERRY_COUNT_TEXT];
	const json_t *word;
	size_t i;

	(void)printf("proven %s: '", ferry_time_text(at, text));
	json_array_foreach (json_object_get(proof, "command"), i, word)
		(void)printf(
		    "%s%s", i == 0 ? "" : " ", json_string_value(word));
	(void)printf("' found all that it asked for");
	if (!json_is_true(json_object_get(proof, "closed")))
		(void)printf(", but could have reached others");
	if (to > seq)
		(void)printf("; then came %s",
		    ferry_count_text(to - seq, "record", count));
	(void)printf("\n");
}
