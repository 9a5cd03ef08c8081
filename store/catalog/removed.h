#ifndef FERRY_CATALOG_REMOVED_H
#define FERRY_CATALOG_REMOVED_H

/* What a version's record says of its removal (removal.h). */

#include <jansson.h>
#include <stdbool.h>

/* Whether the version of that record is removed: not served. */
static inline bool
ferry_removal_is(const json_t *record)
{

	return json_object_get(record, "deleted_at") != NULL;
}

/* Whether a sync that wants it brings it back. */
static inline bool
ferry_removal_comes_back(const json_t *record)
{

	return json_object_get(record, "deleted_with") != NULL ||
	       json_is_true(json_object_get(record, "unwanted"));
}

#endif
