#include "store/access/authority.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/owner.h"
#include "store/index/local.h"

static int
put_authority(struct ferry_store *st, const char *upstream, const char *origin,
    enum ferry_authority authority, bool chosen, struct ferry_error *err)
{

	return ferry_local_named_put(st, FERRY_KIND_SPEAKS, upstream,
	    json_pack("{s:s,s:b,s:b}", "origin", origin, "anew",
		authority == FERRY_AUTHORITY_ANEW, "chosen", chosen),
	    err);
}

int
ferry_authority_chosen(
    struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_SPEAKS, upstream, &record, err);

	if (rc == 1)
		rc = json_is_true(json_object_get(record, "chosen"));
	json_decref(record);
	return rc;
}

int
ferry_authority_put(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority authority, struct ferry_error *err)
{
	int chosen = ferry_authority_chosen(st, upstream, err);

	return chosen == -1 ? -1
	                    : put_authority(st, upstream, origin, authority,
				  chosen == 1, err);
}

int
ferry_authority_choose(struct ferry_store *st, const char *upstream,
    const char *origin, struct ferry_error *err)
{

	return put_authority(
	    st, upstream, origin, FERRY_AUTHORITY_ANEW, true, err);
}

/* 1; 0 if it is nobody's; -1. */
static int
find_authority(struct ferry_store *st, const char *upstream, const char *origin,
    enum ferry_authority *out, struct ferry_error *err)
{
	json_t *record;
	const char *who;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_SPEAKS, upstream, &record, err);

	*out = FERRY_AUTHORITY_NEWER;
	if (rc == 1 && ferry_json_str(record, "origin", &who, err) == -1)
		rc = -1;
	else if (rc == 1 && strcmp(who, origin) != 0)
		*out = FERRY_AUTHORITY_OTHER;
	else if (json_is_true(json_object_get(record, "anew")))
		*out = FERRY_AUTHORITY_ANEW;
	json_decref(record);
	return rc;
}

int
ferry_authority_get(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err)
{
	int rc = find_authority(st, upstream, origin, out, err);

	if (rc == 0 && ferry_owner_came(st, upstream, err) == -1)
		return -1;
	if (rc == 0)
		rc = ferry_authority_put(
		    st, upstream, origin, FERRY_AUTHORITY_NEWER, err);
	return rc == -1 ? -1 : 0;
}

int
ferry_authority_look(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err)
{

	return find_authority(st, upstream, origin, out, err);
}

int
ferry_passed_put(struct ferry_store *st, const char *upstream,
    const char *origin, const char *text, enum ferry_passed what,
    enum ferry_passed_by by, struct ferry_error *err)
{
	int closes = ferry_passed_closes(st, upstream, err);

	if (closes == -1)
		return -1;
	return ferry_local_named_put(st, FERRY_KIND_PASSED, upstream,
	    json_pack("{s:s,s:I,s:b,s:s,s:b}", "text", text, "at",
		(json_int_t)ferry_now(), "permissions",
		closes == 1 || what == FERRY_PASSED_PERMISSIONS, "origin",
		origin, "chosen", by == FERRY_PASSED_BY_CHOICE),
	    err);
}

int
ferry_passed_troubles(struct ferry_store *st, const char *upstream,
    const json_t *record, struct ferry_error *err)
{
	struct ferry_key here, access;
	int rc = -1;

	if (!json_is_true(json_object_get(record, "chosen")))
		return 1;
	if (json_is_false(json_object_get(record, "permissions")))
		return 0;
	/* Closed to everybody: what is here, without permissions of its own. */
	if (ferry_key_named(&here, FERRY_KIND_UPSTREAM, upstream, NULL, err) ==
		-1 ||
	    ferry_key_named(&access, FERRY_KIND_ACCESS, upstream, NULL, err) ==
		-1 ||
	    (rc = ferry_catalog_has(st, &here, err)) != 1)
		return rc == 0 ? 0 : -1;
	rc = ferry_catalog_has(st, &access, err);
	return rc == -1 ? -1 : rc == 0;
}

int
ferry_passed_forget(struct ferry_store *st, const char *upstream,
    const char *origin, struct ferry_error *err)
{
	json_t *record;
	const char *who;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_PASSED, upstream, &record, err);

	who = json_string_value(json_object_get(record, "origin"));
	if (rc == 1 &&
	    (origin == NULL || (who != NULL && strcmp(who, origin) == 0)))
		rc = ferry_local_named_delete(
		    st, FERRY_KIND_PASSED, upstream, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_passed_closes(
    struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_PASSED, upstream, &record, err);

	if (rc == 1)
		rc = !json_is_false(json_object_get(record, "permissions"));
	json_decref(record);
	return rc;
}

static int
add_to_stamp(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *name = ferry_key_part(key, 1);
	uint64_t *h = ctx;

	(void)err;
	if (!json_is_false(json_object_get(record, "permissions")))
		*h = ferry_bytes_hash(
		    *h, ferry_bytes_of(name, strlen(name) + 1));
	return 0;
}

int
ferry_passed_stamp(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	struct ferry_key prefix;

	*out = FERRY_HASH_START;
	return ferry_key_make(&prefix, err, "passed", NULL) == -1
	           ? -1
	           : ferry_local_each(st, &prefix, add_to_stamp, out, err);
}
