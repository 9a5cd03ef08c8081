#include "sync/upstream/oci/challenge.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"

struct reader {
	const uint8_t *p, *end;
};

static bool
is_token(uint8_t c)
{

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void
skip_bytes(struct reader *r, const char *set)
{

	while (r->p < r->end && *r->p != 0 && strchr(set, *r->p) != NULL)
		r->p++;
}

static struct ferry_bytes
take_token(struct reader *r)
{
	const uint8_t *start = r->p;

	while (r->p < r->end && is_token(*r->p))
		r->p++;
	return ferry_bytes_of(start, (size_t)(r->p - start));
}

static int
add_byte(char *to, size_t size, size_t *n, uint8_t c, struct ferry_error *err)
{

	if (c < 0x20 || c == 0x7f)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a parameter has control characters");
	if (to == NULL)
		return 0;
	if (*n + 1 >= size)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a parameter is too long");
	to[(*n)++] = (char)c;
	to[*n] = 0;
	return 0;
}

/* A quoted string, or a token in the wide sense that is seen in the wild:
 * whatever stands before a comma or blank.  to may be NULL. */
static int
take_value(struct reader *r, char *to, size_t size, struct ferry_error *err)
{
	size_t n = 0;

	if (to != NULL)
		to[0] = 0;
	if (r->p == r->end || *r->p != '"') {
		for (; r->p < r->end && strchr(", \t", *r->p) == NULL; r->p++)
			if (add_byte(to, size, &n, *r->p, err) == -1)
				return -1;
		return 0;
	}
	for (r->p++; r->p < r->end && *r->p != '"'; r->p++) {
		if (*r->p == '\\' && r->p + 1 < r->end)
			r->p++;
		if (add_byte(to, size, &n, *r->p, err) == -1)
			return -1;
	}
	if (r->p == r->end)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a quoted parameter has no end");
	r->p++;
	return 0;
}

static bool
is(struct ferry_bytes a, const char *s)
{

	return a.n == strlen(s) && strncasecmp((const char *)a.p, s, a.n) == 0;
}

static int
take_parameter(struct reader *r, struct ferry_bytes name,
    struct ferry_challenge *c, struct ferry_error *err)
{

	if (is(name, "realm"))
		return take_value(r, c->realm, sizeof(c->realm), err);
	if (is(name, "service"))
		return take_value(r, c->service, sizeof(c->service), err);
	if (is(name, "scope"))
		return take_value(r, c->scope, sizeof(c->scope), err);
	if (is(name, "error"))
		return take_value(r, c->error, sizeof(c->error), err);
	return take_value(r, NULL, 0, err);
}

/* "=" of a parameter, not the padding of a token68. */
static bool
take_equals(struct reader *r)
{
	struct reader at = *r;

	skip_bytes(&at, " \t");
	if (at.p == at.end || *at.p != '=')
		return false;
	at.p++;
	skip_bytes(&at, " \t");
	if (at.p == at.end || *at.p == '=' || *at.p == ',')
		return false;
	*r = at;
	return true;
}

static void
keep_better(struct ferry_challenge *out, const struct ferry_challenge *c)
{

	if (c->scheme > out->scheme)
		*out = *c;
}

int
ferry_challenge_parse(struct ferry_challenge *out, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct reader r = { value.p, value.p + value.n };
	struct ferry_challenge c = { .scheme = FERRY_CHALLENGE_NONE };
	struct ferry_bytes word;
	bool first = true;

	*out = c;
	for (;;) {
		skip_bytes(&r, ", \t");
		if (r.p == r.end)
			break;
		if ((word = take_token(&r)).n == 0)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "the challenge is not well-formed");
		if (!first && take_equals(&r)) {
			if (take_parameter(&r, word, &c, err) == -1)
				return -1;
			continue;
		}
		/* A scheme, or a token68 of one that we do not know. */
		keep_better(out, &c);
		memset(&c, 0, sizeof(c));
		first = false;
		if (is(word, "Bearer"))
			c.scheme = FERRY_CHALLENGE_BEARER;
		else if (is(word, "Basic"))
			c.scheme = FERRY_CHALLENGE_BASIC;
		skip_bytes(&r, "/=");
	}
	keep_better(out, &c);
	return 0;
}
