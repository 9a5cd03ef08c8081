#ifndef FERRY_STORE_ACCESS_ACCESS_INTERNAL_H
#define FERRY_STORE_ACCESS_ACCESS_INTERNAL_H

/* What decisions are made of, for access.c, which keeps it, and decide.c. */

#include <stdatomic.h>

#include "store/access/access.h"

/* Replaced as a whole; never changed but for refs. */
struct ferry_access_state {
	atomic_uint refs;
	uint64_t serial;
	struct ferry_snapshots *snapshots;
	struct ferry_access_policy policy;
};

/* Whether anything would not be for everybody under policy. */
bool ferry_access_state_restricts(const struct ferry_access_state *state,
    const struct ferry_access_policy *policy);

#endif
