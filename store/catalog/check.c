#include "store/catalog/check.h"

#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/format/format.h"

/* No control characters; they would reach terminals and headers. */
static bool
is_plain(const char *s)
{

	for (; *s != 0; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static int
check_names(const struct ferry_key *key, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(key, 1)));

	if (format == NULL)
		return ferry_error_set(err, FERRY_ENEWER,
		    "packages of format '%.20s' are not known to this ferry; "
		    "update it",
		    ferry_key_part(key, 1));
	if (!format->name_valid(ferry_bytes_str(ferry_key_part(key, 2))))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "it is of a package that no %s registry could have",
		    format->name);
	if (!ferry_key_is(key, FERRY_KIND_TAG))
		for (size_t i = 4; i < key->n; i++)
			if (!format->version_valid(
				ferry_bytes_str(ferry_key_part(key, i))))
				return ferry_error_set(err, FERRY_EFORMAT,
				    "it is of a version that no %s registry "
				    "could have",
				    format->name);
	return 0;
}

static int
check_key(const struct ferry_key *key, struct ferry_error *err)
{
	const char *name = ferry_key_part(key, 0);
	enum ferry_kind kind;

	if (ferry_kind_find(name, &kind) == 0 || kind >= FERRY_KINDS_CATALOG)
		return ferry_error_set(err, FERRY_ENEWER,
		    "records of kind '%.20s' are not known to this ferry; "
		    "update it",
		    name);
	if (key->n != ferry_kind_parts(kind))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the key of a record of kind '%s' has %zu parts, not %zu",
		    name, key->n, ferry_kind_parts(kind));
	for (size_t k = 1; k < key->n; k++)
		if (!is_plain(ferry_key_part(key, k)))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "part %zu of a record's key has control characters",
			    k + 1);
	return key->n == 2 ? 0 : check_names(key, err);
}

/* The name of a file is the last element of a path, never a path. */
static bool
is_file_name(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 255 && is_plain(name) &&
	       strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int
check_value(const json_t *value, struct ferry_error *err)
{
	int n = ferry_files_count(value, err);
	struct ferry_file file;
	const char *with;
	uint64_t at;

	if (n == -1 ||
	    ferry_json_u64_opt(value, "deleted_at", INT64_MAX, 0, &at, err) ==
		-1 ||
	    ferry_json_str_opt(value, "deleted_with", "", &with, err) == -1)
		return -1;
	if (!is_plain(with))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its \"deleted_with\" has control characters");
	for (int i = 0; i < n; i++) {
		if (ferry_files_get(value, (size_t)i, &file, err) == -1)
			return -1;
		if (!is_file_name(file.name))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "file %d has a name that no file has", i + 1);
	}
	return 0;
}

int
ferry_record_load(void *ctx, const struct ferry_digest *sha256, uint64_t max,
    struct ferry_buf *out, struct ferry_error *err)
{
	int rc = ferry_blob_has(ctx, sha256, err);

	if (rc == 1 && ferry_blob_load(ctx, sha256, max, out, err) == -1)
		rc = -1;
	return rc;
}

/* What clients and people are shown of an upstream. */
static int
check_upstream(const json_t *value, struct ferry_error *err)
{
	static const char *const names[] = { "format", "name", "url", "host" };
	const char *s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ferry_json_str_opt(value, names[i], "", &s, err) == -1)
			return -1;
		if (!is_plain(s))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "its \"%s\" has control characters", names[i]);
	}
	return 0;
}

/* The format's own check.  st NULL: without the documents. */
static int
check_format(const struct ferry_key *key, const json_t *value,
    struct ferry_store *st, struct ferry_error *err)
{
	const char *parts[FERRY_KEY_PARTS] = { NULL };
	const struct ferry_format *format;

	if (key->n <= 2)
		return 0;
	format = ferry_format_find(ferry_bytes_str(ferry_key_part(key, 1)));
	if (format == NULL || format->check == NULL)
		return 0;
	for (size_t i = 0; i < key->n; i++)
		parts[i] = ferry_key_part(key, i);
	return format->check(&(struct ferry_format_record){ parts, value },
	    st == NULL ? NULL : ferry_record_load, st, err);
}

/* No ferry deletes an upstream or its permissions: that would open what they
 * keep closed. */
static int
check_op(
    const struct ferry_key *key, const json_t *value, struct ferry_error *err)
{

	return value != NULL || key->n > 2
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "it deletes what is never deleted");
}

int
ferry_record_check(
    const struct ferry_key *key, const json_t *value, struct ferry_error *err)
{
	char text[FERRY_KEY_TEXT];

	if (check_key(key, err) == 0 && check_op(key, value, err) == 0 &&
	    (value == NULL || check_value(value, err) == 0) &&
	    (value == NULL || !ferry_key_is(key, FERRY_KIND_UPSTREAM) ||
		check_upstream(value, err) == 0) &&
	    check_format(key, value, NULL, err) == 0)
		return 0;
	return ferry_error_in(err, "%s", ferry_key_text(key, text));
}

int
ferry_record_check_content(struct ferry_store *st, const struct ferry_key *key,
    const json_t *value, struct ferry_error *err)
{
	char text[FERRY_KEY_TEXT];

	if (check_format(key, value, st, err) == 0)
		return 0;
	return ferry_error_in(err, "%s", ferry_key_text(key, text));
}
