#ifndef FERRY_STORE_BASE_FILES_H
#define FERRY_STORE_BASE_FILES_H

/* The member "files" of a record (store/catalog/README.md): what it names. */

#include <jansson.h>
#include <stdint.h>

#include "store/base/digest.h"

struct ferry_error;

/* A file of a record, parsed.  name is borrowed from the record. */
struct ferry_file {
	const char *name;
	uint64_t size;
	struct ferry_digest sha256;
};
/* Returns: how many files record has (0 if none), or -1 (FERRY_EFORMAT). */
int ferry_files_count(const json_t *record, struct ferry_error *err);
int ferry_files_get(const json_t *record, size_t i, struct ferry_file *out,
    struct ferry_error *err);
/* Returns: 1 and *out for the file called name, 0, -1. */
int ferry_files_find(const json_t *record, const char *name,
    struct ferry_file *out, struct ferry_error *err);
/* Append a file object to record's "files"; *object, if not NULL, is borrowed
 * for adding further members. */
int ferry_files_add(json_t *record, const char *name, uint64_t size,
    const struct ferry_digest *sha256, json_t **object,
    struct ferry_error *err);

#endif
