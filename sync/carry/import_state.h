#ifndef FERRY_SYNC_CARRY_IMPORT_STATE_H
#define FERRY_SYNC_CARRY_IMPORT_STATE_H

/*
 * What is remembered of an import that is not complete (see import.h for the
 * local records).  Everything here is part of the next commit.
 */

#include <stdbool.h>

#include "store/bundle/head.h"
#include "store/bundle/member.h"

struct ferry_error;
struct ferry_store;

struct ferry_import_state {
	const struct ferry_head *head; /* borrowed */
	bool *done; /* by volume, from 0; owned */
	size_t done_n; /* how many are */
};

/*
 * What is known of head's bundle; of another bundle of the same origin it is
 * forgotten (1 is returned then, else 0, or -1).
 */
int ferry_import_state_load(struct ferry_import_state *in,
    struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err);
int ferry_import_state_save(const struct ferry_import_state *in,
    struct ferry_store *st, struct ferry_error *err);
/* Forget it, and the parts with their blobs. */
int ferry_import_state_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err);
void ferry_import_state_clear(struct ferry_import_state *in);

/* A part of records, whose stored bytes are kept as the blob member->sha256. */
int ferry_part_put(struct ferry_store *st, const struct ferry_head *head,
    const struct ferry_member *member, struct ferry_error *err);
/* 1 and *out, 0 if that part is not here, -1. */
int ferry_part_get(struct ferry_store *st, const struct ferry_head *head,
    uint64_t part, struct ferry_member *out, struct ferry_error *err);

#endif
