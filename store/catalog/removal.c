#include "store/catalog/removal.h"

#include "store/base/json.h"
#include "store/catalog/catalog.h"

int
ferry_removal_stands(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	struct ferry_key local;
	json_t *record = NULL;
	int rc = ferry_catalog_get(st, key, &record, err);

	if (rc == 1)
		rc = ferry_removal_is(record) &&
		     !ferry_removal_comes_back(record);
	else if (rc == 0)
		rc = ferry_key_beside(&local, FERRY_KIND_REMOVED, key,
			 ferry_key_part(key, 4), err) == -1
		         ? -1
		         : ferry_local_get(st, &local, &record, err);
	json_decref(record);
	return rc;
}

int
ferry_removal_expire(struct ferry_store *st, const struct ferry_key *key,
    const json_t *record, struct ferry_error *err)
{
	const json_t *at = json_object_get(record, "deleted_at");
	struct ferry_key local;
	int rc = 0;

	if (!ferry_removal_comes_back(record)) {
		rc = ferry_key_beside(&local, FERRY_KIND_REMOVED, key,
		    ferry_key_part(key, 4), err);
		if (rc == 0)
			rc = ferry_local_put_new(st, &local,
			    json_pack("{s:I}", "at", json_integer_value(at)),
			    err);
	}
	return rc == -1 ? -1 : ferry_catalog_delete(st, key, err);
}

int
ferry_removal_lift(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err)
{
	struct ferry_key local;
	json_t *record = NULL;
	int rc = ferry_catalog_get(st, key, &record, err);

	json_decref(record);
	record = NULL;
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	if (ferry_key_beside(&local, FERRY_KIND_REMOVED, key,
		ferry_key_part(key, 4), err) == -1)
		return -1;
	rc = ferry_local_get(st, &local, &record, err);
	json_decref(record);
	if (rc == 1 && ferry_local_delete(st, &local, err) == -1)
		rc = -1;
	return rc;
}

/* Append a version unless it has a record after all. */
static int
list_one(json_t *list, struct ferry_store *st, const struct ferry_key *local,
    struct ferry_error *err)
{
	const char *version = ferry_key_part(local, 4);
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_beside(&key, FERRY_KIND_VERSION, local, version, err) ==
		-1 ||
	    (rc = ferry_catalog_get(st, &key, &record, err)) == -1)
		return -1;
	json_decref(record);
	return rc == 1 ? 0 : ferry_json_push(list, json_string(version), err);
}

int
ferry_removal_list(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, local;
	json_t *list = json_array();
	int rc = -1;

	if (list == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_key_beside(&prefix, FERRY_KIND_REMOVED, package, NULL, err) ==
		0 &&
	    ferry_local_iter_new(&it, st, &prefix, err) == 0)
		while (
		    (rc = ferry_record_iter_next(it, &local, NULL, err)) == 1)
			if (list_one(list, st, &local, err) == -1) {
				rc = -1;
				break;
			}
	ferry_record_iter_free(it);
	if (rc == -1) {
		json_decref(list);
		return -1;
	}
	*out = list;
	return 0;
}
