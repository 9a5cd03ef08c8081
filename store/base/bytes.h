#ifndef FERRY_BASE_BYTES_H
#define FERRY_BASE_BYTES_H

/*
 * Views of bytes, growing buffers, checked sizes, numbers and byte orders.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_error;

/* A view: owns nothing, is passed by value, need not end in NUL. */
struct ferry_bytes {
	const uint8_t *p;
	size_t n;
};

/*
 * A buffer that owns its bytes and grows.
 *
 * Invariants: n <= cap; if p is not NULL, p[n] is readable and 0, so that
 * (char *)p is a string whenever no byte of it is NUL.
 */
struct ferry_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
};
#define FERRY_BUF_INIT                                                         \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Views: of n bytes, of a string without its NUL, of what buf holds now. */
struct ferry_bytes ferry_bytes_of(const void *p, size_t n);
struct ferry_bytes ferry_bytes_str(const char *s);
struct ferry_bytes ferry_bytes_buf(const struct ferry_buf *buf);
bool ferry_bytes_equal(struct ferry_bytes a, struct ferry_bytes b);
bool ferry_bytes_is(struct ferry_bytes a, const char *s);
bool ferry_bytes_starts(struct ferry_bytes a, const char *prefix);
bool ferry_bytes_ends(struct ferry_bytes a, const char *suffix);
/* Whether it begins as an http(s) URL does, in capitals, too. */
bool ferry_bytes_is_url(struct ferry_bytes a);
/* Write the UTF-8 of a code point.  Returns: how many bytes it has. */
size_t ferry_utf8_put(uint8_t out[4], uint32_t c);
/* s without blanks, line ends and other control characters around it. */
struct ferry_bytes ferry_bytes_trim(struct ferry_bytes s);
/* Take the next line off rest, without its end, which the last one may lack;
 * false where nothing is left. */
bool ferry_bytes_line(struct ferry_bytes *rest, struct ferry_bytes *line);
/* Byte order, a shorter prefix first.  Returns <0, 0 or >0. */
int ferry_bytes_cmp(struct ferry_bytes a, struct ferry_bytes b);
/* FNV-1a of s, behind what gave hash; of nothing that is _START. */
#define FERRY_HASH_START UINT64_C(14695981039346656037)
uint64_t ferry_bytes_hash(uint64_t hash, struct ferry_bytes s);

/*
 * Append; the buffer is unchanged on failure.
 * Errors: FERRY_ENOMEM, FERRY_ELIMIT (size overflow).
 */
int ferry_buf_add(
    struct ferry_buf *buf, const void *p, size_t n, struct ferry_error *err);
int
ferry_buf_adds(struct ferry_buf *buf, const char *s, struct ferry_error *err);
int ferry_buf_addf(struct ferry_buf *buf, struct ferry_error *err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Make room for n more bytes behind buf->n. */
int ferry_buf_reserve(struct ferry_buf *buf, size_t n, struct ferry_error *err);
void ferry_buf_reset(struct ferry_buf *buf); /* empties, keeps the memory */
void ferry_buf_free(struct ferry_buf *buf); /* frees the bytes, not buf */

/* Errors: FERRY_ELIMIT when the result does not fit. */
int ferry_size_add(size_t a, size_t b, size_t *out, struct ferry_error *err);
int ferry_size_mul(size_t a, size_t b, size_t *out, struct ferry_error *err);

/*
 * Grow *array, which has room for *cap elements of size bytes, so that it
 * holds at least need.  *array may be NULL with *cap 0.
 */
int ferry_array_grow(void *array, size_t *cap, size_t need, size_t size,
    struct ferry_error *err);

/* Allocation that reports.  The string is copied and ends in NUL. */
int ferry_calloc(void *out, size_t count, size_t size, struct ferry_error *err);
int ferry_strdup(char **out, const char *s, struct ferry_error *err);
int ferry_strndup(char **out, struct ferry_bytes s, struct ferry_error *err);

/*
 * Decimal digits only: no sign, no blanks, nothing behind.
 * Errors: FERRY_EFORMAT; FERRY_ELIMIT when outside min..max.
 */
int ferry_parse_u64(struct ferry_bytes s, uint64_t min, uint64_t max,
    uint64_t *out, struct ferry_error *err);

/*
 * A size for people: digits and one of nothing, k, M, G, T (powers of 1000)
 * or Ki, Mi, Gi, Ti (powers of 1024).
 */
int ferry_parse_size(struct ferry_bytes s, uint64_t min, uint64_t max,
    uint64_t *out, struct ferry_error *err);

/* "812 B", "3.4 MB": decimal units.  Returns buf. */
#define FERRY_SIZE_TEXT 16
const char *ferry_size_text(uint64_t size, char buf[FERRY_SIZE_TEXT]);

/* "1 version", "3 versions": thing takes an s.  Returns buf. */
#define FERRY_COUNT_TEXT 64
const char *
ferry_count_text(uint64_t n, const char *thing, char buf[FERRY_COUNT_TEXT]);

/* Eight bytes, the most significant first. */
void ferry_put_be64(uint8_t p[8], uint64_t v);
uint64_t ferry_get_be64(const uint8_t p[8]);

/* What a hexadecimal digit of either case stands for, or -1. */
int ferry_hex_value(uint8_t c);

/*
 * Percent-decode src into buf (appended).  A '%' that is not followed by two
 * hexadecimal digits, or one that encodes NUL, is FERRY_EFORMAT.
 */
int ferry_url_decode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err);
/* Append src with all but unreserved characters (RFC 3986) encoded. */
int ferry_url_encode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err);

#endif
