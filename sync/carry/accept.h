#ifndef FERRY_SYNC_CARRY_ACCEPT_H
#define FERRY_SYNC_CARRY_ACCEPT_H

/*
 * Which records of a bundle count here, and under which name.  An upstream
 * belongs to one origin (store/access/authority.h), keys may be limited
 * (limits.h), the configuration may bind names to an upstream; whatever is
 * against that is skipped, said once an upstream, and kept for `ferry status`.
 */

#include <jansson.h>
#include <stdint.h>

#include "store/access/authority.h"
#include "sync/carry/find.h"
#include "sync/carry/limits.h"

struct ferry_error;
struct ferry_key;
struct ferry_protect;
struct ferry_task;

/* All is borrowed but limits and the objects of JSON. */
struct ferry_accept {
	const struct ferry_task *task;
	const struct ferry_head *head;
	const struct ferry_protect *protect;
	/* The bundle's records are here already, but for upstreams that are
	 * behind (behind.h). */
	bool repeated;
	json_t *aliases;
	/* Members are upstreams: of which something was skipped; all of which
	 * was, because the keys may not bring it; of which all was taken. */
	json_t *said, *limited, *taken;
	struct ferry_limits limits;
	/* Of the upstream that was asked about last: */
	char upstream[256];
	enum ferry_authority authority;
	bool counted; /* it is in taken */
	bool asked; /* and authority, behind, gap and reached tell */
	bool behind, gap; /* gap: earlier ones are needed first */
	uint64_t reached; /* behind: up to where it was applied */
};

/* Of one bundle that is being applied. */
int ferry_accept_open(struct ferry_accept *a, const struct ferry_task *task,
    const struct ferry_found_bundle *bundle,
    const struct ferry_protect *protect, bool repeated,
    struct ferry_error *err);
void ferry_accept_close(struct ferry_accept *a);

/* Whether the record of key, as it is called here, will be skipped.  Claims
 * nothing.  Returns: 1, 0, -1. */
int ferry_accept_skips(const struct ferry_accept *a,
    const struct ferry_key *key, struct ferry_error *err);

/*
 * In the order of the records: whether this one is to be applied.  An upstream
 * that is nobody's is the origin's from now on.  *skipped counts what is not
 * for this origin to bring.  Part of the next commit.
 * Returns: 1, 0, -1.
 */
int ferry_accept_record(struct ferry_accept *a, const struct ferry_key *key,
    const json_t *value, uint64_t seq, uint64_t *skipped,
    struct ferry_error *err);
/*
 * All records were applied, and the origin's position moved: what was skipped
 * before and came now is forgotten, and what the keys may not bring waits.
 */
int ferry_accept_finish(struct ferry_accept *a, struct ferry_error *err);

#endif
