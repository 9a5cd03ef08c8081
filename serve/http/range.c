#include "serve/http/range.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/* What heads a part of a multipart body has about so many bytes: ranges that are
 * no further apart cost less as one. */
#define GAP 80

static bool
number(const char *p, size_t n, uint64_t *out)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	return ferry_parse_u64(
		   ferry_bytes_of(p, n), 0, UINT64_MAX, out, &err) == 0;
}

/* One range of a list: "1-2", "1-" or "-2". */
static enum ferry_range_kind
parse_one(const char *value, size_t n, uint64_t size, struct ferry_range *out)
{
	const char *dash = memchr(value, '-', n);
	uint64_t first, last = UINT64_MAX;

	if (dash == NULL)
		return FERRY_RANGE_NONE;
	if (dash == value) { /* the last bytes */
		if (!number(dash + 1, n - 1, &last))
			return FERRY_RANGE_NONE;
		if (last == 0 || size == 0)
			return FERRY_RANGE_UNSATISFIABLE;
		out->size = last < size ? last : size;
		out->offset = size - out->size;
		return FERRY_RANGE_PART;
	}
	if (!number(value, (size_t)(dash - value), &first) ||
	    (dash + 1 < value + n &&
		!number(dash + 1, n - (size_t)(dash + 1 - value), &last)) ||
	    last < first)
		return FERRY_RANGE_NONE;
	if (first >= size)
		return FERRY_RANGE_UNSATISFIABLE;
	out->offset = first;
	out->size = (last < size ? last + 1 : size) - first;
	return FERRY_RANGE_PART;
}

/* The next element of a list, without blanks; *value moves behind it. */
static size_t
next_element(const char **value, const char **element)
{
	size_t n;

	*value += strspn(*value, " \t");
	*element = *value;
	n = strcspn(*value, ",");
	*value += n;
	if (**value == ',')
		*value += 1;
	while (n > 0 && ((*element)[n - 1] == ' ' || (*element)[n - 1] == '\t'))
		n--;
	return n;
}

static int
by_offset(const void *a, const void *b)
{
	const struct ferry_range *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return 0;
}

/* Whether n ranges, at least one, are nearly one, and then that. */
static bool
unite(struct ferry_range *list, size_t n, struct ferry_range *out)
{
	uint64_t end;

	qsort(list, n, sizeof(*list), by_offset);
	end = list[0].offset + list[0].size;
	for (size_t i = 1; i < n; i++) {
		if (list[i].offset > end && list[i].offset - end > GAP)
			return false;
		if (list[i].offset + list[i].size > end)
			end = list[i].offset + list[i].size;
	}
	out->offset = list[0].offset;
	out->size = end - out->offset;
	return true;
}

enum ferry_range_kind
ferry_range_parse(const char *value, uint64_t size, struct ferry_range *out)
{
	struct ferry_range list[FERRY_RANGES_MAX];
	size_t count = 0, elements = 0;

	if (strncasecmp(value, "bytes=", 6) != 0)
		return FERRY_RANGE_NONE;
	value += 6;
	while (*value != 0) {
		const char *element;
		size_t n = next_element(&value, &element);
		enum ferry_range_kind kind;

		if (n == 0) /* RFC 9110, 5.6.1.2: lists may have gaps */
			continue;
		if (elements++ == FERRY_RANGES_MAX)
			return FERRY_RANGE_NONE;
		kind = parse_one(element, n, size, &list[count]);
		if (kind == FERRY_RANGE_NONE)
			return FERRY_RANGE_NONE;
		count += kind == FERRY_RANGE_PART;
	}
	if (elements == 0)
		return FERRY_RANGE_NONE;
	if (count == 0)
		return FERRY_RANGE_UNSATISFIABLE;
	return unite(list, count, out) ? FERRY_RANGE_PART : FERRY_RANGE_NONE;
}

bool
ferry_etag_matches(const char *value, const char *etag)
{
	size_t n = strlen(etag);
	const char *p = value;

	while (*p != 0) {
		p += strspn(p, " \t,");
		if (*p == '*')
			return true;
		/* Weak comparison: a proxy that recompressed marks ours W/. */
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (strncmp(p, etag, n) == 0)
			return true;
		if (*p == '"') {
			const char *q = strchr(p + 1, '"');

			if (q == NULL)
				return false;
			p = q + 1;
		} else {
			p += strcspn(p, ",");
		}
	}
	return false;
}
