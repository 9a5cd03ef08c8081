#ifndef FERRY_SYNC_UPSTREAM_PAGES_H
#define FERRY_SYNC_UPSTREAM_PAGES_H

/*
 * Lists that go on in pages: where the next one is, and an end to those that
 * have none.
 *
 * Source: RFC 8288, section 3 (Link, rel=next).
 */

#include <stdbool.h>
#include <stdint.h>

#include "sync/upstream/table.h"

struct ferry_error;
struct ferry_fetch_result;

/*
 * The pages that were asked for, by URL (or cursor), of one list or of several
 * that must not meet.  Zeroed but for max: empty.
 */
struct ferry_pages {
	struct ferry_table urls;
	uint64_t bytes; /* of their names */
	size_t max; /* pages, together */
};
#define FERRY_PAGES_BYTES_MAX (64U << 20)

/*
 * Note that url is asked for next, of the list called what ("the list of
 * tags", for messages), of which so many pages have come.
 * Errors: FERRY_ELIMIT (it was asked for before; there are too many, or their
 *     names are too long), FERRY_ENOMEM.
 */
int ferry_pages_add(struct ferry_pages *pages, const char *what, unsigned came,
    const char *url, struct ferry_error *err);
bool ferry_pages_has(const struct ferry_pages *pages, const char *url);
void ferry_pages_free(struct ferry_pages *pages);

/*
 * The next page that the answer to url names by its Link header: 1 and *out
 * (absolute, of base's host; the caller frees), 0 if there is none, -1.
 */
int ferry_answer_next(const struct ferry_fetch_result *result, const char *base,
    const char *url, char **out, struct ferry_error *err);

#endif
