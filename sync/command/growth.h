#ifndef FERRY_SYNC_COMMAND_GROWTH_H
#define FERRY_SYNC_COMMAND_GROWTH_H

/*
 * How a store grows: its bytes on each day that a sync or an import ended, for
 * two months.  Local record:
 *
 *	growth	{"days":[[DAY,BYTES]…]}, DAY counted from the epoch
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_store;

/* Note how large st, a writer, is now; the next commit writes it. */
int ferry_growth_note(struct ferry_store *st, struct ferry_error *err);

struct ferry_growth {
	uint64_t free; /* bytes of the disk */
	uint64_t days; /* that were looked at: 0, not enough is known */
	int64_t bytes_a_day; /* below 0: it shrinks */
	bool fills; /* at this rate the disk is full in full_days */
	uint64_t full_days;
};
int ferry_growth_read(
    struct ferry_growth *out, struct ferry_store *st, struct ferry_error *err);

#endif
