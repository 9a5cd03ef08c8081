#ifndef FERRY_SYNC_KINDS_H
#define FERRY_SYNC_KINDS_H

/* The kinds of upstreams, in the order of their names, up to a NULL: a row for
 * each folder of sync/upstream that has a format. */

struct ferry_upstream_kind;

extern const struct ferry_upstream_kind *const ferry_kinds[];

#endif
