#ifndef FERRY_SYNC_SELECT_LOCK_NPM_PLACES_H
#define FERRY_SYNC_SELECT_LOCK_NPM_PLACES_H

/* What is read of the "packages" of a package-lock.json in several ways. */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_error;

/* The name of a place: what follows the last "node_modules/"; n = 0 if none. */
struct ferry_bytes ferry_lock_npm_place_name(struct ferry_bytes place);

/* URLs that packages depend on, as raw JSON strings, sorted: npm repeats them
 * letter by letter in "resolved". */
struct ferry_lock_npm_urls {
	struct ferry_bytes *v; /* owned; views of the text */
	size_t n, cap;
};
/* Collect those of packages.  Errors: FERRY_ENOMEM. */
int ferry_lock_npm_urls_read(struct ferry_lock_npm_urls *urls,
    struct ferry_bytes packages, struct ferry_error *err);
bool ferry_lock_npm_urls_has(
    const struct ferry_lock_npm_urls *urls, struct ferry_bytes raw);
void ferry_lock_npm_urls_free(struct ferry_lock_npm_urls *urls);

#endif
