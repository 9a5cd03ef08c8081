#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/index/key.h"
#include "store/internal.h"

static const struct {
	const char *name;
	size_t parts;
} kinds[FERRY_KINDS] = {
	[FERRY_KIND_ACCESS] = { "access", 2 },
	[FERRY_KIND_PACKAGE] = { "package", 4 },
	[FERRY_KIND_REFERRER] = { "referrer", 6 },
	[FERRY_KIND_TAG] = { "tag", 5 },
	[FERRY_KIND_UPSTREAM] = { "upstream", 2 },
	[FERRY_KIND_VERSION] = { "version", 5 },
	[FERRY_KIND_ABSENT] = { "absent", 4 },
	[FERRY_KIND_ALIAS] = { "alias", 3 },
	[FERRY_KIND_ANSWER] = { "answer", 3 },
	[FERRY_KIND_APPLYING] = { "applying", 2 },
	[FERRY_KIND_BLOBS_CHANGED] = { "blobs-changed", 1 },
	[FERRY_KIND_BOUNDARY] = { "boundary", 3 },
	[FERRY_KIND_CACHE] = { "cache", 1 },
	[FERRY_KIND_CACHED] = { "cached", 5 },
	[FERRY_KIND_CHECKED] = { "checked", 4 },
	[FERRY_KIND_DROPPING] = { "dropping", 1 },
	[FERRY_KIND_FORMER] = { "former", 4 },
	[FERRY_KIND_GROWTH] = { "growth", 1 },
	[FERRY_KIND_IDLE] = { "idle", 6 },
	[FERRY_KIND_IMPORTED] = { "imported", 3 },
	[FERRY_KIND_INCIDENT] = { "incident", 5 },
	[FERRY_KIND_INCOMING] = { "incoming", 2 },
	[FERRY_KIND_LAST] = { "last", 2 },
	[FERRY_KIND_LIMITS] = { "limits", 2 },
	[FERRY_KIND_LOST] = { "lost", 2 },
	[FERRY_KIND_LOOKED] = { "looked", 2 },
	[FERRY_KIND_MARK] = { "mark", 2 },
	[FERRY_KIND_MIRRORED] = { "mirrored", 4 },
	[FERRY_KIND_ORIGIN] = { "origin", 2 },
	[FERRY_KIND_PART] = { "part", 3 },
	[FERRY_KIND_PASSED] = { "passed", 2 },
	[FERRY_KIND_PEOPLE] = { "people", 2 },
	[FERRY_KIND_PIECES] = { "pieces", 2 },
	[FERRY_KIND_POLICY] = { "policy", 2 },
	[FERRY_KIND_PULL] = { "pull", 2 },
	[FERRY_KIND_RANK] = { "rank", 2 },
	[FERRY_KIND_REALM] = { "realm", 2 },
	[FERRY_KIND_REASON] = { "reason", 5 },
	[FERRY_KIND_RECORDING] = { "recording", 2 },
	[FERRY_KIND_REMOVED] = { "removed", 5 },
	[FERRY_KIND_ROOT] = { "root", 3 },
	[FERRY_KIND_SEEN] = { "seen", 2 },
	[FERRY_KIND_SENT] = { "sent", 2 },
	[FERRY_KIND_SITE] = { "site", 2 },
	[FERRY_KIND_SPEAKS] = { "speaks", 2 },
	[FERRY_KIND_TRAFFIC] = { "traffic", 2 },
	[FERRY_KIND_TRUST] = { "trust", 2 },
	[FERRY_KIND_TRY] = { "try", 2 },
	[FERRY_KIND_VALIDATOR] = { "validator", 3 },
	[FERRY_KIND_WANTED] = { "wanted", 2 },
	[FERRY_KIND_WISH] = { "wish", 2 },
	[FERRY_KIND_WITHDRAWN] = { "withdrawn", 4 },
};

const char *
ferry_kind_name(enum ferry_kind kind)
{

	return kinds[kind].name;
}

