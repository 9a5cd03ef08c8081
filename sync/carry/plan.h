#ifndef FERRY_CARRY_PLAN_H
#define FERRY_CARRY_PLAN_H

/* Before an export writes anything: which records, for whom, how much. */

#include "store/bundle/receipt.h"
#include "sync/carry/contents.h"
#include "sync/carry/export.h"

struct ferry_blob_info;
struct ferry_error;

struct ferry_export_plan {
	struct ferry_receipt site; /* site.site "" if for any */
	struct ferry_head *head; /* owned; all but volumes and totals */
	uint64_t from; /* the first record */
	bool assumed; /* delivery of an earlier export */
	bool recipes; /* blobs may travel as recipes */
	struct ferry_left_out left_out; /* of _count; owned */
	bool site_known; /* what the site has can be a base */
	bool site_settled; /* nothing was exported to it since its receipt */
	uint64_t records, record_bytes;
	uint64_t cached; /* versions that only clients asked for */
	uint64_t blobs, blob_bytes;
	uint64_t packable_bytes; /* of them; of documents */
	uint64_t wanted; /* blobs of site.wanted that go too */
};

/*
 * Find the range and fill head.  Registers a new site (--site-id), in the
 * pending changes, if the store is writable.
 */
int ferry_plan_range(const struct ferry_task *task,
    const struct ferry_export_options *options, struct ferry_export_plan *plan,
    struct ferry_error *err);
/* Find what no site could take, which is noted and left out; count what goes. */
int ferry_plan_count(const struct ferry_task *task,
    struct ferry_export_plan *plan, struct ferry_error *err);
void ferry_plan_clear(struct ferry_export_plan *plan);

/*
 * Whether blob number i of the site's wanted ones goes by itself: 1 and *info;
 * 0 if it goes with a record, or is not here; -1.
 */
int ferry_plan_wanted(const struct ferry_task *task,
    const struct ferry_export_plan *plan, size_t i,
    struct ferry_blob_info *info, struct ferry_error *err);

/* Bytes on the medium, about: documents shrink to a quarter. */
uint64_t ferry_plan_estimate(const struct ferry_export_plan *plan);

#endif
