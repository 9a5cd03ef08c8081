#ifndef FERRY_STORE_RECIPE_HEED_H
#define FERRY_STORE_RECIPE_HEED_H

/*
 * What long work heeds on its way: views of files whose pages are given back when
 * they were looked at, and that it may have to stop.
 */

#include <stdatomic.h>

#include "store/base/bytes.h"

struct ferry_error;

/*
 * mapped: views as of ferry_spool_pass_view(), or empty.  stopped: may be NULL.
 * Lifetime: all is borrowed.  NULL instead of a heed is one of nothing.
 */
#define FERRY_HEED_VIEWS 5
struct ferry_heed {
	struct ferry_bytes mapped[FERRY_HEED_VIEWS];
	const atomic_bool *stopped;
};

/* Errors: FERRY_ECANCELLED if it is to stop. */
int ferry_heed_stopped(const struct ferry_heed *heed, struct ferry_error *err);
/* Give all views back. */
void ferry_heed_pass(const struct ferry_heed *heed);
/* Both. */
int ferry_heed(const struct ferry_heed *heed, struct ferry_error *err);

/* Whether to, as n more bytes were worked on, *since the last time; 0 at first. */
#define FERRY_HEED_EVERY (4U << 20)
static inline bool
ferry_heed_due(uint64_t n, uint64_t *since)
{

	*since += n;
	if (*since < FERRY_HEED_EVERY)
		return false;
	*since = 0;
	return true;
}

#endif
