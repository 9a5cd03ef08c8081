#ifndef FERRY_STORE_INDEX_KEY_H
#define FERRY_STORE_INDEX_KEY_H

/* Keys of records: short lists of strings. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_KEY_PARTS 6
#define FERRY_KEY_MAX 1500

/*
 * Parts are stored each followed by a NUL byte: comparing bytes compares part
 * by part, and the key of fewer parts is the prefix of its children's.
 */
struct ferry_key {
	size_t n; /* parts */
	size_t size; /* bytes used of text */
	char text[FERRY_KEY_MAX];
};

/*
 * Build a key; the list ends with NULL.  Errors: FERRY_EFORMAT for an empty
 * part, FERRY_ELIMIT for too long or too many.
 */
int ferry_key_make(struct ferry_key *key, struct ferry_error *err,
    const char *first, ...) __attribute__((sentinel));
int ferry_key_parse(
    struct ferry_key *key, struct ferry_bytes raw, struct ferry_error *err);
/* Part i, borrowed from key; "" beyond the last. */
const char *ferry_key_part(const struct ferry_key *key, size_t i);
bool ferry_key_equal(const struct ferry_key *a, const struct ferry_key *b);
/* "npm @s/n@1.0.0 of up", for messages; for whatever kind of key.
 * Returns buf. */
#define FERRY_KEY_TEXT 320
const char *
ferry_key_text(const struct ferry_key *key, char buf[FERRY_KEY_TEXT]);
/* As a JSON array of strings, and back. */
json_t *ferry_key_json(const struct ferry_key *key);
int ferry_key_from_json(
    struct ferry_key *key, const json_t *array, struct ferry_error *err);

#endif
