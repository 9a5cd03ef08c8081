#include "sync/upstream/pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static const char *
skip_blanks(const char *p)
{

	return p + strspn(p, " \t");
}

/* Whether "next" is among the words of a value of rel. */
static bool
has_next(struct ferry_bytes words)
{

	while (words.n > 0) {
		const uint8_t *blank = memchr(words.p, ' ', words.n);
		size_t n = blank == NULL ? words.n : (size_t)(blank - words.p);

		if (n == 4 &&
		    strncasecmp((const char *)words.p, "next", 4) == 0)
			return true;
		n += blank != NULL;
		words = ferry_bytes_of(words.p + n, words.n - n);
	}
	return false;
}

/* One parameter, at the ';' before it; *next if it is rel=next.  Returns what
 * follows. */
static const char *
read_parameter(const char *p, bool *next)
{
	const char *name = skip_blanks(p + 1);
	size_t n = strcspn(name, " \t=;,");
	struct ferry_bytes value = { NULL, 0 };

	p = skip_blanks(name + n);
	if (*p == '=') {
		p = skip_blanks(p + 1);
		if (*p == '"') {
			value = ferry_bytes_of(p + 1, strcspn(p + 1, "\""));
			p += 1 + value.n + (p[1 + value.n] == '"');
		} else {
			value = ferry_bytes_of(p, strcspn(p, " \t;,"));
			p += value.n;
		}
	}
	if (n == 3 && strncasecmp(name, "rel", 3) == 0 && has_next(value))
		*next = true;
	return p + strcspn(p, ";,");
}

/*
 * The URL of the link-value with rel=next; n is 0 if there is none.
 * Source: RFC 8288, 3: parameters in any case, quoted or not, several relations
 *     in one.
 */
static struct ferry_bytes
next_link(const char *value)
{
	const char *p = value, *url, *end;

	while ((url = strchr(p, '<')) != NULL &&
	       (end = strchr(url, '>')) != NULL) {
		bool next = false;

		p = skip_blanks(end + 1);
		while (*p == ';')
			p = read_parameter(p, &next);
		if (next)
			return ferry_bytes_of(url + 1, (size_t)(end - url) - 1);
	}
	return ferry_bytes_of("", 0);
}

/* There may be several headers. */
static struct ferry_bytes
find_next(const struct ferry_fetch_result *result)
{
	struct ferry_bytes next = { NULL, 0 };
	const char *value;

	for (size_t i = 0; next.n == 0 && (value = ferry_fetch_header(
					       result, "Link", i)) != NULL;
	     i++)
		next = next_link(value);
	return next;
}

int
ferry_answer_next(const struct ferry_fetch_result *result, const char *base,
    const char *url, char **out, struct ferry_error *err)
{
	struct ferry_bytes next = find_next(result);
	char *reference = NULL;
	int rc = -1;

	if (next.n == 0)
		return 0;
	if (next.n > FERRY_PAGES_URL_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the next page is said to be at a URL of %zu bytes; at "
		    "most %d are taken",
		    next.n, FERRY_PAGES_URL_MAX);
	if (ferry_strndup(&reference, next, err) == 0 &&
	    ferry_fetch_url_at(out, base, url, reference, err) == 0)
		rc = 1;
	free(reference);
	return rc;
}
