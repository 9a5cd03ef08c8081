#include "store/base/json.h"

#include <inttypes.h>
#include <string.h>

/* What a tree of text would weigh: too much is noticed before it is built. */
static size_t
weigh(struct ferry_bytes text)
{
	size_t weight = 1;
	bool string = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '"')
			string = !string;
		else if (string)
			i += c == '\\';
		else if (c == '{')
			weight += 4;
		else if (c == '[')
			weight += 2;
		else if (c == ',' || c == ':')
			weight++;
	}
	return weight;
}

int
ferry_json_parse(json_t **out, struct ferry_bytes text, const char *what,
    struct ferry_error *err)
{
	json_error_t je;

	if (text.n > FERRY_JSON_WEIGHT && weigh(text) > FERRY_JSON_WEIGHT)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%s has more members and elements than ferry reads", what);
	*out = json_loadb((const char *)text.p, text.n,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (*out == NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "%s is not valid JSON: %s at line %d, column %d", what,
		    je.text, je.line, je.column);
	return 0;
}

static int
on_dump(const char *p, size_t n, void *ctx)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	return ferry_buf_add(ctx, p, n, &err);
}

int
ferry_json_add(
    struct ferry_buf *buf, const json_t *value, struct ferry_error *err)
{

	if (json_dump_callback(
		value, on_dump, buf, JSON_COMPACT | JSON_ENCODE_ANY) == -1)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory to write JSON");
	return 0;
}

static int
wrong(const char *name, const json_t *value, const char *want,
    struct ferry_error *err)
{

	if (value == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "\"%s\" is missing", name);
	return ferry_error_set(
	    err, FERRY_EFORMAT, "\"%s\" is not %s", name, want);
}

int
ferry_json_str(const json_t *object, const char *name, const char **out,
    struct ferry_error *err)
{
	const json_t *v = json_object_get(object, name);

	if (!json_is_string(v))
		return wrong(name, v, "a string", err);
	*out = json_string_value(v);
	return 0;
}

int
ferry_json_str_copy(const json_t *object, const char *name, char *out,
    size_t size, struct ferry_error *err)
{
	const char *text = "";

	if (ferry_json_str(object, name, &text, err) == -1)
		return -1;
	if (strlen(text) >= size)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "'%s' has more than %zu bytes", name, size - 1);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

int
ferry_json_str_opt(const json_t *object, const char *name, const char *fallback,
    const char **out, struct ferry_error *err)
{
	const json_t *v = json_object_get(object, name);

	if (v == NULL || json_is_null(v)) {
		*out = fallback;
		return 0;
	}
	return ferry_json_str(object, name, out, err);
}

int
ferry_json_u64(const json_t *object, const char *name, uint64_t max,
    uint64_t *out, struct ferry_error *err)
{
	const json_t *v = json_object_get(object, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return wrong(name, v, "a whole number", err);
	if ((uint64_t)json_integer_value(v) > max)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "\"%s\" is over %" PRIu64, name, max);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

int
ferry_json_u64_opt(const json_t *object, const char *name, uint64_t max,
    uint64_t fallback, uint64_t *out, struct ferry_error *err)
{
	const json_t *v = json_object_get(object, name);

	if (v == NULL || json_is_null(v)) {
		*out = fallback;
		return 0;
	}
	return ferry_json_u64(object, name, max, out, err);
}

int
ferry_json_array(const json_t *object, const char *name, json_t **out,
    struct ferry_error *err)
{
	json_t *v = json_object_get(object, name);

	if (!json_is_array(v))
		return wrong(name, v, "an array", err);
	*out = v;
	return 0;
}

int
ferry_json_object(const json_t *object, const char *name, json_t **out,
    struct ferry_error *err)
{
	json_t *v = json_object_get(object, name);

	if (!json_is_object(v))
		return wrong(name, v, "an object", err);
	*out = v;
	return 0;
}

int
ferry_json_set(
    json_t *object, const char *name, json_t *value, struct ferry_error *err)
{

	if (json_object_set_new(object, name, value) == -1)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "cannot set JSON member \"%s\"", name);
	return 0;
}

int
ferry_json_push(json_t *array, json_t *value, struct ferry_error *err)
{

	if (json_array_append_new(array, value) == -1)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "cannot extend a JSON array");
	return 0;
}

json_t *
ferry_json_text(struct ferry_bytes s)
{
	json_t *v = json_stringn((const char *)s.p, s.n);
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (v != NULL)
		return v;
	/* Not UTF-8: keep ASCII, replace every other byte. */
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x80
			    ? ferry_buf_add(&buf, &s.p[i], 1, &err)
			    : ferry_buf_adds(&buf, "\xef\xbf\xbd", &err)) == -1)
			goto out;
	v = json_stringn(buf.n == 0 ? "" : (const char *)buf.p, buf.n);
out:
	ferry_buf_free(&buf);
	return v;
}

bool
ferry_text_plain(const char *s)
{
	json_t *v = json_string(s);
	bool ok = v != NULL;

	json_decref(v);
	for (const unsigned char *p = (const unsigned char *)s; ok && *p != 0;
	     p++)
		/* U+0080 to U+009F are control characters, too. */
		ok = *p >= 0x20 && *p != 0x7f && !(p[0] == 0xc2 && p[1] < 0xa0);
	return ok;
}
