#ifndef FERRY_SYNC_CARRY_ADMIT_H
#define FERRY_SYNC_CARRY_ADMIT_H

/*
 * Whether a bundle is welcome here, by its head alone.  The one place where
 * site, expiry, gaps, replays and forks are decided.
 */

#include "store/bundle/head.h"

struct ferry_error;
struct ferry_store;

/*
 * A bundle of another history is taken if its operator's yes is given, from a
 * record on up to which both are the same; a full bundle always is such a one.
 *
 * Returns: one of enum ferry_admitted; -1.
 * Errors: FERRY_EWRONGSITE, FERRY_EEXPIRED, FERRY_EGAP, FERRY_EREPLAY,
 *     FERRY_EFORK.
 */
enum ferry_admitted {
	FERRY_ADMIT_ALREADY, /* its records are here already; it may only repair */
	FERRY_ADMIT_NEXT, /* they are to be applied */
	FERRY_ADMIT_ANEW /* they are, as a new history */
};
/* new_history: the id of the origin whose new history is taken; or NULL. */
int ferry_admit(struct ferry_store *st, const struct ferry_head *head,
    const char *new_history, struct ferry_error *err);

#endif
