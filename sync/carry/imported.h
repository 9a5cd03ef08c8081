#ifndef FERRY_SYNC_CARRY_IMPORTED_H
#define FERRY_SYNC_CARRY_IMPORTED_H

/*
 * Which keys brought what, for the day on which one of them is revoked.  Local
 * records:
 *
 *	imported ORIGIN NUMBER	{"from","to","at","keys":[…],"last"}
 *
 * NUMBER, of 20 digits, is the first record of this store's journal that the
 * import made; last the last one, absent while it is not complete (what was
 * repeated has a record of its own).
 */

#include <stdint.h>

#include "store/index/key.h"
#include "store/index/records.h"
#include "sync/carry/trust.h"

struct ferry_error;
struct ferry_store;

/* An import begins at number first; it is complete.  Part of the next commit. */
int ferry_imported_begin(struct ferry_store *st, const struct ferry_head *head,
    const struct ferry_signers *signers, uint64_t first,
    struct ferry_error *err);
int ferry_imported_end(struct ferry_store *st, const struct ferry_head *head,
    uint64_t first, uint64_t last, struct ferry_error *err);

/* One that key signed, perhaps beside others. */
struct ferry_imported {
	const char *origin; /* borrowed */
	uint64_t from, to; /* in the origin's journal */
	uint64_t first, last; /* in this one; last: the newest if unknown */
	int64_t at;
	size_t keys;
};
typedef int ferry_on_imported(
    void *ctx, const struct ferry_imported *imported, struct ferry_error *err);
int ferry_imported_by(struct ferry_store *st, const char *key,
    ferry_on_imported *on_imported, void *ctx, struct ferry_error *err);

#endif
