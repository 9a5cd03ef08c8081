#include "sync/command/growth.h"

#include <sys/statvfs.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"
#include "store/store.h"

#define DAY_S 86400
#define DAYS_MAX 60
#define DAYS_MIN 3 /* a first sync says nothing of the next year */
#define FULL_MAX 3650 /* days; later is never */

static json_int_t
day_of(const json_t *one)
{

	return json_integer_value(json_array_get(one, 0));
}

static json_int_t
bytes_of(const json_t *one)
{

	return json_integer_value(json_array_get(one, 1));
}

int
ferry_growth_note(struct ferry_store *st, struct ferry_error *err)
{
	json_int_t today = (json_int_t)(ferry_now() / DAY_S);
	json_t *old = NULL, *days, *list = json_array(), *one;
	struct ferry_store_totals totals;
	struct ferry_key key;
	size_t i;
	int rc = -1;

	if (list == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	ferry_key_all(&key, FERRY_KIND_GROWTH);
	if (ferry_store_totals(st, &totals, err) == -1 ||
	    ferry_local_get(st, &key, &old, err) == -1)
		goto out;
	/* Days that are not over, by a clock that was ahead, are forgotten. */
	days = json_object_get(old, "days");
	json_array_foreach (days, i, one)
		if (day_of(one) < today && day_of(one) >= today - DAYS_MAX &&
		    ferry_json_push(list, json_incref(one), err) == -1)
			goto out;
	if (ferry_json_push(list,
		json_pack("[I,I]", today, (json_int_t)totals.stored_bytes),
		err) == 0)
		rc = ferry_local_put_new(
		    st, &key, json_pack("{s:O}", "days", list), err);
out:
	json_decref(old);
	json_decref(list);
	return rc;
}

int
ferry_growth_read(
    struct ferry_growth *out, struct ferry_store *st, struct ferry_error *err)
{
	json_t *record = NULL, *days;
	const json_t *first, *last;
	struct ferry_key key;
	struct statvfs vfs;
	int rc;

	*out = (struct ferry_growth){ .days = 0 };
	if (statvfs(ferry_store_path(st), &vfs) == 0)
		out->free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	ferry_key_all(&key, FERRY_KIND_GROWTH);
	if ((rc = ferry_local_get(st, &key, &record, err)) == -1)
		return -1;
	days = json_object_get(record, "days");
	first = json_array_get(days, 0);
	last = json_array_get(days, json_array_size(days) - 1);
	if (rc == 1 && day_of(last) - day_of(first) >= DAYS_MIN) {
		out->days = (uint64_t)(day_of(last) - day_of(first));
		out->bytes_a_day =
		    (bytes_of(last) - bytes_of(first)) / (json_int_t)out->days;
		if (out->bytes_a_day > 0)
			out->full_days = out->free / (uint64_t)out->bytes_a_day;
		out->fills = out->bytes_a_day > 0 && out->full_days <= FULL_MAX;
	}
	json_decref(record);
	return 0;
}
