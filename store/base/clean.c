#include "store/base/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Whether a terminal may show it.  Source: Unicode 15, 23.1 and 23.2; UAX #9,
 * table 4 (explicit directional formatting). */
static bool
is_shown(uint32_t c)
{

	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x061c &&
	       c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069);
}

/*
 * The character at p: its length, and *shown.  Returns 0 if it goes on behind
 * the n bytes that there are; a byte that is no UTF-8 is one that is not shown.
 * Source: RFC 3629, 4.
 */
static size_t
next_character(const uint8_t *p, size_t n, bool *shown)
{
	size_t length = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = length == 1 ? *p : *p & (0x7fU >> length);

	*shown = false;
	if ((*p >= 0x80 && *p < 0xc2) || *p > 0xf4)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if (i == n)
			return 0;
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((length == 3 && c < 0x800) || (length == 4 && c < 0x10000) ||
	    c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*shown = is_shown(c);
	return length;
}

char *
ferry_clean(char *text)
{
	const uint8_t *from = (const uint8_t *)text;
	size_t left = strlen(text);
	char *to = text;

	while (left > 0) {
		bool shown;
		size_t n = next_character(from, left, &shown);

		if (n == 0)
			n = left;
		if (shown)
			memmove(to, from, n);
		else
			*to = '?';
		to += shown ? n : 1;
		from += n;
		left -= n;
	}
	*to = 0;
	return text;
}

struct stream {
	FILE *to;
	uint8_t kept[4]; /* a character that is not whole yet */
	size_t kept_n;
};

/* Write what is at p as far as it is whole; returns how much that was. */
static size_t
pass_on(struct stream *s, const uint8_t *p, size_t n)
{
	size_t done = 0, length;
	bool shown;

	while (done < n &&
	       (length = next_character(p + done, n - done, &shown)) > 0) {
		if (shown || p[done] == '\n' || p[done] == '\t')
			(void)fwrite(p + done, 1, length, s->to);
		else
			(void)fputc('?', s->to);
		done += length;
	}
	return done;
}

static ssize_t
on_write(void *cookie, const char *text, size_t n)
{
	struct stream *s = cookie;
	const uint8_t *p = (const uint8_t *)text;
	size_t left = n, done;

	while (s->kept_n > 0 && left > 0) {
		s->kept[s->kept_n++] = *p++;
		left--;
		done = pass_on(s, s->kept, s->kept_n);
		s->kept_n -= done;
		memmove(s->kept, s->kept + done, s->kept_n);
	}
	done = pass_on(s, p, left);
	s->kept_n += left - done;
	if (left > done)
		memcpy(s->kept, p + done, left - done);
	return fflush(s->to) == EOF ? 0 : (ssize_t)n;
}

static int
on_close(void *cookie)
{
	struct stream *s = cookie;
	int rc = fflush(s->to);

	free(s);
	return rc;
}

FILE *
ferry_clean_stream(FILE *to)
{
	const cookie_io_functions_t functions = { .write = on_write,
		.close = on_close };
	struct stream *s = calloc(1, sizeof(*s));
	FILE *f = s == NULL ? NULL : fopencookie(s, "w", functions);

	if (f == NULL)
		free(s);
	else if (s != NULL)
		s->to = to;
	return f;
}
