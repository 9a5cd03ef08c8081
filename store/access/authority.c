#include "store/access/authority.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/index/local.h"

int
ferry_authority_put(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority authority, struct ferry_error *err)
{

	return ferry_local_named_put(st, FERRY_KIND_SPEAKS, upstream,
	    json_pack("{s:s,s:b}", "origin", origin, "anew",
		authority == FERRY_AUTHORITY_ANEW),
	    err);
}

int
ferry_authority_get(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err)
{
	json_t *record;
	const char *who;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_SPEAKS, upstream, &record, err);

	*out = FERRY_AUTHORITY_NEWER;
	if (rc == 0)
		return ferry_authority_put(
		    st, upstream, origin, FERRY_AUTHORITY_NEWER, err);
	if (rc == 1 && ferry_json_str(record, "origin", &who, err) == -1)
		rc = -1;
	else if (rc == 1 && strcmp(who, origin) != 0)
		*out = FERRY_AUTHORITY_OTHER;
	else if (json_is_true(json_object_get(record, "anew")))
		*out = FERRY_AUTHORITY_ANEW;
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_passed_put(struct ferry_store *st, const char *upstream, const char *text,
    struct ferry_error *err)
{

	if (text != NULL)
		return ferry_local_named_put(st, FERRY_KIND_PASSED, upstream,
		    json_pack("{s:s,s:I}", "text", text, "at",
			(json_int_t)ferry_now()),
		    err);
	return ferry_local_named_delete(st, FERRY_KIND_PASSED, upstream, err);
}
