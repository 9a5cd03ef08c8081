#include "sync/command/status_skipped.h"

#include "store/access/authority.h"
#include "store/base/json.h"

/* What was skipped: as a problem, or as the operator wants it. */
int
ferry_status_skipped(struct ferry_store *st, const json_t *passed,
    json_t *problems, json_t *chosen, struct ferry_error *err)
{
	json_t *one;
	size_t i;

	json_array_foreach (passed, i, one) {
		int troubles = ferry_passed_troubles(st,
		    json_string_value(
			json_array_get(json_object_get(one, "key"), 1)),
		    json_object_get(one, "record"), err);

		if (troubles == -1 ||
		    ferry_json_push(troubles == 1 ? problems : chosen,
			json_incref(one), err) == -1)
			return -1;
	}
	return 0;
}
