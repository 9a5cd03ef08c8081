#include "store/format/rubygems/version.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

/* Grammar */

static bool
is_digit(uint8_t c)
{

	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_blank(uint8_t c)
{

	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct ferry_bytes
trim(struct ferry_bytes s)
{

	while (s.n > 0 && is_blank(*s.p))
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* [0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)? */
static bool
is_number(struct ferry_bytes s)
{
	bool dashes = false, begun = false;
	size_t i = 0;

	while (i < s.n && is_digit(s.p[i]))
		i++;
	if (i == 0)
		return false;
	for (begun = true; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (is_digit(c) || is_letter(c)) {
			/* Letters only behind the first separator. */
			if (!dashes && is_letter(c) &&
			    memchr(s.p, '.', i) == NULL)
				return false;
			begun = true;
		} else if (c == '.' && begun) {
			begun = false;
		} else if (c == '-' && (begun || dashes)) {
			/* The first is a separator, further ones are not. */
			begun = dashes;
			dashes = true;
		} else {
			return false;
		}
	}
	return begun;
}

/* The runs of a number that is well-formed. */
static void
cut(struct ferry_gem_number *out, struct ferry_bytes s)
{
	bool letters = false;

	out->n = out->release = 0;
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		if (s.p[i] == '.') {
			i++;
			continue;
		}
		if (s.p[i] == '-') {
			out->run[out->n++] = ferry_bytes_str("pre");
			letters = true;
			i++;
			continue;
		}
		if (is_digit(s.p[i])) {
			while (i < s.n && is_digit(s.p[i]))
				i++;
		} else {
			letters = true;
			while (i < s.n && is_letter(s.p[i]))
				i++;
		}
		out->run[out->n++] = ferry_bytes_of(s.p + from, i - from);
		if (!letters)
			out->release = out->n;
	}
}

int
ferry_gem_number_parse(struct ferry_gem_number *out, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_bytes s = trim(text);

	if (s.n == 0)
		s = ferry_bytes_str("0");
	if (s.n > FERRY_GEM_NUMBER_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a version has more than %d bytes", FERRY_GEM_NUMBER_MAX);
	if (!is_number(s))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not the version of a gem", (int)s.n,
		    (const char *)s.p);
	cut(out, s);
	return 0;
}

bool
ferry_gem_number_prerelease(const struct ferry_gem_number *number)
{

	return number->n > number->release;
}

/* Order */

static struct ferry_bytes
without_zeros(struct ferry_bytes s)
{

	while (s.n > 1 && *s.p == '0')
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	return s;
}

static bool
is_zero(struct ferry_bytes run)
{

	return ferry_bytes_is(without_zeros(run), "0");
}

static int
compare_runs(struct ferry_bytes a, struct ferry_bytes b)
{
	bool x = is_digit(*a.p), y = is_digit(*b.p);

	if (x != y)
		return x ? 1 : -1;
	if (!x)
		return ferry_bytes_cmp(a, b);
	a = without_zeros(a);
	b = without_zeros(b);
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : ferry_bytes_cmp(a, b);
}

/* How many of n runs count: zeros at their end do not. */
static size_t
counted(const struct ferry_bytes *run, size_t n)
{

	while (n > 0 && is_zero(run[n - 1]))
		n--;
	return n;
}

/* Run i of those that count, before the first letter and behind it; beyond the
 * last a 0. */
static struct ferry_bytes
canonical_run(const struct ferry_gem_number *v, size_t numeric, size_t i)
{

	if (i < numeric)
		return v->run[i];
	i = i - numeric + v->release;
	return i < v->n ? v->run[i] : ferry_bytes_str("0");
}

int
ferry_gem_number_cmp(
    const struct ferry_gem_number *a, const struct ferry_gem_number *b)
{
	size_t an = counted(a->run, a->release),
	       bn = counted(b->run, b->release);
	size_t n = a->n > b->n ? a->n : b->n;

	for (size_t i = 0; i < n; i++) {
		int c = compare_runs(
		    canonical_run(a, an, i), canonical_run(b, bn, i));

		if (c != 0)
			return c;
	}
	return 0;
}

/* Requirements */

enum relation { EQUAL, NOT_EQUAL, ABOVE, BELOW, AT_LEAST, AT_MOST, ABOUT };
static const struct {
	const char *text;
	enum relation relation;
} relations[] = { /* longer ones first */
	{ "!=", NOT_EQUAL }, { ">=", AT_LEAST }, { "<=", AT_MOST },
	{ "~>", ABOUT }, { "=", EQUAL }, { ">", ABOVE }, { "<", BELOW }
};

struct ferry_gem_requirement {
	size_t n;
	struct term {
		enum relation relation;
		struct ferry_gem_number number;
	} * terms;
	char *text; /* that the numbers are views of */
};

/* What comes before the next ',' or '&'. */
static struct ferry_bytes
take_term(struct ferry_bytes *rest)
{
	struct ferry_bytes term = *rest;
	size_t i = 0;

	while (i < rest->n && rest->p[i] != ',' && rest->p[i] != '&')
		i++;
	term.n = i;
	if (i < rest->n)
		i++;
	*rest = ferry_bytes_of(rest->p + i, rest->n - i);
	return term;
}

static int
read_term(struct term *term, struct ferry_bytes text, struct ferry_error *err)
{

	term->relation = EQUAL;
	text = trim(text);
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (ferry_bytes_starts(text, relations[i].text)) {
			size_t n = strlen(relations[i].text);

			term->relation = relations[i].relation;
			text = ferry_bytes_of(text.p + n, text.n - n);
			break;
		}
	if (trim(text).n == 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a requirement has a term without a version");
	return ferry_gem_number_parse(&term->number, text, err);
}

int
ferry_gem_requirement_new(struct ferry_gem_requirement **out,
    struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_gem_requirement *r = NULL;
	struct ferry_bytes rest;
	size_t n = 1;

	if (trim(text).n == 0)
		text = ferry_bytes_str(">= 0");
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',' || text.p[i] == '&';
	if (n > FERRY_GEM_TERMS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a requirement has more than %d terms",
		    FERRY_GEM_TERMS_MAX);
	if (ferry_calloc(&r, 1, sizeof(*r), err) == -1 ||
	    ferry_calloc(&r->terms, n, sizeof(*r->terms), err) == -1 ||
	    ferry_strndup(&r->text, text, err) == -1)
		goto fail;
	rest = ferry_bytes_of(r->text, text.n);
	for (r->n = 0; r->n < n; r->n++)
		if (read_term(&r->terms[r->n], take_term(&rest), err) == -1)
			goto fail;
	*out = r;
	return 0;
fail:
	ferry_gem_requirement_free(r);
	return -1;
}

void
ferry_gem_requirement_free(struct ferry_gem_requirement *r)
{

	if (r == NULL)
		return;
	free(r->terms);
	free(r->text);
	free(r);
}

/* Whether v, without its letters, is below what follows r's last number but
 * one: "~> 2.2" ends before 3, "~> 2" before 3, too. */
static bool
below_next(const struct ferry_gem_number *v, const struct ferry_gem_number *r)
{
	size_t last = r->release > 1 ? r->release - 2 : 0;

	for (size_t i = 0; i <= last; i++) {
		int c = compare_runs(
		    i < v->release ? v->run[i] : ferry_bytes_str("0"),
		    r->run[i]);

		if (c != 0)
			return c < 0;
	}
	return true;
}

static bool
term_has(const struct term *term, const struct ferry_gem_number *number)
{
	int c = ferry_gem_number_cmp(number, &term->number);

	switch (term->relation) {
	case EQUAL:
		return c == 0;
	case NOT_EQUAL:
		return c != 0;
	case ABOVE:
		return c > 0;
	case BELOW:
		return c < 0;
	case AT_LEAST:
		return c >= 0;
	case AT_MOST:
		return c <= 0;
	case ABOUT:
		break;
	}
	return c >= 0 && below_next(number, &term->number);
}

bool
ferry_gem_requirement_has(const struct ferry_gem_requirement *r,
    const struct ferry_gem_number *number)
{

	for (size_t i = 0; i < r->n; i++)
		if (!term_has(&r->terms[i], number))
			return false;
	return true;
}

bool
ferry_gem_requirement_prerelease(const struct ferry_gem_requirement *r)
{

	for (size_t i = 0; i < r->n; i++)
		if (ferry_gem_number_prerelease(&r->terms[i].number))
			return true;
	return false;
}
