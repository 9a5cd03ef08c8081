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
 * Returns: 1 its records are to be applied; 0 they are here already, it may
 * only repair; -1.
 * Errors: FERRY_EWRONGSITE, FERRY_EEXPIRED, FERRY_EGAP, FERRY_EREPLAY,
 *     FERRY_EFORK.
 */
int ferry_admit(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err);

#endif
