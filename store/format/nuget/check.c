#include "store/format/nuget/check.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"

/* Whether text, in lower case and normalised, is what the key says. */
static int
check_key(const json_t *value, const char *member, struct ferry_bytes key,
    int (*on_key)(struct ferry_buf *out, struct ferry_bytes text,
	struct ferry_error *err),
    struct ferry_error *err)
{
	const char *text = json_string_value(json_object_get(value, member));
	struct ferry_buf got = FERRY_BUF_INIT;
	int rc = 0;

	if (text == NULL || strlen(text) > 1000)
		rc = ferry_error_set(
		    err, FERRY_EFORMAT, "it has no \"%s\"", member);
	else if (on_key(&got, ferry_bytes_str(text), err) == -1)
		rc = -1;
	else if (!ferry_bytes_equal(ferry_bytes_buf(&got), key))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "its \"%s\" is another than its key's", member);
	ferry_buf_free(&got);
	return rc;
}

static int
check_hash(const json_t *value, struct ferry_error *err)
{
	const char *text =
	    json_string_value(json_object_get(value, "content_hash"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf raw = FERRY_BUF_INIT;
	bool good;

	good =
	    text != NULL &&
	    ferry_base64_decode(&raw, ferry_bytes_str(text), &ignored) == 0 &&
	    raw.n == 64;
	ferry_buf_free(&raw);
	return good ? 0
	            : ferry_error_set(err, FERRY_EFORMAT,
			  "its \"content_hash\" is not the base64 of a "
			  "SHA-512");
}

/* [[ID, RANGE], …] of each group. */
static int
check_dependencies(const json_t *groups, struct ferry_error *err)
{
	const json_t *group, *one;
	size_t i, k;

	json_array_foreach (groups, i, group) {
		if (!json_is_array(json_object_get(group, "needs")))
			break;
		json_array_foreach (json_object_get(group, "needs"), k, one)
			if (!json_is_string(json_array_get(one, 0)) ||
			    !json_is_string(json_array_get(one, 1)))
				return ferry_error_set(err, FERRY_EFORMAT,
				    "its \"dependencies\" have an entry that "
				    "is none");
	}
	return groups == NULL ||
	               (json_is_array(groups) && i == json_array_size(groups))
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "its \"dependencies\" are not groups");
}

int
ferry_nuget_check(const struct ferry_format_record *record,
    ferry_format_load *on_load, void *ctx, struct ferry_error *err)
{
	const json_t *value = record->value;

	(void)on_load;
	(void)ctx;
	if (value == NULL || strcmp(record->key[0], "version") != 0 ||
	    json_object_get(value, "files") == NULL)
		return 0;
	if (check_key(value, "id",
		ferry_nuget_name_id(ferry_bytes_str(record->key[2])),
		ferry_nuget_lower, err) == -1 ||
	    check_key(value, "version", ferry_bytes_str(record->key[4]),
		ferry_nuget_version_key, err) == -1 ||
	    check_hash(value, err) == -1)
		return -1;
	return check_dependencies(json_object_get(value, "dependencies"), err);
}
