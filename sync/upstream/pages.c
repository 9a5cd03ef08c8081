#include "sync/upstream/pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "sync/fetch/fetch.h"

int
ferry_pages_add(struct ferry_pages *pages, const char *what, unsigned came,
    const char *url, struct ferry_error *err)
{

	if (ferry_pages_has(pages, url))
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%s does not end: the page after page %u, %.200s, was "
		    "asked for before",
		    what, came, url);
	if (came > FERRY_PAGES_FREE && pages->items / came < FERRY_PAGES_LEAST)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%s does not end: %u pages brought %" PRIu64 " items", what,
		    came, pages->items);
	pages->bytes += strlen(url);
	if (pages->urls.n >= pages->max || pages->bytes > FERRY_PAGES_BYTES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%s does not end: there are more than %zu pages", what,
		    pages->urls.n);
	return ferry_table_add(&pages->urls, url,
		   sizeof(struct ferry_table_entry), err) == NULL
	           ? -1
	           : 0;
}

bool
ferry_pages_has(const struct ferry_pages *pages, const char *url)
{

	return ferry_table_find(&pages->urls, url) != NULL;
}

void
ferry_pages_free(struct ferry_pages *pages)
{

	ferry_table_free(&pages->urls, NULL);
	pages->bytes = 0;
}

/* The URL of the link-value with rel=next; n is 0 if there is none. */
static struct ferry_bytes
next_link(const char *value)
{
	const char *p = value, *url, *end, *stop;

	while ((url = strchr(p, '<')) != NULL &&
	       (end = strchr(url, '>')) != NULL) {
		/* The parameters go up to the next '<', or to the end. */
		stop = strchr(end, '<');
		if (stop == NULL)
			stop = end + strlen(end);
		for (p = end; p < stop; p++)
			if (strncmp(p, "rel=next", 8) == 0 ||
			    strncmp(p, "rel=\"next\"", 10) == 0)
				return ferry_bytes_of(
				    url + 1, (size_t)(end - url) - 1);
		p = stop;
	}
	return ferry_bytes_of("", 0);
}

int
ferry_answer_next(const struct ferry_fetch_result *result, const char *base,
    const char *url, char **out, struct ferry_error *err)
{
	const char *value = ferry_fetch_header(result, "Link", 0);
	struct ferry_bytes next = next_link(value == NULL ? "" : value);
	char *reference = NULL;
	int rc = -1;

	if (next.n == 0)
		return 0;
	if (next.n > FERRY_PAGES_URL_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the next page is said to be at a URL of %zu bytes; at "
		    "most %d are taken",
		    next.n, FERRY_PAGES_URL_MAX);
	if (ferry_strndup(&reference, next, err) == -1 ||
	    ferry_fetch_url_resolve(out, url, reference, err) == -1)
		goto out;
	if (!ferry_fetch_url_same_origin(base, *out)) {
		ferry_error_set(err, FERRY_EDENIED,
		    "the next page is said to be at another host: %.200s",
		    *out);
		free(*out);
		*out = NULL;
		goto out;
	}
	rc = 1;
out:
	free(reference);
	return rc;
}
