#include "store/format/nuget/name.h"

#include <string.h>

#include "store/base/error.h"

/* Take one character off s: its code point, or -1 where that is no UTF-8 of at
 * most three bytes (letters beyond are in no id that is known). */
static int32_t
next_char(struct ferry_bytes *s)
{
	uint8_t c = s->p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : 3;
	int32_t code;

	if ((c >= 0x80 && c < 0xc2) || c >= 0xf0 || s->n < n)
		return -1;
	code = n == 1 ? c : c & (n == 2 ? 0x1f : 0x0f);
	for (size_t i = 1; i < n; i++) {
		if ((s->p[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (s->p[i] & 0x3f);
	}
	*s = ferry_bytes_of(s->p + n, s->n - n);
	return n == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))
	           ? -1
	           : code;
}

/* Letters, digits and '_'.  Beyond ASCII: whatever is neither a control, a
 * blank, nor punctuation of the blocks where those are. */
static bool
is_word(int32_t c)
{

	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		       (c >= 'A' && c <= 'Z') || c == '_';
	return c >= 0xc0 && c != 0xd7 && c != 0xf7 &&
	       !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3005) &&
	       !(c >= 0xe000 && c < 0xf900) && c < 0xfe00;
}

bool
ferry_nuget_id_valid(struct ferry_bytes id)
{
	bool word = false; /* the last character was one of a word */
	size_t n = 0;

	while (id.n > 0) {
		int32_t c = next_char(&id);

		if (++n > FERRY_NUGET_ID_MAX || c == -1)
			return false;
		if (c == '.' || c == '-') {
			if (!word)
				return false;
			word = false;
		} else if (is_word(c)) {
			word = true;
		} else {
			return false;
		}
	}
	return word;
}

static int32_t
lower(int32_t c)
{

	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3ab && c != 0x3a2) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	/* Pairs: the capital is the even one, or the odd one. */
	if ((c >= 0x100 && c <= 0x137 && c != 0x130) ||
	    (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
	    (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c == 0x178 ? 0xff : c;
}

int
ferry_nuget_lower(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err)
{
	uint8_t bytes[4];

	while (text.n > 0) {
		struct ferry_bytes rest = text;
		int32_t c = next_char(&rest);

		if (c == -1) {
			/* Not ours to judge: as it is. */
			if (ferry_buf_add(out, text.p, 1, err) == -1)
				return -1;
			text = ferry_bytes_of(text.p + 1, text.n - 1);
			continue;
		}
		if (ferry_buf_add(out, bytes,
			ferry_utf8_put(bytes, (uint32_t)lower(c)), err) == -1)
			return -1;
		text = rest;
	}
	return 0;
}

/* Owners */

static size_t
slash(struct ferry_bytes name)
{
	const uint8_t *at = name.n == 0 ? NULL : memchr(name.p, '/', name.n);

	return at == NULL ? name.n : (size_t)(at - name.p);
}

struct ferry_bytes
ferry_nuget_name_owner(struct ferry_bytes name)
{
	size_t n = slash(name);

	return ferry_bytes_of(name.p, n == name.n ? 0 : n);
}

struct ferry_bytes
ferry_nuget_name_id(struct ferry_bytes name)
{
	size_t n = slash(name);

	return n == name.n ? name
	                   : ferry_bytes_of(name.p + n + 1, name.n - n - 1);
}

/* GitHub's owners: letters, digits and dashes; "_" in those of enterprises. */
static bool
is_owner(struct ferry_bytes owner)
{

	for (size_t i = 0; i < owner.n; i++) {
		uint8_t c = owner.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			c == '-' || c == '_' || (c == '.' && i > 0)))
			return false;
	}
	return owner.n > 0 && owner.n <= 100;
}

bool
ferry_nuget_name_valid(struct ferry_bytes name)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;
	bool valid;

	valid =
	    ferry_nuget_id_valid(ferry_nuget_name_id(name)) &&
	    (slash(name) == name.n || is_owner(ferry_nuget_name_owner(name))) &&
	    ferry_nuget_lower(&key, name, &ignored) == 0 &&
	    ferry_bytes_equal(ferry_bytes_buf(&key), name);
	ferry_buf_free(&key);
	return valid;
}

int
ferry_nuget_name_key(
    struct ferry_buf *out, struct ferry_bytes name, struct ferry_error *err)
{

	return ferry_nuget_lower(out, name, err);
}

int
ferry_nuget_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err)
{

	if (ferry_nuget_lower(out, ferry_bytes_str(owner), err) == -1 ||
	    ferry_buf_adds(out, "/", err) == -1)
		return -1;
	return ferry_nuget_lower(out, ferry_bytes_str(name), err);
}

int
ferry_nuget_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err)
{

	if (ferry_nuget_lower(out, ferry_bytes_str(owner), err) == -1)
		return -1;
	return ferry_buf_adds(out, "/*", err);
}
