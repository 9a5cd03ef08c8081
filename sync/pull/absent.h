#ifndef FERRY_SYNC_PULL_ABSENT_H
#define FERRY_SYNC_PULL_ABSENT_H

/* What upstreams said they do not have, for a moment (FERRY_PULL_ABSENT_S). */

#include <stdbool.h>

#include "store/pull/message.h"
#include "sync/upstream/table.h"

struct ferry_absents {
	struct ferry_table table;
};
void ferry_absents_free(struct ferry_absents *absents); /* what it owns */

/* Remember it, with the word for clients.  Without memory it is not. */
void ferry_absents_add(struct ferry_absents *absents,
    const struct ferry_pull_ask *ask, const char *text);
/* Whether what is asked for is known not to be there; then said tells. */
bool ferry_absents_find(const struct ferry_absents *absents,
    const struct ferry_pull_ask *ask, struct ferry_pull_said *said);

#endif
