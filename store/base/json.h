#ifndef FERRY_BASE_JSON_H
#define FERRY_BASE_JSON_H

/*
 * JSON that ferry wrote itself, or small documents from outside: jansson
 * trees with errors in our idiom.  Large documents of upstreams are read with
 * store/base/span.h, which keeps their bytes.
 */

#include <jansson.h>
#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/*
 * Parse one value.  Duplicate members are refused; depth is bounded by
 * jansson (2048), and the memory of the tree by FERRY_JSON_WEIGHT: "{}," is 3
 * bytes of text and 300 of tree.  what names the text in the error.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT.  The caller frees *out with
 * json_decref().
 */
#define FERRY_JSON_WEIGHT 800000 /* some 80 bytes each */
int ferry_json_parse(json_t **out, struct ferry_bytes text, const char *what,
    struct ferry_error *err);

/* Append the compact text of value, members in the order they were set. */
int ferry_json_add(
    struct ferry_buf *buf, const json_t *value, struct ferry_error *err);

/*
 * Members of an object.  The string and the results are borrowed from it.
 * _opt give the fallback for an absent (or null) member; a member of another
 * type is FERRY_EFORMAT in all of them.
 */
int ferry_json_str(const json_t *object, const char *name, const char **out,
    struct ferry_error *err);
/* Copy it; FERRY_ELIMIT if it has more than size - 1 bytes. */
int ferry_json_str_copy(const json_t *object, const char *name, char *out,
    size_t size, struct ferry_error *err);
int ferry_json_str_opt(const json_t *object, const char *name,
    const char *fallback, const char **out, struct ferry_error *err);
int ferry_json_u64(const json_t *object, const char *name, uint64_t max,
    uint64_t *out, struct ferry_error *err);
int ferry_json_u64_opt(const json_t *object, const char *name, uint64_t max,
    uint64_t fallback, uint64_t *out, struct ferry_error *err);
int ferry_json_array(const json_t *object, const char *name, json_t **out,
    struct ferry_error *err);
int ferry_json_object(const json_t *object, const char *name, json_t **out,
    struct ferry_error *err);

/* Set a member; *takes* value, and fails with FERRY_ENOMEM if it is NULL. */
int ferry_json_set(
    json_t *object, const char *name, json_t *value, struct ferry_error *err);
int ferry_json_push(json_t *array, json_t *value, struct ferry_error *err);
/* A string value of bytes that may not be UTF-8: bad bytes become U+FFFD. */
json_t *ferry_json_text(struct ferry_bytes s);
/* Whether s is UTF-8 without control characters: it may be shown as it is. */
bool ferry_text_plain(const char *s);

#endif
