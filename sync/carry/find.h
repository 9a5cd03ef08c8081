#ifndef FERRY_SYNC_CARRY_FIND_H
#define FERRY_SYNC_CARRY_FIND_H

/* Finding the bundles on a medium: volumes whose signed heads agree. */

#include "store/base/error.h"
#include "store/bundle/volume.h"
#include "sync/base/task.h"
#include "sync/carry/trust.h"

struct ferry_found_volume {
	char *path;
	size_t number;
};

struct ferry_found_bundle {
	struct ferry_head *head;
	struct ferry_signers signers; /* of all of its volumes */
	struct ferry_found_volume *volumes; /* by number; copies beside it */
	size_t n, cap;
};

struct ferry_found {
	struct ferry_found_bundle *bundles; /* by first record, then last */
	size_t n, cap;
	uint64_t refused; /* files that are no trusted volumes */
	struct ferry_error first; /* why the first of them */
	bool rotated; /* a root came with one; part of the next commit */
};

/*
 * Look at every path: a volume, or a folder with volumes (*.tar).  A file that
 * cannot be taken is noted and counted; in a folder, one that is no volume at
 * all is skipped, unless it is called as one.  Signatures in files of their own
 * (*.sig, store/bundle/detached.h) count if they lie in the same folder.
 * Roots that they bring are taken (rotate.h) before their signatures are looked
 * at.  Without task->st nobody is asked who signed.
 * Errors: FERRY_ESYSTEM (a path cannot be read), FERRY_ENOMEM.
 */
int ferry_find(const struct ferry_task *task, char *const *paths, size_t n,
    struct ferry_found *out, struct ferry_error *err);
/*
 * Open volume i of a bundle again, up to its members.
 * Errors: as of reading volumes; FERRY_EDIGEST (its head is another one now).
 */
int ferry_found_open(struct ferry_volume **out,
    const struct ferry_found_bundle *bundle, size_t i, struct ferry_error *err);
void ferry_found_clear(struct ferry_found *found);

#endif
