#ifndef FERRY_SYNC_CARRY_ROTATE_H
#define FERRY_SYNC_CARRY_ROTATE_H

/*
 * Taking a root of an origin: the first by hand, each further one because enough
 * keys of the root before signed it.  Its keys are trusted here, and those that
 * it no longer names are revoked.
 *
 * Source: The Update Framework specification 1.0.33, 5.3 ("Update the root
 *     role"): one by one, N + 1 signed by thresholds of both; expiry counts for
 *     the last one only.
 */

#include <jansson.h>

#include "store/bundle/root.h"
#include "sync/base/task.h"

struct ferry_volume;

enum ferry_rotate_by {
	FERRY_ROTATE_BUNDLE, /* only what goes on from a root that is here */
	FERRY_ROTATE_HAND, /* at a site */
	FERRY_ROTATE_ORIGIN, /* a store's own */
	FERRY_ROTATE_ANEW /* the same; the root before need not have signed */
};

/*
 * Part of the next commit.  limits: those of its keys (limits.h) if by hand; else
 * NULL, and new keys get those of the root before.  Notes tell what changed.
 *
 * Returns: 1 if it was taken; 0 if it is here already, or nobody trusts roots of
 *     this origin here; -1.
 * Errors: FERRY_EGAP (a root in between is missing), FERRY_EREPLAY (an older
 *     one, by hand), FERRY_EFORK (another one of the same number),
 *     FERRY_ESIGNATURE (too few), FERRY_EEXPIRED (the first one here),
 *     FERRY_EUSAGE (by hand: a key that is trusted for the origin is not in it),
 *     as of ferry_root_parse().
 */
int ferry_rotate(const struct ferry_task *task, struct ferry_bytes text,
    enum ferry_rotate_by by, const json_t *limits, struct ferry_error *err);
/*
 * Roots whose keys are lost: forget all of origin's, so that a first one can be
 * taken again.  What they let sign goes on to do so, each key by itself; one that
 * they let sign no more does not.  Commits.
 * Errors: FERRY_ENOTFOUND: there is none.
 */
int ferry_rotate_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err);
/*
 * All that a volume brings, of whatever origin; nothing of it need be signed.
 * *taken becomes true where one was taken, also if another was refused then.
 */
int ferry_rotate_volume(const struct ferry_task *task,
    const struct ferry_volume *v, bool *taken, struct ferry_error *err);

#endif
