#include "sync/select/lock/npm_places.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json_span.h"

struct ferry_bytes
ferry_lock_npm_place_name(struct ferry_bytes place)
{
	static const char folder[] = "node_modules/";
	size_t n = sizeof(folder) - 1;

	for (size_t i = place.n; i-- > 0;)
		if (place.n - i >= n && memcmp(place.p + i, folder, n) == 0 &&
		    (i == 0 || place.p[i - 1] == '/'))
			return ferry_bytes_of(place.p + i + n, place.n - i - n);
	return ferry_bytes_of(place.p, 0);
}

static int
by_bytes(const void *a, const void *b)
{

	return ferry_bytes_cmp(
	    *(const struct ferry_bytes *)a, *(const struct ferry_bytes *)b);
}

static int
add_urls(struct ferry_lock_npm_urls *urls, struct ferry_bytes object,
    struct ferry_error *err)
{
	struct ferry_span_iter it;

	ferry_span_iter(&it, object);
	while (ferry_span_next(&it)) {
		if (!ferry_bytes_starts(it.value, "\"http:") &&
		    !ferry_bytes_starts(it.value, "\"https:"))
			continue;
		if (ferry_array_grow(&urls->v, &urls->cap, urls->n + 1,
			sizeof(urls->v[0]), err) == -1)
			return -1;
		urls->v[urls->n++] = it.value;
	}
	return 0;
}

int
ferry_lock_npm_urls_read(struct ferry_lock_npm_urls *urls,
    struct ferry_bytes packages, struct ferry_error *err)
{
	static const char *const members[] = { "dependencies",
		"devDependencies", "optionalDependencies", "peerDependencies" };
	struct ferry_span_iter it;
	struct ferry_bytes value;

	ferry_span_iter(&it, packages);
	while (ferry_span_next(&it))
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]);
		     i++)
			if (ferry_span_get(it.value, members[i], &value) &&
			    ferry_span_type(value) == FERRY_SPAN_OBJECT &&
			    add_urls(urls, value, err) == -1)
				return -1;
	if (urls->n > 1)
		qsort(urls->v, urls->n, sizeof(urls->v[0]), by_bytes);
	return 0;
}

bool
ferry_lock_npm_urls_has(
    const struct ferry_lock_npm_urls *urls, struct ferry_bytes raw)
{

	return urls->n > 0 &&
	       bsearch(&raw, urls->v, urls->n, sizeof(raw), by_bytes) != NULL;
}

void
ferry_lock_npm_urls_free(struct ferry_lock_npm_urls *urls)
{

	free(urls->v);
}
