#include "store/catalog/former.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/index/local.h"
#include "store/internal.h"

#define NUMBER 24 /* a mark's, and NUL */

/* Whether an export ended with a record of from to until - 1: 1, 0, -1. */
static int
was_shown(struct ferry_store *st, uint64_t from, uint64_t until,
    struct ferry_error *err)
{
	char first[NUMBER], end[NUMBER];
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, at, key;
	int rc;

	(void)snprintf(first, sizeof(first), "%020" PRIu64, from);
	(void)snprintf(end, sizeof(end), "%020" PRIu64, until);
	ferry_key_all(&prefix, FERRY_KIND_MARK);
	if (ferry_key_named(&at, FERRY_KIND_MARK, first, NULL, err) == -1 ||
	    ferry_record_iter_new(&it, st, FERRY_CF_LOCAL, &prefix, &at, err) ==
		-1)
		return -1;
	rc = ferry_record_iter_next(it, &key, NULL, err);
	ferry_record_iter_free(it);
	return rc == 1 ? strcmp(ferry_key_part(&key, 1), end) < 0 : rc;
}

/* The record of a package; *out is {"files":[…]}, which the caller decrefs. */
static int
get(struct ferry_store *st, const struct ferry_key *package,
    struct ferry_key *key, json_t **out, struct ferry_error *err)
{
	int rc;

	*out = NULL;
	if (ferry_key_beside(key, FERRY_KIND_FORMER, package, NULL, err) ==
		-1 ||
	    (rc = ferry_local_get(st, key, out, err)) == -1)
		return -1;
	if (rc == 0 && (*out = json_pack("{s:[]}", "files")) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return 0;
}

static uint64_t
number(const json_t *file, const char *name)
{

	return (uint64_t)json_integer_value(json_object_get(file, name));
}

/* Whether the package still has that very file: 1, 0, -1. */
static int
is_still(
    const json_t *value, const struct ferry_file *file, struct ferry_error *err)
{
	struct ferry_file now;
	int rc = ferry_files_find(value, file->name, &now, err);

	return rc == 1 ? ferry_digest_equal(&now.sha256, &file->sha256) : rc;
}

static int
note_file(struct ferry_store *st, json_t *record, const struct ferry_file *file,
    uint64_t until, struct ferry_error *err)
{
	json_t *files = json_object_get(record, "files"), *object;
	struct ferry_blob_info info = { 0 };
	int rc = ferry_blob_stat(st, &file->sha256, &info, err);

	if (rc == 1 && (info.lost || info.seq == 0))
		rc = 0;
	if (rc == 1)
		rc = was_shown(st, info.seq, until, err);
	if (rc != 1)
		return rc;
	if (ferry_files_add(record, file->name, file->size, &file->sha256,
		&object, err) == -1 ||
	    ferry_json_set(object, "from", json_integer((json_int_t)info.seq),
		err) == -1 ||
	    ferry_json_set(
		object, "until", json_integer((json_int_t)until), err) == -1)
		return -1;
	if (json_array_size(files) > FERRY_FORMER_MAX)
		(void)json_array_remove(files, 0);
	return 0;
}

int
ferry_former_note(struct ferry_store *st, const struct ferry_key *package,
    const json_t *old, const json_t *value, uint64_t until,
    struct ferry_error *err)
{
	int n = ferry_files_count(old, err), rc = n == -1 ? -1 : 0;
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key key;

	if (n > 0)
		rc = get(st, package, &key, &record, err);
	for (int i = 0; rc != -1 && i < n; i++) {
		rc = ferry_files_get(old, (size_t)i, &file, err);
		if (rc == 0 && (rc = is_still(value, &file, err)) == 0)
			rc = note_file(st, record, &file, until, err);
	}
	if (rc != -1 && json_array_size(json_object_get(record, "files")) > 0)
		rc = ferry_local_put(st, &key, record, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_former_find(struct ferry_store *st, const struct ferry_key *package,
    const char *name, uint64_t seq, struct ferry_digest *out,
    struct ferry_error *err)
{
	json_t *record, *object;
	struct ferry_file file;
	struct ferry_key key;
	int found = 0;
	size_t i;

	if (get(st, package, &key, &record, err) == -1)
		return -1;
	json_array_foreach (json_object_get(record, "files"), i, object) {
		if (number(object, "from") > seq ||
		    number(object, "until") <= seq)
			continue;
		if (ferry_files_get(record, i, &file, err) == -1) {
			found = -1;
			break;
		}
		if (strcmp(file.name, name) == 0) {
			*out = file.sha256;
			found = 1;
			break;
		}
	}
	json_decref(record);
	return found;
}

/* What no site has any more goes from the record of key: 1 if something did. */
static int
drop_older(json_t *record, uint64_t floor)
{
	json_t *files = json_object_get(record, "files");
	size_t n = json_array_size(files), i = 0;

	while (i < json_array_size(files))
		if (number(json_array_get(files, i), "until") <= floor)
			(void)json_array_remove(files, i);
		else
			i++;
	return json_array_size(files) < n;
}

static int
keep_one(struct ferry_store *st, const struct ferry_key *key, json_t *record,
    uint64_t floor, bool dry_run, ferry_former_fn *on_kept, void *ctx,
    struct ferry_error *err)
{
	int dropped = drop_older(record, floor);
	int n = ferry_files_count(record, err), rc = n == -1 ? -1 : 0;
	struct ferry_file file;

	for (int i = 0; rc == 0 && i < n; i++)
		if (ferry_files_get(record, (size_t)i, &file, err) == -1 ||
		    on_kept(ctx, &file.sha256, err) == -1)
			rc = -1;
	if (rc == -1 || !dropped || dry_run)
		return rc;
	return n == 0 ? ferry_local_delete(st, key, err)
	              : ferry_local_put(st, key, record, err);
}

int
ferry_former_keep(struct ferry_store *st, uint64_t floor, bool dry_run,
    ferry_former_fn *on_kept, void *ctx, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc;

	ferry_key_all(&prefix, FERRY_KIND_FORMER);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = keep_one(
		    st, &key, record, floor, dry_run, on_kept, ctx, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	ferry_record_iter_free(it);
	return rc;
}
