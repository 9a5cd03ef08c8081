#include "store/format/rubygems/marshal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

/* Writing */

void
ferry_marshal_begin(struct ferry_marshal *m, struct ferry_buf *buf)
{

	*m = (struct ferry_marshal){ .symbols_n = 0 };
	ferry_out_begin(&m->out, buf);
	ferry_out_bytes(&m->out, ferry_bytes_of("\x04\x08", 2));
}

int
ferry_marshal_end(struct ferry_marshal *m, struct ferry_error *err)
{

	return ferry_out_end(&m->out, err);
}

void
ferry_marshal_byte(struct ferry_marshal *m, char c)
{

	ferry_out_bytes(&m->out, ferry_bytes_of(&c, 1));
}

void
ferry_marshal_size(struct ferry_marshal *m, size_t n)
{
	uint8_t b[9];
	size_t used = 0;

	if (n <= 122) {
		b[0] = n == 0 ? 0 : (uint8_t)(n + 5);
		ferry_out_bytes(&m->out, ferry_bytes_of(b, 1));
		return;
	}
	assert(n < 1U << 30);
	for (; n > 0; n >>= 8)
		b[++used] = (uint8_t)(n & 0xff);
	b[0] = (uint8_t)used;
	ferry_out_bytes(&m->out, ferry_bytes_of(b, used + 1));
}

void
ferry_marshal_array(struct ferry_marshal *m, size_t n)
{

	ferry_marshal_byte(m, '[');
	ferry_marshal_size(m, n);
}

void
ferry_marshal_int(struct ferry_marshal *m, unsigned n)
{

	ferry_marshal_byte(m, 'i');
	ferry_marshal_size(m, n);
}

void
ferry_marshal_symbol(struct ferry_marshal *m, const char *name)
{

	for (size_t i = 0; i < m->symbols_n; i++)
		if (strcmp(m->symbols[i], name) == 0) {
			ferry_marshal_byte(m, ';');
			ferry_marshal_size(m, i);
			return;
		}
	assert(m->symbols_n < FERRY_MARSHAL_SYMBOLS);
	m->symbols[m->symbols_n++] = name;
	ferry_marshal_byte(m, ':');
	ferry_marshal_size(m, strlen(name));
	ferry_out_str(&m->out, name);
}

void
ferry_marshal_string(struct ferry_marshal *m, struct ferry_bytes s)
{

	ferry_out_bytes(&m->out, ferry_bytes_of("I\"", 2));
	ferry_marshal_size(m, s.n);
	ferry_out_bytes(&m->out, s);
	ferry_marshal_size(m, 1);
	ferry_marshal_symbol(m, "E");
	ferry_marshal_byte(m, 'T');
}

void
ferry_marshal_nil_or_string(struct ferry_marshal *m, struct ferry_bytes s)
{

	if (s.n == 0)
		ferry_marshal_byte(m, '0');
	else
		ferry_marshal_string(m, s);
}

void
ferry_marshal_version(struct ferry_marshal *m, struct ferry_bytes number)
{

	ferry_marshal_byte(m, 'U');
	ferry_marshal_symbol(m, "Gem::Version");
	ferry_marshal_array(m, 1);
	ferry_marshal_string(m, number);
}

void
ferry_marshal_entry(struct ferry_marshal *m, struct ferry_bytes name,
    struct ferry_bytes number, struct ferry_bytes platform)
{

	ferry_marshal_array(m, 3);
	ferry_marshal_string(m, name);
	ferry_marshal_version(m, number);
	ferry_marshal_string(m, platform);
}

/* Reading */

/*
 * objects[i] is where the i-th object starts, as links count them; what is read
 * because of a link is not counted again (known).
 */
struct reader {
	struct ferry_bytes text;
	size_t at;
	uint32_t *objects;
	size_t n, cap;
	bool known;
	struct ferry_error *err;
};

static int
bad(const struct reader *r, const char *what)
{

	ferry_error_set(r->err, FERRY_EFORMAT,
	    "the Marshal index has %s at byte %zu", what, r->at);
	return -1;
}

static int
read_byte(struct reader *r, uint8_t *out)
{

	if (r->at == r->text.n)
		return bad(r, "its end too early");
	*out = r->text.p[r->at++];
	return 0;
}

/* A number that is not negative, and at most max. */
static int
read_size(struct reader *r, size_t max, size_t *out)
{
	uint8_t c, b;

	*out = 0;
	if (read_byte(r, &c) == -1)
		return -1;
	if (c >= 6 && c <= 127) {
		*out = c - 5U;
	} else if (c >= 1 && c <= 4) {
		for (unsigned i = 0; i < c; i++) {
			if (read_byte(r, &b) == -1)
				return -1;
			*out |= (size_t)b << (8 * i);
		}
	} else if (c != 0) {
		return bad(r, "a negative number");
	}
	return *out > max ? bad(r, "a number that is too large") : 0;
}

static int
count_object(struct reader *r, size_t at)
{

	if (r->known)
		return 0;
	if (ferry_array_grow(&r->objects, &r->cap, r->n + 1,
		sizeof(*r->objects), r->err) == -1)
		return -1;
	r->objects[r->n++] = (uint32_t)at;
	return 0;
}

