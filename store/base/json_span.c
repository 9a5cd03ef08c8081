#include "store/base/json_span.h"

#include <string.h>

#include "store/base/error.h"

static const uint8_t *
skip_space(const uint8_t *p, const uint8_t *end)
{

	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* p is behind the opening quote.  Returns behind the closing one, or NULL. */
static const uint8_t *
check_string(const uint8_t *p, const uint8_t *end)
{

	while (p < end) {
		uint8_t c = *p++;

		if (c == '"')
			return p;
		if (c < 0x20)
			return NULL;
		if (c != '\\')
			continue;
		if (p == end)
			return NULL;
		c = *p++;
		if (c == 'u') {
			for (int i = 0; i < 4; i++, p++)
				if (p >= end ||
				    !((*p >= '0' && *p <= '9') ||
					((*p | 32) >= 'a' && (*p | 32) <= 'f')))
					return NULL;
		} else if (c == 0 || strchr("\"\\/bfnrt", c) == NULL) {
			return NULL;
		}
	}
	return NULL;
}

static const uint8_t *
check_digits(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p == start ? NULL : p;
}

static const uint8_t *
check_number(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *first;

	if (p < end && *p == '-')
		p++;
	first = p;
	if ((p = check_digits(p, end)) == NULL ||
	    (*first == '0' && p > first + 1))
		return NULL;
	if (p < end && *p == '.' && (p = check_digits(p + 1, end)) == NULL)
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = check_digits(p, end);
	}
	return p;
}

static const uint8_t *
check_word(const uint8_t *p, const uint8_t *end)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0)
			return p + n;
	}
	return NULL;
}

static const uint8_t *
check_scalar(const uint8_t *p, const uint8_t *end)
{

	if (*p == '"')
		return check_string(p + 1, end);
	if (*p == '-' || (*p >= '0' && *p <= '9'))
		return check_number(p, end);
	return check_word(p, end);
}

/* p at a member's name.  Returns at its value, or NULL. */
static const uint8_t *
check_name(const uint8_t *p, const uint8_t *end)
{

	if (p == end || *p != '"' || (p = check_string(p + 1, end)) == NULL)
		return NULL;
	p = skip_space(p, end);
	if (p == end || *p != ':')
		return NULL;
	return skip_space(p + 1, end);
}

int
ferry_span_check(
    struct ferry_bytes text, struct ferry_bytes *out, struct ferry_error *err)
{
	const uint8_t *p = text.p, *end = text.p + text.n, *at, *start;
	uint8_t open[FERRY_SPAN_DEPTH];
	size_t depth = 0, line = 1;

	start = p = skip_space(p, end);
value:
	at = p;
	if (p == end)
		goto bad;
	if (*p == '{' || *p == '[') {
		if (depth == FERRY_SPAN_DEPTH)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "JSON is nested more than %d deep",
			    FERRY_SPAN_DEPTH);
		open[depth++] = *p == '{' ? '}' : ']';
		p = skip_space(p + 1, end);
		if (p < end && *p == open[depth - 1])
			goto close;
		if (open[depth - 1] == '}') {
			at = p;
			if ((p = check_name(p, end)) == NULL)
				goto bad;
		}
		goto value;
	}
	if ((p = check_scalar(p, end)) == NULL)
		goto bad;
after:
	p = skip_space(p, end);
	at = p;
	if (depth == 0) {
		if (p != end)
			goto bad;
		while (end > start && (end[-1] == ' ' || end[-1] == '\t' ||
					  end[-1] == '\n' || end[-1] == '\r'))
			end--;
		*out = ferry_bytes_of(start, (size_t)(end - start));
		return 0;
	}
	if (p == end)
		goto bad;
	if (*p == open[depth - 1]) {
	close:
		depth--;
		p++;
		goto after;
	}
	if (*p != ',')
		goto bad;
	p = skip_space(p + 1, end);
	if (open[depth - 1] == '}') {
		at = p;
		if ((p = check_name(p, end)) == NULL)
			goto bad;
	}
	goto value;
bad:
	for (p = text.p; p < at; p++)
		line += *p == '\n';
	return ferry_error_set(err, FERRY_EFORMAT,
	    "not valid JSON at line %zu, byte %zu of %zu", line,
	    (size_t)(at - text.p), text.n);
}

enum ferry_span_type
ferry_span_type(struct ferry_bytes value)
{

	switch (value.n == 0 ? 'n' : value.p[0]) {
	case '{':
		return FERRY_SPAN_OBJECT;
	case '[':
		return FERRY_SPAN_ARRAY;
	case '"':
		return FERRY_SPAN_STRING;
	case 't':
	case 'f':
		return FERRY_SPAN_BOOL;
	case 'n':
		return FERRY_SPAN_NULL;
	default:
		return FERRY_SPAN_NUMBER;
	}
}

bool
ferry_span_true(struct ferry_bytes value)
{

	return value.n > 0 && value.p[0] == 't';
}

/* Of checked text: p behind the opening quote; returns behind the closing. */
static const uint8_t *
skip_string(const uint8_t *p, const uint8_t *end)
{

	for (;;) {
		const uint8_t *q = memchr(p, '"', (size_t)(end - p));
		const uint8_t *b;

		if (q == NULL)
			return end;
		for (b = q; b > p && b[-1] == '\\'; b--)
			;
		if (((size_t)(q - b) & 1) == 0)
			return q + 1;
		p = q + 1;
	}
}

