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
	uint64_t items; /* that they brought; the caller counts */
	size_t max; /* pages, together */
};
#define FERRY_PAGES_BYTES_MAX (32U << 20)
#define FERRY_PAGES_URL_MAX 8192
/* Beyond these many, pages bring so many items each, or the list is one that
 * never ends. */
#define FERRY_PAGES_FREE 100
#define FERRY_PAGES_LEAST 4

/*
 * Note that url is asked for next, of the list called what ("the list of
 * tags", for messages), of which so many pages have come.
 * Errors: FERRY_ELIMIT (it was asked for before; there are too many, their
 *     names are too long, or they bring too little), FERRY_ENOMEM.
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
