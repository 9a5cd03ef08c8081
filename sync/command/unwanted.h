#ifndef FERRY_COMMAND_UNWANTED_H
#define FERRY_COMMAND_UNWANTED_H

/*
 * What nothing has wanted for as long as the option `keep` of its upstream says:
 * no option, lock file or recording, and no version that one of those needs
 * (sync/upstream/reason.h).  Of images, what belongs to one that is wanted is.
 *
 * What ferryd's clients had pulled, and no sync was told of, is the puller's to
 * bound; what an import brought is its origin's.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_store;

struct ferry_unwanted {
	uint64_t versions;
	/* {"item","last"} of the first, "last" being seconds; owned. */
	json_t *some;
	/* One text for each upstream of which nothing goes, saying why; owned. */
	json_t *kept;
};
#define FERRY_UNWANTED_SOME 20

/* Remove it, as `ferry remove` would, so that it can be restored and that a sync
 * which wants it brings it back; a dry run only counts.  Commits. */
int ferry_unwanted_remove(struct ferry_unwanted *out, struct ferry_store *st,
    bool dry_run, struct ferry_error *err);

#endif