static const uint8_t *
skip_value(const uint8_t *p, const uint8_t *end)
{
	size_t depth = 0;

	while (p < end) {
		uint8_t c = *p;

		if (c == '"') {
			p = skip_string(p + 1, end);
		} else if (c == '{' || c == '[') {
			depth++;
			p++;
			continue;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return p;
			depth--;
			p++;
		} else if (depth == 0) {
			while (p < end && strchr(",]} \t\r\n", *p) == NULL)
				p++;
			return p;
		} else {
			p++;
			continue;
		}
		if (depth == 0)
			return p;
	}
	return end;
}

void
ferry_span_iter(struct ferry_span_iter *it, struct ferry_bytes value)
{
	bool composite =
	    value.n >= 2 && (value.p[0] == '{' || value.p[0] == '[');

	*it = (struct ferry_span_iter){ 0 };
	it->p = composite ? value.p + 1 : value.p;
	it->end = composite ? value.p + value.n - 1 : value.p;
	it->object = composite && value.p[0] == '{';
}

bool
ferry_span_next(struct ferry_span_iter *it)
{
	const uint8_t *p, *start;

	p = skip_space(it->p, it->end);
	if (p < it->end && *p == ',')
		p = skip_space(p + 1, it->end);
	if (p >= it->end)
		return false;
	start = p;
	it->name = ferry_bytes_of(p, 0);
	if (it->object) {
		const uint8_t *q = skip_string(p + 1, it->end);

		it->name = ferry_bytes_of(p + 1, (size_t)(q - p) - 2);
		p = skip_space(q, it->end);
		p = skip_space(p + 1, it->end);
	}
	it->p = skip_value(p, it->end);
	it->value = ferry_bytes_of(p, (size_t)(it->p - p));
	it->whole = ferry_bytes_of(start, (size_t)(it->p - start));
	return true;
}

bool
ferry_span_is(struct ferry_bytes raw, struct ferry_bytes s)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	bool same;

	if (memchr(raw.p, '\\', raw.n) == NULL)
		return ferry_bytes_equal(raw, s);
	same = ferry_span_unescape(&buf, raw, &err) == 0 &&
	       ferry_bytes_equal(ferry_bytes_buf(&buf), s);
	ferry_buf_free(&buf);
	return same;
}

bool
ferry_span_get(
    struct ferry_bytes object, const char *name, struct ferry_bytes *out)
{
	struct ferry_bytes want = ferry_bytes_str(name);
	struct ferry_span_iter it;
	bool found = false;

	if (ferry_span_type(object) != FERRY_SPAN_OBJECT)
		return false;
	ferry_span_iter(&it, object);
	while (ferry_span_next(&it))
		if (ferry_span_is(it.name, want)) {
			*out = it.value;
			found = true;
		}
	return found;
}

int
ferry_span_string(
    struct ferry_buf *buf, struct ferry_bytes value, struct ferry_error *err)
{

	if (ferry_span_type(value) != FERRY_SPAN_STRING)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "expected a JSON string");
	return ferry_span_unescape(
	    buf, ferry_bytes_of(value.p + 1, value.n - 2), err);
}

static unsigned
hex4(const uint8_t *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i];

		v = v << 4 |
		    (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

int
ferry_span_unescape(
    struct ferry_buf *buf, struct ferry_bytes raw, struct ferry_error *err)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const uint8_t *p = raw.p, *end = raw.p + raw.n;

	/* Decoding never makes text longer. */
	if (ferry_buf_reserve(buf, raw.n, err) == -1)
		return -1;
	while (p < end) {
		unsigned c;

		if (*p != '\\' || p + 1 == end) {
			buf->p[buf->n++] = *p++;
			continue;
		}
		if (p[1] != 'u' || end - p < 6) {
			const char *at = strchr(from, p[1]);

			buf->p[buf->n++] =
			    at != NULL ? (uint8_t)to[at - from] : p[1];
			p += 2;
			continue;
		}
		c = hex4(p + 2);
		p += 6;
		if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
		    p[1] == 'u' && hex4(p + 2) >= 0xdc00 &&
		    hex4(p + 2) < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) +
			    (hex4(p + 2) - 0xdc00);
			p += 6;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		if (c == 0)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "a JSON string holds NUL");
		buf->n += ferry_utf8_put(buf->p + buf->n, c);
	}
	buf->p[buf->n] = 0;
	return 0;
}

int
ferry_span_quote(
    struct ferry_buf *buf, struct ferry_bytes s, struct ferry_error *err)
{

	if (ferry_buf_adds(buf, "\"", err) == -1)
		return -1;
	for (size_t i = 0, from = 0; i <= s.n; i++) {
		bool plain = i < s.n && s.p[i] >= 0x20 && s.p[i] != '"' &&
		             s.p[i] != '\\';

		if (plain)
			continue;
		if (ferry_buf_add(buf, s.p + from, i - from, err) == -1)
			return -1;
		from = i + 1;
		if (i < s.n &&
		    (s.p[i] == '"' || s.p[i] == '\\'
			    ? ferry_buf_addf(buf, err, "\\%c", s.p[i])
			    : ferry_buf_addf(buf, err, "\\u%04x", s.p[i])) ==
			-1)
			return -1;
	}
	return ferry_buf_adds(buf, "\"", err);
}
