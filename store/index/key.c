#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/index/key.h"
#include "store/internal.h"

static int
add_part(
    struct ferry_key *key, struct ferry_bytes part, struct ferry_error *err)
{

	if (part.n == 0 || memchr(part.p, 0, part.n) != NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a part of a key is empty or holds NUL");
	if (key->n == FERRY_KEY_PARTS ||
	    part.n + 1 > sizeof(key->text) - key->size)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "name '%.60s…' is too long", (const char *)part.p);
	memcpy(key->text + key->size, part.p, part.n);
	key->text[key->size + part.n] = 0;
	key->size += part.n + 1;
	key->n++;
	return 0;
}

int
ferry_key_make(
    struct ferry_key *key, struct ferry_error *err, const char *first, ...)
{
	const char *part;
	va_list ap;
	int rc = 0;

	key->n = key->size = 0;
	va_start(ap, first);
	for (part = first; rc == 0 && part != NULL; part = va_arg(ap, char *))
		rc = add_part(key, ferry_bytes_str(part), err);
	va_end(ap);
	return rc;
}

int
ferry_key_parse(
    struct ferry_key *key, struct ferry_bytes raw, struct ferry_error *err)
{

	key->n = key->size = 0;
	while (raw.n > 0) {
		const uint8_t *end = memchr(raw.p, 0, raw.n);
		size_t n;

		if (end == NULL)
			return ferry_error_set(err, FERRY_EINDEX,
			    "a key of the catalog is damaged");
		n = (size_t)(end - raw.p);
		if (add_part(key, ferry_bytes_of(raw.p, n), err) == -1)
			return -1;
		raw = ferry_bytes_of(end + 1, raw.n - n - 1);
	}
	return 0;
}

struct ferry_bytes
ferry_key_bytes(const struct ferry_key *key)
{

	return ferry_bytes_of(key->text, key->size);
}

const char *
ferry_key_part(const struct ferry_key *key, size_t i)
{
	const char *p = key->text;

	if (i >= key->n)
		return "";
	while (i-- > 0)
		p += strlen(p) + 1;
	return p;
}

bool
ferry_key_equal(const struct ferry_key *a, const struct ferry_key *b)
{

	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

const char *
ferry_key_text(const struct ferry_key *key, char buf[FERRY_KEY_TEXT])
{
	const char *kind = ferry_key_part(key, 0);

	if (key->n >= 4)
		(void)snprintf(buf, FERRY_KEY_TEXT,
		    "%.16s %.110s%s%.135s of %.40s", ferry_key_part(key, 1),
		    ferry_key_part(key, 2),
		    key->n > 4 ? (strcmp(kind, "tag") == 0 ? ":" : "@") : "",
		    ferry_key_part(key, 4), ferry_key_part(key, 3));
	else
		(void)snprintf(buf, FERRY_KEY_TEXT, "%.16s %.100s %.100s", kind,
		    ferry_key_part(key, 1), ferry_key_part(key, 2));
	return buf;
}

json_t *
ferry_key_json(const struct ferry_key *key)
{
	json_t *array = json_array();

	for (size_t i = 0; i < key->n; i++)
		if (json_array_append_new(array,
			ferry_json_text(
			    ferry_bytes_str(ferry_key_part(key, i)))) == -1) {
			json_decref(array);
			return NULL;
		}
	return array;
}

int
ferry_key_from_json(
    struct ferry_key *key, const json_t *array, struct ferry_error *err)
{

	key->n = key->size = 0;
	if (!json_is_array(array) || json_array_size(array) < 2)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a record's key is not an array");
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *part = json_array_get(array, i);

		if (!json_is_string(part))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "a part of a record's key is not a string");
		if (add_part(key,
			ferry_bytes_of(
			    json_string_value(part), json_string_length(part)),
			err) == -1)
			return -1;
	}
	return 0;
}
