#include "store/base/bytes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"

struct ferry_bytes
ferry_bytes_of(const void *p, size_t n)
{

	return (struct ferry_bytes){ p, n };
}

struct ferry_bytes
ferry_bytes_str(const char *s)
{

	return (struct ferry_bytes){ (const uint8_t *)s, strlen(s) };
}

struct ferry_bytes
ferry_bytes_buf(const struct ferry_buf *buf)
{

	/* Never NULL, to which nothing may be added, be it 0. */
	return buf->p == NULL ? ferry_bytes_str("")
	                      : (struct ferry_bytes){ buf->p, buf->n };
}

bool
ferry_bytes_equal(struct ferry_bytes a, struct ferry_bytes b)
{

	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
ferry_bytes_is(struct ferry_bytes a, const char *s)
{

	return ferry_bytes_equal(a, ferry_bytes_str(s));
}

bool
ferry_bytes_starts(struct ferry_bytes a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

bool
ferry_bytes_ends(struct ferry_bytes a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

bool
ferry_bytes_is_url(struct ferry_bytes a)
{
	const char *s = (const char *)a.p;

	return (a.n >= 8 && strncasecmp(s, "https://", 8) == 0) ||
	       (a.n >= 7 && strncasecmp(s, "http://", 7) == 0);
}

size_t
ferry_utf8_put(uint8_t out[4], uint32_t c)
{

	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

struct ferry_bytes
ferry_bytes_trim(struct ferry_bytes s)
{

	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	while (s.n > 0 && *s.p <= ' ')
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	return s;
}

bool
ferry_bytes_line(struct ferry_bytes *rest, struct ferry_bytes *line)
{
	const uint8_t *end;
	size_t n, next;

	if (rest->n == 0)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	n = end == NULL ? rest->n : (size_t)(end - rest->p);
	next = end == NULL ? n : n + 1;
	*line = ferry_bytes_of(rest->p, n);
	*rest = ferry_bytes_of(rest->p + next, rest->n - next);
	return true;
}

uint64_t
ferry_bytes_hash(uint64_t hash, struct ferry_bytes s)
{

	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ s.p[i]) * UINT64_C(1099511628211);
	return hash;
}

int
ferry_bytes_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

int
ferry_buf_reserve(struct ferry_buf *buf, size_t n, struct ferry_error *err)
{
	size_t need, cap;
	uint8_t *p;

	/* One more byte keeps the NUL of the invariant. */
	if (ferry_size_add(buf->n, n, &need, err) == -1 ||
	    ferry_size_add(need, 1, &need, err) == -1)
		return -1;
	if (buf->p != NULL && need <= buf->cap)
		return 0;
	cap = buf->cap < 64 ? 64 : buf->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if ((p = realloc(buf->p, cap)) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for %zu bytes", cap);
	buf->p = p;
	buf->cap = cap;
	buf->p[buf->n] = 0;
	return 0;
}

int
ferry_buf_add(
    struct ferry_buf *buf, const void *p, size_t n, struct ferry_error *err)
{

	if (ferry_buf_reserve(buf, n, err) == -1)
		return -1;
	if (n > 0)
		memcpy(buf->p + buf->n, p, n);
	buf->n += n;
	buf->p[buf->n] = 0;
	return 0;
}

int
ferry_buf_adds(struct ferry_buf *buf, const char *s, struct ferry_error *err)
{

	return ferry_buf_add(buf, s, strlen(s), err);
}

int
ferry_buf_addf(
    struct ferry_buf *buf, struct ferry_error *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return ferry_error_errno(err, "formatting text");
	if (ferry_buf_reserve(buf, (size_t)n, err) == -1)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf((char *)buf->p + buf->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->n += (size_t)n;
	return 0;
}

void
ferry_buf_reset(struct ferry_buf *buf)
{

	buf->n = 0;
	if (buf->p != NULL)
		buf->p[0] = 0;
}

void
ferry_buf_free(struct ferry_buf *buf)
{

	free(buf->p);
	*buf = (struct ferry_buf)FERRY_BUF_INIT;
}

int
ferry_size_add(size_t a, size_t b, size_t *out, struct ferry_error *err)
{

	if (__builtin_add_overflow(a, b, out))
		return ferry_error_set(
		    err, FERRY_ELIMIT, "size %zu + %zu is too large", a, b);
	return 0;
}

int
ferry_size_mul(size_t a, size_t b, size_t *out, struct ferry_error *err)
{

	if (__builtin_mul_overflow(a, b, out))
		return ferry_error_set(
		    err, FERRY_ELIMIT, "size %zu * %zu is too large", a, b);
	return 0;
}

int
ferry_array_grow(
    void *array, size_t *cap, size_t need, size_t size, struct ferry_error *err)
{
	void **slot = array, *p;
	size_t n = *cap < 8 ? 8 : *cap, bytes;

	if (need <= *cap)
		return 0;
	while (n < need)
		n = n > SIZE_MAX / 2 ? need : n * 2;
	if (ferry_size_mul(n, size, &bytes, err) == -1)
		return -1;
	if ((p = realloc(*slot, bytes)) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for %zu bytes", bytes);
	*slot = p;
	*cap = n;
	return 0;
}

int
ferry_calloc(void *out, size_t count, size_t size, struct ferry_error *err)
{
	void **slot = out;

	if ((*slot = calloc(count, size)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM,
		    "no memory for %zu times %zu bytes", count, size);
	return 0;
}

int
ferry_strndup(char **out, struct ferry_bytes s, struct ferry_error *err)
{
	size_t n;

	if (ferry_size_add(s.n, 1, &n, err) == -1 ||
	    ferry_calloc(out, n, 1, err) == -1)
		return -1;
	if (s.n > 0)
		memcpy(*out, s.p, s.n);
	return 0;
}

int
ferry_strdup(char **out, const char *s, struct ferry_error *err)
{

	return ferry_strndup(out, ferry_bytes_str(s), err);
}

int
ferry_parse_u64(struct ferry_bytes s, uint64_t min, uint64_t max, uint64_t *out,
    struct ferry_error *err)
{
	uint64_t v = 0;

	if (s.n == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "expected a number, found nothing");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return ferry_error_set(err, FERRY_EFORMAT,
			    "'%.*s' is not a number",
			    (int)(s.n > 40 ? 40 : s.n), (const char *)s.p);
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			goto range;
	}
	if (v < min || v > max)
		goto range;
	*out = v;
	return 0;
range:
	return ferry_error_set(err, FERRY_ELIMIT,
	    "%.*s is not within %" PRIu64 " to %" PRIu64,
	    (int)(s.n > 40 ? 40 : s.n), (const char *)s.p, min, max);
}

int
ferry_parse_size(struct ferry_bytes s, uint64_t min, uint64_t max,
    uint64_t *out, struct ferry_error *err)
{
	bool binary = s.n > 0 && s.p[s.n - 1] == 'i';
	const char *letters = binary ? "KMGT" : "kMGT";
	struct ferry_bytes digits = s;
	uint64_t unit = 1, v;

	while (digits.n > 0 &&
	       (digits.p[digits.n - 1] < '0' || digits.p[digits.n - 1] > '9'))
		digits.n--;
	if (digits.n < s.n) {
		const char *at = strchr(letters, s.p[digits.n]);

		if (at == NULL || *at == 0 || s.n != digits.n + 1 + binary)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "'%.*s' is not a size (digits, then k, M, G, T, "
			    "Ki, Mi, Gi or Ti)",
			    (int)(s.n > 40 ? 40 : s.n), (const char *)s.p);
		for (const char *l = letters; l <= at; l++)
			unit *= binary ? 1024 : 1000;
	}
	if (ferry_parse_u64(digits, 0, UINT64_MAX / unit, &v, err) == -1)
		return -1;
	v *= unit;
	if (v < min || v > max)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%.*s is not within %" PRIu64 " to %" PRIu64 " bytes",
		    (int)(s.n > 40 ? 40 : s.n), (const char *)s.p, min, max);
	*out = v;
	return 0;
}

const char *
ferry_size_text(uint64_t size, char buf[FERRY_SIZE_TEXT])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB",
		"EB" };
	double v = (double)size;
	size_t u = 0;

	while (v >= 999.95 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1000;
		u++;
	}
	(void)snprintf(
	    buf, FERRY_SIZE_TEXT, u == 0 ? "%.0f %s" : "%.1f %s", v, units[u]);
	return buf;
}

const char *
ferry_count_text(uint64_t n, const char *thing, char buf[FERRY_COUNT_TEXT])
{

	(void)snprintf(buf, FERRY_COUNT_TEXT, "%" PRIu64 " %s%s", n, thing,
	    n == 1 ? "" : "s");
	return buf;
}

void
ferry_put_be64(uint8_t p[8], uint64_t v)
{

	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

uint64_t
ferry_get_be64(const uint8_t p[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

int
ferry_hex_value(uint8_t c)
{

	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
ferry_url_decode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err)
{

	if (ferry_buf_reserve(buf, src.n, err) == -1)
		return -1;
	for (size_t i = 0; i < src.n; i++) {
		uint8_t c = src.p[i];

		if (c == '%') {
			bool whole = src.n - i > 2;
			int hi = whole ? ferry_hex_value(src.p[i + 1]) : -1;
			int lo = whole ? ferry_hex_value(src.p[i + 2]) : -1;

			if (hi < 0 || lo < 0 || (hi | lo) == 0)
				return ferry_error_set(err, FERRY_EFORMAT,
				    "malformed percent-encoding");
			c = (uint8_t)(hi << 4 | lo);
			i += 2;
		}
		buf->p[buf->n++] = c;
	}
	buf->p[buf->n] = 0;
	return 0;
}

int
ferry_url_encode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err)
{

	for (size_t i = 0; i < src.n; i++) {
		uint8_t c = src.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		             (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
		             c == '_' || c == '~';

		if (plain ? ferry_buf_add(buf, &c, 1, err) == -1
			  : ferry_buf_addf(buf, err, "%%%02X", c) == -1)
			return -1;
	}
	return 0;
}
