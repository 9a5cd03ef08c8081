#ifndef FERRY_STORE_BASE_JSON_SPAN_H
#define FERRY_STORE_BASE_JSON_SPAN_H

/*
 * Walking JSON without building a tree.
 *
 * A registry's document may have tens of megabytes, of which we need a few
 * members, and what we replay must keep the upstream's bytes (numbers beyond
 * 64 bits, member order, escapes).  A span is a value's place in the text.
 * ferry_span_check() proves once that a text is one well-formed JSON value
 * with bounded nesting; the walkers then rely on it.
 */

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_SPAN_DEPTH 256

/*
 * Check that text is exactly one JSON value (RFC 8259 grammar; bytes of
 * strings are not checked to be UTF-8) nested at most FERRY_SPAN_DEPTH deep,
 * and trim white space around it.
 * Errors: FERRY_EFORMAT with the line and the byte offset.
 */
int ferry_span_check(
    struct ferry_bytes text, struct ferry_bytes *out, struct ferry_error *err);

/* Of a checked text: what the value is. */
enum ferry_span_type {
	FERRY_SPAN_OBJECT,
	FERRY_SPAN_ARRAY,
	FERRY_SPAN_STRING,
	FERRY_SPAN_NUMBER,
	FERRY_SPAN_BOOL,
	FERRY_SPAN_NULL
};
enum ferry_span_type ferry_span_type(struct ferry_bytes value);
bool ferry_span_true(struct ferry_bytes value);

/*
 * Iterate over an object's members or an array's elements.  For anything
 * else there are none.
 *
 *	struct ferry_span_iter it;
 *	ferry_span_iter(&it, value);
 *	while (ferry_span_next(&it)) ... it.name (raw, between the quotes; empty
 *	    in arrays), it.value, it.whole (name, colon and value)
 */
struct ferry_span_iter {
	struct ferry_bytes name;
	struct ferry_bytes value;
	struct ferry_bytes whole;
	const uint8_t *p; /* private */
	const uint8_t *end;
	bool object;
};
void ferry_span_iter(struct ferry_span_iter *it, struct ferry_bytes value);
bool ferry_span_next(struct ferry_span_iter *it);

/*
 * Find a member by its decoded name; the last of duplicates wins, as in
 * JavaScript.  Returns whether there is one.
 */
bool ferry_span_get(
    struct ferry_bytes object, const char *name, struct ferry_bytes *out);

/* Whether the raw text between quotes says s. */
bool ferry_span_is(struct ferry_bytes raw, struct ferry_bytes s);

/*
 * Decode a string value, or the raw text between quotes, into buf (appended),
 * as UTF-8.  Lone surrogates become U+FFFD.  Errors: FERRY_EFORMAT (value is
 * not a string, or holds NUL).
 */
int ferry_span_string(
    struct ferry_buf *buf, struct ferry_bytes value, struct ferry_error *err);
int ferry_span_unescape(
    struct ferry_buf *buf, struct ferry_bytes raw, struct ferry_error *err);
/* Append s as a JSON string with quotes. */
int ferry_span_quote(
    struct ferry_buf *buf, struct ferry_bytes s, struct ferry_error *err);

#endif
