#include "store/format/licence.h"

#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"

#define DEPTH_MAX 32

struct reader {
	const struct ferry_licences *licences;
	const char *at;
	struct ferry_bytes word; /* n = 0: the end */
	unsigned depth;
	bool wrong; /* it is no expression */
};

static bool
same(struct ferry_bytes a, const char *b)
{

	return a.n == strlen(b) && strncasecmp((const char *)a.p, b, a.n) == 0;
}

/* Without the '+' of "or later". */
static struct ferry_bytes
plain(struct ferry_bytes id)
{

	return ferry_bytes_of(
	    id.p, id.n > 1 && id.p[id.n - 1] == '+' ? id.n - 1 : id.n);
}

static bool
is_among(const char *const *list, size_t n, struct ferry_bytes id)
{

	for (size_t i = 0; i < n; i++)
		if (same(plain(id), list[i]) || same(id, list[i]))
			return true;
	return false;
}

/* Whether a word of text is denied: what is no expression ("MIT/GPL-3.0-only")
 * hides nothing. */
static bool
names_denied(const struct ferry_licences *l, struct ferry_bytes text)
{
	static const char between[] = " \t\r\n()[]{},;:/|&\"'";
	size_t start = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && strchr(between, text.p[i]) == NULL)
			continue;
		if (is_among(l->deny, l->deny_n,
			ferry_bytes_of(text.p + start, i - start)))
			return true;
		start = i + 1;
	}
	return false;
}

/* One licence; whole is it with its exception, or itself. */
static bool
permits(const struct ferry_licences *l, struct ferry_bytes id,
    struct ferry_bytes whole)
{

	if (is_among(l->deny, l->deny_n, id) ||
	    is_among(l->deny, l->deny_n, whole) || names_denied(l, whole))
		return false;
	return l->allow_n == 0 || is_among(l->allow, l->allow_n, id) ||
	       is_among(l->allow, l->allow_n, whole);
}

static void
next(struct reader *r)
{
	const char *end;

	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
	end = r->at;
	if (*end == '(' || *end == ')')
		end++;
	else
		while (*end != 0 && strchr(" \t()", *end) == NULL)
			end++;
	r->word = ferry_bytes_of(r->at, (size_t)(end - r->at));
	r->at = end;
}

static bool read_choice(struct reader *r);

static bool
is_operator(struct ferry_bytes word)
{

	return same(word, "AND") || same(word, "OR") || same(word, "WITH") ||
	       same(word, ")");
}

static bool
read_one(struct reader *r)
{
	struct ferry_bytes id = r->word, whole = id;
	bool permitted;

	if (r->word.n == 0 || is_operator(r->word) || r->wrong) {
		r->wrong = true;
		return false;
	}
	next(r);
	if (same(id, "(")) {
		permitted = read_choice(r);
		if (!same(r->word, ")"))
			r->wrong = true;
		next(r);
		return permitted;
	}
	if (same(r->word, "WITH")) {
		next(r);
		if (r->word.n == 0 || is_operator(r->word))
			r->wrong = true;
		whole.n = (size_t)(r->word.p + r->word.n - id.p);
		next(r);
	}
	return permits(r->licences, id, whole);
}

static bool
read_sum(struct reader *r)
{
	bool permitted = read_one(r);

	while (same(r->word, "AND")) {
		next(r);
		permitted = read_one(r) && permitted;
	}
	return permitted;
}

static bool
read_choice(struct reader *r)
{
	bool permitted;

	if (r->depth++ == DEPTH_MAX) {
		r->wrong = true;
		return false;
	}
	permitted = read_sum(r);
	while (same(r->word, "OR")) {
		next(r);
		permitted = read_sum(r) || permitted;
	}
	r->depth--;
	return permitted;
}

bool
ferry_licences_permit(const struct ferry_licences *licences, const char *text)
{
	struct reader r = { .licences = licences, .at = text };
	struct ferry_bytes whole;
	bool permitted;

	if (text == NULL || text[strspn(text, " \t")] == 0) {
		whole = ferry_bytes_str(FERRY_LICENCE_NONE);
		return permits(licences, whole, whole);
	}
	next(&r);
	permitted = read_choice(&r);
	if (!r.wrong && r.word.n == 0)
		return permitted;
	whole = ferry_bytes_str(text);
	return permits(licences, whole, whole);
}
