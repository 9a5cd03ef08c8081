#include "sync/pull/refused.h"

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"

void
ferry_refused_note(json_t **list, const char *item, const char *text)
{

	if (*list == NULL)
		*list = json_array();
	(void)json_array_append_new(
	    *list, json_pack("{s:o,s:o,s:I}", "item",
		       ferry_json_text(ferry_bytes_str(item)), "text",
		       ferry_json_text(ferry_bytes_str(text)), "at",
		       (json_int_t)ferry_now()));
	if (json_array_size(*list) > FERRY_REFUSED_MAX)
		(void)json_array_remove(*list, 0);
}

/* What was refused before is refused last. */
static void
append(json_t *list, json_t *one)
{
	json_t *old;
	size_t i;

	json_array_foreach (list, i, old)
		if (json_equal(json_object_get(old, "item"),
			json_object_get(one, "item"))) {
			(void)json_array_remove(list, i);
			break;
		}
	(void)json_array_append(list, one);
	if (json_array_size(list) > FERRY_REFUSED_MAX)
		(void)json_array_remove(list, 0);
}

int
ferry_refused_keep(
    json_t **list, struct ferry_store *st, struct ferry_error *err)
{
	json_t *record = NULL, *news = *list, *one;
	size_t i;

	if (news == NULL)
		return 0;
	if (ferry_local_named_get(
		st, FERRY_KIND_LAST, "refused", &record, err) == -1)
		return -1;
	if (record == NULL)
		record = json_pack("{s:[]}", "refused");
	json_array_foreach (news, i, one) {
		append(json_object_get(record, "refused"), one);
	}
	json_decref(news);
	*list = NULL;
	return ferry_local_named_put(
	    st, FERRY_KIND_LAST, "refused", record, err);
}
