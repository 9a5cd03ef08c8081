#include "sync/command/status_skipped.h"

#include <stdio.h>

#include "store/access/authority.h"
#include "store/base/json.h"
#include "store/index/local.h"

static int
add(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_json_push(ctx,
	    json_pack(
		"{s:o,s:O}", "key", ferry_key_json(key), "record", record),
	    err);
}

/* What was skipped: as a problem, or as the operator wants it. */
int
ferry_status_skipped(struct ferry_store *st, json_t *problems, json_t *chosen,
    struct ferry_error *err)
{
	json_t *all = json_array(), *one;
	struct ferry_key prefix;
	int rc;
	size_t i;

	ferry_key_all(&prefix, FERRY_KIND_PASSED);
	rc = ferry_local_each(st, &prefix, add, all, err);
	json_array_foreach (all, i, one) {
		int troubles = rc == -1
		                   ? -1
		                   : ferry_passed_troubles(st,
					 json_string_value(json_array_get(
					     json_object_get(one, "key"), 1)),
					 json_object_get(one, "record"), err);

		rc = troubles == -1
		         ? -1
		         : ferry_json_push(troubles == 1 ? problems : chosen,
			       json_incref(one), err);
		if (rc == -1)
			break;
	}
	json_decref(all);
	return rc;
}

void
ferry_status_print_skipped(const json_t *chosen)
{
	const json_t *c;
	size_t i;

	json_array_foreach (chosen, i, c)
		(void)printf("skipped      %s, as was chosen here: %s\n",
		    json_string_value(
			json_array_get(json_object_get(c, "key"), 1)),
		    json_string_value(
			json_object_get(json_object_get(c, "record"), "text")));
}
