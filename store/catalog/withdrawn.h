#ifndef FERRY_CATALOG_WITHDRAWN_H
#define FERRY_CATALOG_WITHDRAWN_H

/*
 * What upstream took away: versions that are here and that it lists no more.
 *
 * Their records have "gone_at" (seconds) and, where the operator wants clients
 * to get them all the same, "kept": true.  Where clients need what upstream's
 * document said of a version, a file FERRY_WITHDRAWN_FILE of the record has it,
 * as a document of the format that lists this version alone.
 */

#include <jansson.h>
#include <stdbool.h>

#define FERRY_WITHDRAWN_FILE "withdrawn"

/* Whether clients are not shown the version of that record. */
static inline bool
ferry_withdrawn_hidden(const json_t *record)
{

	return json_object_get(record, "gone_at") != NULL &&
	       !json_is_true(json_object_get(record, "kept"));
}

#endif
