#include "serve/http/range.h"

#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

static bool
number(const char *p, size_t n, uint64_t *out)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	return ferry_parse_u64(
		   ferry_bytes_of(p, n), 0, UINT64_MAX, out, &err) == 0;
}

enum ferry_range_kind
ferry_range_parse(const char *value, uint64_t size, struct ferry_range *out)
{
	uint64_t first, last = UINT64_MAX;
	const char *dash;
	size_t n;

	if (strncasecmp(value, "bytes=", 6) != 0)
		return FERRY_RANGE_NONE;
	value += 6;
	value += strspn(value, " ");
	n = strcspn(value, " ");
	dash = memchr(value, '-', n);
	if (dash == NULL || strchr(value, ',') != NULL)
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
