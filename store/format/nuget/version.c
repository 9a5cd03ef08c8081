#include "store/format/nuget/version.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"

static bool
is_blank(uint8_t c)
{

	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct ferry_bytes
trim(struct ferry_bytes s)
{

	while (s.n > 0 && is_blank(s.p[0]))
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Take what stands before c off rest, or all of it. */
static struct ferry_bytes
cut(struct ferry_bytes *rest, uint8_t c)
{
	const uint8_t *at = rest->n == 0 ? NULL : memchr(rest->p, c, rest->n);
	struct ferry_bytes head = *rest;

	if (at == NULL) {
		*rest = ferry_bytes_of(NULL, 0);
		return head;
	}
	head.n = (size_t)(at - rest->p);
	*rest = ferry_bytes_of(at + 1, rest->n - head.n - 1);
	return head;
}

/* 1.2.3.4: the library lets blanks stand around each number. */
static bool
parse_number(struct ferry_bytes s, int32_t *out)
{
	int64_t n = 0;

	s = trim(s);
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (s.p[i] - '0');
		if (n > INT32_MAX)
			return false;
	}
	*out = (int32_t)n;
	return true;
}

static bool
parse_numbers(struct ferry_bytes s, int32_t number[4])
{
	size_t n = 0;
	bool more;

	do {
		more = s.n > 0 && memchr(s.p, '.', s.n) != NULL;
		if (n == 4 || !parse_number(cut(&s, '.'), &number[n++]))
			return false;
	} while (more);
	return true;
}

/* Labels between dots; those of digits alone do not begin with a zero. */
static bool
check_labels(struct ferry_bytes s, bool zeros)
{
	bool more;

	do {
		struct ferry_bytes label;
		bool digits = true;

		more = s.n > 0 && memchr(s.p, '.', s.n) != NULL;
		label = cut(&s, '.');
		if (label.n == 0)
			return false;
		for (size_t i = 0; i < label.n; i++) {
			uint8_t c = label.p[i];

			if (c >= '0' && c <= '9')
				continue;
			digits = false;
			if (!((c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') || c == '-'))
				return false;
		}
		if (!zeros && digits && label.n > 1 && label.p[0] == '0')
			return false;
	} while (more);
	return true;
}

static bool
parse(struct ferry_nuget_version *out, struct ferry_bytes text)
{
	struct ferry_bytes rest = trim(text), numbers;
	bool labels, metadata;

	*out = (struct ferry_nuget_version){ .number = { 0 } };
	if (rest.n == 0 || rest.n > FERRY_NUGET_VERSION_MAX)
		return false;
	/* A '-' behind the '+' belongs to the metadata. */
	metadata = memchr(rest.p, '+', rest.n) != NULL;
	numbers = cut(&rest, '+');
	out->metadata = rest;
	labels = numbers.n > 0 && memchr(numbers.p, '-', numbers.n) != NULL;
	rest = numbers;
	numbers = cut(&rest, '-');
	out->labels = rest;
	return parse_numbers(numbers, out->number) &&
	       (!labels || check_labels(out->labels, false)) &&
	       (!metadata || check_labels(out->metadata, true));
}

int
ferry_nuget_version_parse(struct ferry_nuget_version *out,
    struct ferry_bytes text, struct ferry_error *err)
{

	return parse(out, text) ? 0
	                        : ferry_error_set(err, FERRY_EFORMAT,
				      "'%.*s' is not a version",
				      (int)(text.n < 100 ? text.n : 100),
				      text.n == 0 ? "" : (const char *)text.p);
}

/* Order */

static uint8_t
lower(uint8_t c)
{

	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* A label that .NET reads as an int: also one with a sign. */
static bool
is_number(struct ferry_bytes label, int64_t *out)
{
	bool minus = label.n > 1 && label.p[0] == '-';
	int64_t n = 0;

	for (size_t i = minus ? 1 : 0; i < label.n; i++) {
		if (label.p[i] < '0' || label.p[i] > '9')
			return false;
		n = n * 10 + (label.p[i] - '0');
		if (n > (int64_t)INT32_MAX + 1)
			return false;
	}
	*out = minus ? -n : n;
	return *out <= INT32_MAX;
}

static int
order_label(struct ferry_bytes a, struct ferry_bytes b)
{
	int64_t x = 0, y = 0;
	bool a_number = is_number(a, &x), b_number = is_number(b, &y);

	if (a_number && b_number)
		return (x > y) - (x < y);
	if (a_number != b_number)
		return a_number ? -1 : 1;
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return lower(a.p[i]) < lower(b.p[i]) ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

static int
order_labels(struct ferry_bytes a, struct ferry_bytes b)
{
	int order = 0;

	while (order == 0 && a.n > 0 && b.n > 0)
		order = order_label(cut(&a, '.'), cut(&b, '.'));
	return order != 0 ? order : (a.n > 0) - (b.n > 0);
}

int
ferry_nuget_version_order(
    const struct ferry_nuget_version *a, const struct ferry_nuget_version *b)
{

	for (size_t i = 0; i < 4; i++)
		if (a->number[i] != b->number[i])
			return a->number[i] < b->number[i] ? -1 : 1;
	/* A release comes after its pre-releases. */
	if (a->labels.n == 0 || b->labels.n == 0)
		return (a->labels.n == 0) - (b->labels.n == 0);
	return order_labels(a->labels, b->labels);
}

bool
ferry_nuget_version_same_numbers(
    const struct ferry_nuget_version *a, const struct ferry_nuget_version *b)
{

	return memcmp(a->number, b->number, sizeof(a->number)) == 0;
}

bool
ferry_nuget_version_is_semver2(const struct ferry_nuget_version *v)
{

	return v->metadata.n > 0 ||
	       (v->labels.n > 0 &&
		   memchr(v->labels.p, '.', v->labels.n) != NULL);
}

/* Text */

int
ferry_nuget_version_text(struct ferry_buf *out,
    const struct ferry_nuget_version *v, enum ferry_nuget_text form,
    struct ferry_error *err)
{
	char fourth[16] = "";
	size_t from;

	if (v->number[3] != 0)
		(void)snprintf(fourth, sizeof(fourth), ".%d", v->number[3]);
	if (ferry_buf_addf(out, err, "%d.%d.%d%s%s", v->number[0], v->number[1],
		v->number[2], fourth, v->labels.n == 0 ? "" : "-") == -1)
		return -1;
	from = out->n;
	if (ferry_buf_add(out, v->labels.p, v->labels.n, err) == -1)
		return -1;
	for (; form == FERRY_NUGET_LOWER && from < out->n; from++)
		out->p[from] = lower(out->p[from]);
	return 0;
}

int
ferry_nuget_version_key(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_nuget_version v;

	if (!parse(&v, text))
		return 0;
	return ferry_nuget_version_text(out, &v, FERRY_NUGET_LOWER, err) == -1
	           ? -1
	           : 1;
}

/* For the table of formats */

bool
ferry_nuget_version_valid(struct ferry_bytes version)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	bool valid;

	valid = ferry_nuget_version_key(&text, version, &ignored) == 1 &&
	        ferry_bytes_equal(ferry_bytes_buf(&text), version);
	ferry_buf_free(&text);
	return valid;
}

int
ferry_nuget_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	struct ferry_nuget_version x, y;
	bool a_is = parse(&x, a), b_is = parse(&y, b);
	int order;

	if (a_is != b_is)
		return a_is ? 1 : -1;
	order = a_is ? ferry_nuget_version_order(&x, &y) : 0;
	return order != 0 ? order : ferry_bytes_cmp(a, b);
}

bool
ferry_nuget_version_prerelease(struct ferry_bytes version)
{
	struct ferry_nuget_version v;

	return parse(&v, version) && v.labels.n > 0;
}
