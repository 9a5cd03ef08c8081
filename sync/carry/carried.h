#ifndef FERRY_SYNC_CARRY_CARRIED_H
#define FERRY_SYNC_CARRY_CARRIED_H

/* The records of a bundle, line by line: what a journal record of another store
 * may be, and no more. */

#include <jansson.h>
#include <stdint.h>

#include "store/bundle/member.h"
#include "store/index/key.h"

struct ferry_error;

struct ferry_carried {
	struct ferry_key key;
	json_t *value; /* NULL for a delete; borrowed for the call */
	uint64_t seq;
};
typedef int ferry_on_carried(
    void *ctx, const struct ferry_carried *record, struct ferry_error *err);

/*
 * Read a part, decoded: as many records as m says, in the order of their numbers
 * and within its range, the first of them above *last, which becomes the number
 * of the last.  on_record may be NULL.
 * Errors: FERRY_EFORMAT, FERRY_ENEWER, as of ferry_record_check(), on_record's.
 */
int ferry_carried_each(const struct ferry_member *m, struct ferry_bytes text,
    uint64_t *last, ferry_on_carried *on_record, void *ctx,
    struct ferry_error *err);

#endif
