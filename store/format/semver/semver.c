#include "store/format/semver/semver.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/semver/text.h"

int
ferry_semver_parse(struct ferry_semver *out, struct ferry_bytes text,
    enum ferry_semver_mode mode, struct ferry_error *err)
{
	struct ferry_bytes s = ferry_semver_trim(text);
	struct ferry_semver v;
	struct ferry_semver_partial partial;
	size_t n;

	if (text.n > FERRY_SEMVER_MAX)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a version has more than %d bytes", FERRY_SEMVER_MAX);
	if (mode == FERRY_SEMVER_STRICT) {
		if (s.n > 0 && *s.p == 'v')
			s = ferry_bytes_of(s.p + 1, s.n - 1);
	} else {
		while (
		    s.n > 0 && ((n = ferry_semver_blank(s.p, s.p + s.n)) > 0 ||
				   *s.p == 'v' || *s.p == '=')) {
			n = n == 0 ? 1 : n;
			s = ferry_bytes_of(s.p + n, s.n - n);
		}
	}
	if (!ferry_semver_partial_parse(&partial, s, mode) ||
	    !ferry_semver_number(&v.major, partial.part[0]) ||
	    !ferry_semver_number(&v.minor, partial.part[1]) ||
	    !ferry_semver_number(&v.patch, partial.part[2]))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not a version", (int)text.n,
		    (const char *)text.p);
	v.pre = partial.pre;
	*out = v;
	return 0;
}

/* The value of an all-digit identifier, as JavaScript reads it. */
static double
ident_value(struct ferry_bytes s)
{
	char text[FERRY_SEMVER_MAX + 1];

	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return strtod(text, NULL);
}

static int
cmp_ident(struct ferry_bytes a, struct ferry_bytes b)
{
	bool an = ferry_semver_all_digits(a), bn = ferry_semver_all_digits(b);

	if (an && bn) {
		/* Beyond 2^53 neighbours are equal, to npm's clients too. */
		double x = ident_value(a), y = ident_value(b);

		return (x > y) - (x < y);
	}
	if (an != bn)
		return an ? -1 : 1;
	return ferry_bytes_cmp(a, b);
}

/* The identifier that starts at *at; moves *at behind it and its dot. */
static struct ferry_bytes
next_ident(struct ferry_bytes pre, size_t *at)
{
	size_t start = *at, end = start;

	while (end < pre.n && pre.p[end] != '.')
		end++;
	*at = end < pre.n ? end + 1 : end;
	return ferry_bytes_of(pre.p + start, end - start);
}

static int
cmp_pre(struct ferry_bytes a, struct ferry_bytes b)
{
	size_t i = 0, j = 0;
	int c;

	if (a.n == 0 || b.n == 0)
		return (a.n == 0) - (b.n == 0);
	while (i < a.n && j < b.n) {
		struct ferry_bytes x = next_ident(a, &i);
		struct ferry_bytes y = next_ident(b, &j);

		if ((c = cmp_ident(x, y)) != 0)
			return c;
	}
	return (i < a.n) - (j < b.n);
}

int
ferry_semver_cmp(const struct ferry_semver *a, const struct ferry_semver *b)
{

	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	if (a->patch != b->patch)
		return a->patch < b->patch ? -1 : 1;
	return cmp_pre(a->pre, b->pre);
}
