#ifndef FERRY_SYNC_PERMISSIONS_DIFF_H
#define FERRY_SYNC_PERMISSIONS_DIFF_H

/*
 * What one permission snapshot changed against another, in words: which facts
 * came and went, and who may do more or less with which package.
 */

#include <jansson.h>

#include "store/base/bytes.h"

struct ferry_error;

/* So many decisions are made for the second part; beyond, it is left out. */
#define FERRY_DIFF_DECISIONS 4000000

/*
 * One change.  sign is '+' or '-' for a fact, '=' for what it means to
 * somebody; record is the fact, or NULL.
 */
typedef int ferry_on_change(void *ctx, char sign, const char *text,
    const json_t *record, struct ferry_error *err);

/*
 * before may be empty: then otherwise, if not NULL, is what counted until then.
 * *decided says whether everybody's
 * rights were compared.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM; on_change's.
 */
struct ferry_snapshot_meta;
int ferry_access_compare(struct ferry_bytes before,
    const struct ferry_snapshot_meta *otherwise, struct ferry_bytes after,
    ferry_on_change *on_change, void *ctx, bool *decided,
    struct ferry_error *err);

#endif
