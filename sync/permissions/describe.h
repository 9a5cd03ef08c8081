#ifndef FERRY_SYNC_PERMISSIONS_DESCRIBE_H
#define FERRY_SYNC_PERMISSIONS_DESCRIBE_H

/* Records of a permission snapshot as people say them: names for numbers. */

#include <jansson.h>

#include "store/access/snapshot.h"

struct ferry_buf;
struct ferry_error;

struct ferry_describe {
	struct ferry_snapshot *s; /* NULL: of an empty text */
	json_t *packages; /* names by number */
};
/* Errors: as of ferry_snapshot_read(). */
int ferry_describe_new(struct ferry_describe *out, struct ferry_bytes text,
    struct ferry_error *err);
void ferry_describe_free(struct ferry_describe *describe);

/* Append what record says.  Returns: 1, 0 for what nobody wants to be told
 * (when it was taken), -1. */
int ferry_describe_record(const struct ferry_describe *describe,
    const json_t *record, struct ferry_buf *out, struct ferry_error *err);

#endif
