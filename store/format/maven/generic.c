/* GenericVersion: a version as a list of items, and zeros that do not count. */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/version.h"
#include "store/format/maven/words.h"

/* In the order of items at the same place. */
enum kind { MIN, QUALIFIER, STRING, NUMBER, MAX };
struct item {
	enum kind kind;
	int value; /* QUALIFIER: 0 for a release */
	struct ferry_bytes text;
};
struct version {
	struct item items[FERRY_MAVEN_VERSION_MAX + 1];
	size_t n;
};

static bool
is_number(const struct item *item)
{

	return item->kind != QUALIFIER && item->kind != STRING;
}

static struct item
make_item(struct ferry_bytes token, bool number, bool last, bool digit)
{
	struct item item = { .text = token };
	int rank;

	if (number) {
		item.kind = NUMBER;
		item.text = ferry_maven_digits(token);
		return item;
	}
	if (last && ferry_maven_is_word(token, "min")) {
		item.kind = MIN;
	} else if (last && ferry_maven_is_word(token, "max")) {
		item.kind = MAX;
	} else if ((rank = ferry_maven_word(token, digit)) ==
		   FERRY_MAVEN_OTHER) {
		item.kind = STRING;
	} else {
		item.kind = QUALIFIER;
		item.value = rank - FERRY_MAVEN_RELEASE;
	}
	return item;
}

/* Take a token: up to a separator, or where digits begin or end. */
static bool
next_item(struct ferry_bytes s, size_t *at, struct item *out)
{
	size_t start = *at, end;
	bool number = false, digit = false;

	if (start >= s.n)
		return false;
	for (end = start; end < s.n; end++) {
		uint8_t c = s.p[end];
		bool is_digit = c >= '0' && c <= '9';

		if (c == '.' || c == '-' || c == '_')
			break;
		if (end == start)
			number = is_digit;
		else if (number != is_digit) {
			digit = is_digit;
			break;
		}
	}
	*at = end;
	if (end < s.n &&
	    (s.p[end] == '.' || s.p[end] == '-' || s.p[end] == '_'))
		(*at)++;
	*out = make_item(ferry_bytes_of(s.p + start, end - start),
	    number || end == start, *at >= s.n, digit);
	return true;
}

/* An item beside nothing. */
static int
compare_null(const struct item *item)
{

	switch (item->kind) {
	case MIN:
		return -1;
	case QUALIFIER:
		return item->value;
	case NUMBER:
		return item->text.n == 0 ? 0 : 1;
	case STRING:
	case MAX:
		break;
	}
	return 1;
}

/* Drop what is zero at the end, and at the end of each run of numbers or
 * words. */
static void
trim(struct version *v)
{
	size_t end = v->n == 0 ? 0 : v->n - 1;
	int number = -1;

	for (size_t i = end; i > 0; i--) {
		const struct item *item = &v->items[i];
		int kind = is_number(item);

		if (kind != number) {
			end = i;
			number = kind;
		}
		if (end == i &&
		    (i == v->n - 1 || is_number(&v->items[i - 1]) == kind) &&
		    compare_null(item) == 0) {
			memmove(&v->items[i], &v->items[i + 1],
			    (v->n - i - 1) * sizeof(*item));
			v->n--;
			end--;
		}
	}
}

static void
parse(struct version *v, struct ferry_bytes s)
{
	size_t at = 0;

	v->n = 0;
	while (v->n <= FERRY_MAVEN_VERSION_MAX &&
	       next_item(s, &at, &v->items[v->n]))
		v->n++;
	trim(v);
}

static int
compare_items(const struct item *a, const struct item *b)
{

	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	switch (a->kind) {
	case QUALIFIER:
		return a->value - b->value;
	case NUMBER:
		return ferry_maven_digits_cmp(a->text, b->text);
	case STRING:
		return ferry_maven_text_cmp(a->text, b->text);
	case MIN:
	case MAX:
		break;
	}
	return 0;
}

/* What is left of v beside nothing; of number -1, all of it, else the run. */
static int
compare_rest(const struct version *v, size_t from, int number)
{
	int c = 0;

	for (size_t i = from; i < v->n && c == 0; i++) {
		if (number != -1 && number != is_number(&v->items[i]))
			break;
		c = compare_null(&v->items[i]);
	}
	return c;
}

int
ferry_maven_generic_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	struct version v, w;
	int number = 1, c;

	if (a.n > FERRY_MAVEN_VERSION_MAX || b.n > FERRY_MAVEN_VERSION_MAX)
		return ferry_bytes_cmp(a, b);
	parse(&v, a);
	parse(&w, b);
	for (size_t i = 0;; i++) {
		if (i >= v.n || i >= w.n)
			return i < v.n   ? compare_rest(&v, i, -1)
			       : i < w.n ? -compare_rest(&w, i, -1)
			                 : 0;
		if (is_number(&v.items[i]) != is_number(&w.items[i]))
			return number == is_number(&v.items[i])
			           ? compare_rest(&v, i, number)
			           : -compare_rest(&w, i, number);
		if ((c = compare_items(&v.items[i], &w.items[i])) != 0)
			return c;
		number = is_number(&v.items[i]);
	}
}

/* Ranges */

#define BOUNDS_MAX 32
struct bound {
	struct ferry_bytes version; /* n == 0: none */
	bool inclusive;
};
struct ferry_maven_range {
	char *text; /* owned; bounds are views of it */
	struct {
		struct bound low, high;
	} parts[BOUNDS_MAX];
	size_t n;
};

