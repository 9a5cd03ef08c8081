#ifndef FERRY_CATALOG_FORMER_H
#define FERRY_CATALOG_FORMER_H

/*
 * Documents that were replaced and that a site may still have: what took their
 * place travels there as what differs.  Local records:
 *
 *	former FORMAT NAME OWNER	{"files":[{"name","size","sha256","from",
 *					"until"}]}, the oldest first
 *
 * The blob was the package's file of that name from record `from` on, until
 * record `until` named another.  Only those are noted that an export has shown
 * to anybody (one ended in between, by its "mark", sync/carry/sites.h), and of a
 * package the newest FERRY_FORMER_MAX.  No record names their blobs: gc keeps
 * those that _keep tells.
 */

#include <stdint.h>

#include "store/base/digest.h"
#include "store/index/key.h"

struct ferry_error;
struct ferry_store;

#define FERRY_FORMER_MAX 4

/*
 * The catalog: in record `until` the package's is value, in place of old, whose
 * references still stand.  Part of the next ferry_store_commit().
 */
int ferry_former_note(struct ferry_store *st, const struct ferry_key *package,
    const json_t *old, const json_t *value, uint64_t until,
    struct ferry_error *err);

/*
 * The blob that was the package's file of that name when record seq was the last.
 * Returns: 1 and *out; 0 if that is not known, or it still is; -1.
 */
int ferry_former_find(struct ferry_store *st, const struct ferry_key *package,
    const char *name, uint64_t seq, struct ferry_digest *out,
    struct ferry_error *err);

/*
 * Forget what no site has any more that has record floor, and call on_kept with
 * each of the others.  Part of the next ferry_store_commit(), or with dry_run not
 * done.  Looks at what is committed.
 */
typedef int ferry_former_fn(
    void *ctx, const struct ferry_digest *blob, struct ferry_error *err);
int ferry_former_keep(struct ferry_store *st, uint64_t floor, bool dry_run,
    ferry_former_fn *on_kept, void *ctx, struct ferry_error *err);

#endif
