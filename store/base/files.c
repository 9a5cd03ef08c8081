#include "store/base/files.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"

int
ferry_files_count(const json_t *record, struct ferry_error *err)
{
	const json_t *files = json_object_get(record, "files");

	if (files == NULL)
		return 0;
	if (!json_is_array(files) || json_array_size(files) > 1U << 20)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a record's \"files\" is not an array");
	return (int)json_array_size(files);
}

int
ferry_files_get(const json_t *record, size_t i, struct ferry_file *out,
    struct ferry_error *err)
{
	const json_t *file =
	    json_array_get(json_object_get(record, "files"), i);
	const char *hex;

	if (ferry_json_str(file, "name", &out->name, err) == -1 ||
	    ferry_json_str(file, "sha256", &hex, err) == -1 ||
	    ferry_json_u64(file, "size", INT64_MAX, &out->size, err) == -1 ||
	    ferry_digest_from_hex(
		&out->sha256, FERRY_SHA256, ferry_bytes_str(hex), err) == -1)
		return ferry_error_in(err, "file %zu of a record", i);
	return 0;
}

int
ferry_files_find(const json_t *record, const char *name, struct ferry_file *out,
    struct ferry_error *err)
{
	int n = ferry_files_count(record, err);

	for (int i = 0; i < n; i++) {
		if (ferry_files_get(record, (size_t)i, out, err) == -1)
			return -1;
		if (strcmp(out->name, name) == 0)
			return 1;
	}
	return n == -1 ? -1 : 0;
}

int
ferry_files_add(json_t *record, const char *name, uint64_t size,
    const struct ferry_digest *sha256, json_t **object, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *files = json_object_get(record, "files"), *file;

	if (files == NULL) {
		files = json_array();
		if (ferry_json_set(record, "files", files, err) == -1)
			return -1;
	}
	file = json_object();
	if (ferry_json_push(files, file, err) == -1 ||
	    ferry_json_set(file, "name", ferry_json_text(ferry_bytes_str(name)),
		err) == -1 ||
	    ferry_json_set(file, "size", json_integer((json_int_t)size), err) ==
		-1 ||
	    ferry_json_set(file, "sha256",
		json_string(ferry_digest_hex(sha256, hex)), err) == -1)
		return -1;
	if (object != NULL)
		*object = file;
	return 0;
}