static int
skip_symbol(struct reader *r)
{
	uint8_t c;
	size_t n;

	if (read_byte(r, &c) == -1)
		return -1;
	if (c == ';')
		return read_size(r, SIZE_MAX, &n);
	if (c != ':')
		return bad(r, "no symbol");
	if (read_size(r, r->text.n - r->at, &n) == -1)
		return -1;
	if (n > r->text.n - r->at)
		return bad(r, "a symbol beyond its end");
	r->at += n;
	return 0;
}

/* Behind '"': a length and bytes. */
static int
read_raw(struct reader *r, struct ferry_bytes *out)
{
	size_t n;

	if (read_size(r, r->text.n, &n) == -1)
		return -1;
	if (n > r->text.n - r->at)
		return bad(r, "a string beyond its end");
	*out = ferry_bytes_of(r->text.p + r->at, n);
	r->at += n;
	return 0;
}

/* Behind the bytes of a string with 'I': its encoding. */
static int
skip_variables(struct reader *r)
{
	struct ferry_bytes name;
	size_t n;
	uint8_t c;

	if (read_size(r, 2, &n) == -1)
		return -1;
	for (; n > 0; n--) {
		if (skip_symbol(r) == -1 || read_byte(r, &c) == -1)
			return -1;
		if (c == '"') {
			if (count_object(r, r->at - 1) == -1 ||
			    read_raw(r, &name) == -1)
				return -1;
		} else if (c != 'T' && c != 'F') {
			return bad(r, "an unknown variable of a string");
		}
	}
	return 0;
}

/* Where the object is that a link behind '@' means. */
static int
read_link(struct reader *r, size_t *to)
{
	size_t i;

	if (read_size(r, SIZE_MAX, &i) == -1)
		return -1;
	if (i >= r->n)
		return bad(r, "a link to nothing");
	*to = r->objects[i];
	return 0;
}

typedef int read_fn(struct reader *r, struct ferry_bytes *out);

/* Read what a link means, and go on behind the link. */
static int
read_linked(struct reader *r, read_fn *read, struct ferry_bytes *out)
{
	bool known = r->known;
	size_t to, back;
	int rc;

	if (read_link(r, &to) == -1)
		return -1;
	/* A link is no object: nothing goes round in circles. */
	if (r->text.p[to] == '@')
		return bad(r, "a link to a link");
	back = r->at;
	r->at = to;
	r->known = true;
	rc = read(r, out);
	r->known = known;
	r->at = back;
	return rc;
}

static int
read_string(struct reader *r, struct ferry_bytes *out)
{
	size_t at = r->at;
	uint8_t c, with;

	if (read_byte(r, &c) == -1)
		return -1;
	if (c == '@')
		return read_linked(r, read_string, out);
	with = c;
	if (c == 'I' && read_byte(r, &c) == -1)
		return -1;
	if (c != '"')
		return bad(r, "no string");
	if (count_object(r, at) == -1 || read_raw(r, out) == -1)
		return -1;
	return with == 'I' ? skip_variables(r) : 0;
}

static int
read_version(struct reader *r, struct ferry_bytes *out)
{
	size_t at = r->at, n;
	uint8_t c;

	if (read_byte(r, &c) == -1)
		return -1;
	if (c == '@')
		return read_linked(r, read_version, out);
	if (c != 'U')
		return bad(r, "no version");
	if (count_object(r, at) == -1 || skip_symbol(r) == -1 ||
	    count_object(r, r->at) == -1 || read_byte(r, &c) == -1)
		return -1;
	if (c != '[' || read_size(r, 1, &n) == -1 || n != 1)
		return bad(r, "no version");
	return read_string(r, out);
}

/* nil is a platform that nobody named. */
static int
read_platform(struct reader *r, struct ferry_bytes *out)
{

	if (r->at < r->text.n && r->text.p[r->at] == '0') {
		r->at++;
		*out = ferry_bytes_str("ruby");
		return 0;
	}
	return read_string(r, out);
}

static int
read_entry(struct reader *r, struct ferry_marshal_entry *out)
{
	size_t at = r->at, n;
	uint8_t c;

	if (read_byte(r, &c) == -1)
		return -1;
	if (c != '[' || read_size(r, 3, &n) == -1 || n != 3)
		return bad(r, "no element of three parts");
	if (count_object(r, at) == -1 || read_string(r, &out->name) == -1 ||
	    read_version(r, &out->number) == -1 ||
	    read_platform(r, &out->platform) == -1)
		return -1;
	if (out->platform.n == 0)
		out->platform = ferry_bytes_str("ruby");
	return 0;
}

int
ferry_marshal_index_read(struct ferry_bytes text,
    ferry_marshal_on_entry *on_entry, void *ctx, struct ferry_error *err)
{
	struct reader r = { .text = text, .err = err };
	struct ferry_marshal_entry entry;
	int rc = -1;
	size_t n;

	if (text.n > UINT32_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "the Marshal index is too long");
	if (!ferry_bytes_starts(text, "\x04\x08["))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this is not a Marshal index of gems");
	r.at = 3;
	/* An element has at least 20 bytes. */
	if (count_object(&r, 2) == -1 || read_size(&r, text.n, &n) == -1)
		goto out;
	for (; n > 0; n--)
		if (read_entry(&r, &entry) == -1 ||
		    on_entry(ctx, &entry, err) == -1)
			goto out;
	rc = r.at == text.n ? 0 : bad(&r, "more than it says");
out:
	free(r.objects);
	return rc;
}