static int
bad_range(struct ferry_bytes text, struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.*s' is not a range of versions",
	    (int)(text.n < 80 ? text.n : 80), (const char *)text.p);
}

/* "[1.0,2.0)" without its brackets. */
static int
read_part(struct ferry_maven_range *range, struct ferry_bytes inner,
    bool low_in, bool high_in, struct ferry_error *err)
{
	const uint8_t *comma =
	    inner.n == 0 ? NULL : memchr(inner.p, ',', inner.n);
	struct bound low = { .inclusive = low_in },
		     high = { .inclusive = high_in };

	if (comma == NULL) {
		low.version = high.version = ferry_bytes_trim(inner);
		if (low.version.n == 0 || !low_in || !high_in)
			return bad_range(inner, err);
	} else {
		size_t at = (size_t)(comma - inner.p);

		low.version = ferry_bytes_trim(ferry_bytes_of(inner.p, at));
		high.version = ferry_bytes_trim(
		    ferry_bytes_of(comma + 1, inner.n - at - 1));
		if (high.version.n > 0 &&
		    memchr(high.version.p, ',', high.version.n) != NULL)
			return bad_range(inner, err);
	}
	if (range->n == BOUNDS_MAX)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a range of more than %d parts", BOUNDS_MAX);
	range->parts[range->n].low = low;
	range->parts[range->n].high = high;
	range->n++;
	return 0;
}

static int
read_parts(struct ferry_maven_range *range, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_bytes rest = ferry_bytes_trim(text);

	while (rest.n > 0) {
		size_t end = 0;

		if (*rest.p != '[' && *rest.p != '(')
			return bad_range(text, err);
		while (end < rest.n && rest.p[end] != ']' && rest.p[end] != ')')
			end++;
		if (end == rest.n ||
		    read_part(range, ferry_bytes_of(rest.p + 1, end - 1),
			*rest.p == '[', rest.p[end] == ']', err) == -1)
			return bad_range(text, err);
		rest = ferry_bytes_trim(
		    ferry_bytes_of(rest.p + end + 1, rest.n - end - 1));
		if (rest.n > 0 && *rest.p == ',')
			rest = ferry_bytes_trim(
			    ferry_bytes_of(rest.p + 1, rest.n - 1));
		else if (rest.n > 0)
			return bad_range(text, err);
	}
	return range->n == 0 ? bad_range(text, err) : 0;
}

int
ferry_maven_range_new(struct ferry_maven_range **out, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_maven_range *range;
	struct ferry_bytes all;
	int rc = 0;

	if (ferry_calloc(&range, 1, sizeof(*range), err) == -1)
		return -1;
	if (ferry_strndup(&range->text, text, err) == -1) {
		free(range);
		return -1;
	}
	all = ferry_bytes_trim(ferry_bytes_str(range->text));
	if (all.n > 0 && (*all.p == '[' || *all.p == '('))
		rc = read_parts(range, all, err);
	else if (all.n == 0 || memchr(all.p, ',', all.n) != NULL)
		rc = bad_range(all, err);
	else
		rc = read_part(range, all, true, true, err);
	if (rc == -1) {
		ferry_maven_range_free(range);
		return -1;
	}
	*out = range;
	return 0;
}

/* "1.2.*" as both bounds: from 1.2.min to 1.2.max. */
static bool
has_wildcard(struct ferry_bytes pattern, struct ferry_bytes version)
{
	char low[FERRY_MAVEN_VERSION_MAX + 8], high[sizeof(low)];
	size_t n = pattern.n - 1;

	if (n + 4 > FERRY_MAVEN_VERSION_MAX)
		return false;
	memcpy(low, pattern.p, n);
	memcpy(low + n, "min", 4);
	memcpy(high, pattern.p, n);
	memcpy(high + n, "max", 4);
	return ferry_maven_generic_cmp(ferry_bytes_str(low), version) <= 0 &&
	       ferry_maven_generic_cmp(version, ferry_bytes_str(high)) <= 0;
}

static bool
is_wildcard(struct ferry_bytes text)
{

	return text.n >= 2 && text.p[text.n - 1] == '*' &&
	       text.p[text.n - 2] == '.';
}

bool
ferry_maven_range_has(
    const struct ferry_maven_range *range, struct ferry_bytes version)
{

	for (size_t i = 0; i < range->n; i++) {
		const struct bound *low = &range->parts[i].low,
				   *high = &range->parts[i].high;
		int c;

		if (is_wildcard(low->version)) {
			if (has_wildcard(low->version, version))
				return true;
			continue;
		}
		if (low->version.n > 0 &&
		    ((c = ferry_maven_generic_cmp(low->version, version)) > 0 ||
			(c == 0 && !low->inclusive)))
			continue;
		if (high->version.n > 0 && ((c = ferry_maven_generic_cmp(
						 version, high->version)) > 0 ||
					       (c == 0 && !high->inclusive)))
			continue;
		return true;
	}
	return false;
}

void
ferry_maven_range_free(struct ferry_maven_range *range)
{

	if (range == NULL)
		return;
	free(range->text);
	free(range);
}

bool
ferry_maven_is_range(struct ferry_bytes text)
{

	text = ferry_bytes_trim(text);
	return (text.n > 0 && (*text.p == '[' || *text.p == '(')) ||
	       ferry_bytes_is(text, "LATEST") ||
	       ferry_bytes_is(text, "RELEASE");
}