size_t
ferry_kind_parts(enum ferry_kind kind)
{

	return kinds[kind].parts;
}

int
ferry_kind_find(const char *name, enum ferry_kind *out)
{

	for (int i = 0; i < FERRY_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*out = (enum ferry_kind)i;
			return 1;
		}
	return 0;
}

bool
ferry_key_is(const struct ferry_key *key, enum ferry_kind kind)
{

	return strcmp(ferry_key_part(key, 0), kinds[kind].name) == 0;
}

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

void
ferry_key_all(struct ferry_key *key, enum ferry_kind kind)
{

	key->n = 1;
	key->size = strlen(kinds[kind].name) + 1;
	memcpy(key->text, kinds[kind].name, key->size);
}

int
ferry_key_named(struct ferry_key *key, enum ferry_kind kind, const char *name,
    const char *more, struct ferry_error *err)
{

	return ferry_key_make(key, err, kinds[kind].name, name, more, NULL);
}

int
ferry_key_upstream(
    struct ferry_key *key, const char *upstream, struct ferry_error *err)
{

	return ferry_key_named(key, FERRY_KIND_UPSTREAM, upstream, NULL, err);
}

int
ferry_key_package(struct ferry_key *key, const char *format, const char *name,
    const char *owner, struct ferry_error *err)
{

	return ferry_key_make(key, err, kinds[FERRY_KIND_PACKAGE].name, format,
	    name, owner, NULL);
}

int
ferry_key_version(struct ferry_key *key, const char *format, const char *name,
    const char *owner, const char *version, struct ferry_error *err)
{

	return ferry_key_make(key, err, kinds[FERRY_KIND_VERSION].name, format,
	    name, owner, version, NULL);
}

int
ferry_key_tag(struct ferry_key *key, const char *format, const char *name,
    const char *owner, const char *tag, struct ferry_error *err)
{

	return ferry_key_make(key, err, kinds[FERRY_KIND_TAG].name, format,
	    name, owner, tag, NULL);
}

int
ferry_key_beside(struct ferry_key *key, enum ferry_kind kind,
    const struct ferry_key *of, const char *last, struct ferry_error *err)
{

	return ferry_key_make(key, err, kinds[kind].name, ferry_key_part(of, 1),
	    ferry_key_part(of, 2), ferry_key_part(of, 3), last, NULL);
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

/* Where keys have their owner. */
static size_t
owner_part(const struct ferry_key *key)
{

	return ferry_key_is(key, FERRY_KIND_UPSTREAM) ||
	               ferry_key_is(key, FERRY_KIND_ACCESS)
	           ? 1
	           : 3;
}

const char *
ferry_key_owner(const struct ferry_key *key)
{

	return ferry_key_part(key, owner_part(key));
}

int
ferry_key_set_owner(
    struct ferry_key *key, const char *owner, struct ferry_error *err)
{
	const struct ferry_key old = *key;

	key->n = key->size = 0;
	for (size_t i = 0; i < old.n; i++)
		if (add_part(key,
			ferry_bytes_str(i == owner_part(&old)
					    ? owner
					    : ferry_key_part(&old, i)),
			err) == -1)
			return -1;
	return 0;
}

bool
ferry_key_equal(const struct ferry_key *a, const struct ferry_key *b)
{

	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

const char *
ferry_key_text(const struct ferry_key *key, char buf[FERRY_KEY_TEXT])
{

	if (key->n >= 4)
		(void)snprintf(buf, FERRY_KEY_TEXT,
		    "%.16s %.110s%s%.135s of %.40s", ferry_key_part(key, 1),
		    ferry_key_part(key, 2),
		    key->n > 4 ? (ferry_key_is(key, FERRY_KIND_TAG) ? ":" : "@")
			       : "",
		    ferry_key_part(key, 4), ferry_key_part(key, 3));
	else
		(void)snprintf(buf, FERRY_KEY_TEXT, "%.16s %.100s %.100s",
		    ferry_key_part(key, 0), ferry_key_part(key, 1),
		    ferry_key_part(key, 2));
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
