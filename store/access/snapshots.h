#ifndef FERRY_STORE_ACCESS_SNAPSHOTS_H
#define FERRY_STORE_ACCESS_SNAPSHOTS_H

/*
 * The permission snapshots that a store holds now, by upstream.
 *
 * An upstream without a record `access NAME` is a plain registry whose packages
 * have the visibility that its record `upstream NAME` says; one that says
 * nothing is private as soon as anything in the store is not public.
 *
 * Threads: never changed once it was loaded.
 */

#include <jansson.h>

#include "store/access/rules.h"
#include "store/access/snapshot.h"

struct ferry_error;
struct ferry_people;
struct ferry_store;
struct ferry_snapshots;

/*
 * A snapshot that cannot be read is logged, and nobody may read its upstream's
 * packages.  Errors: of the index, FERRY_ENOMEM.
 */
int ferry_snapshots_load(struct ferry_snapshots **out, struct ferry_store *st,
    struct ferry_error *err);
void ferry_snapshots_free(struct ferry_snapshots *all);

/* All of them, by number; borrowed. */
size_t ferry_snapshots_count(const struct ferry_snapshots *all);
const struct ferry_snapshot *
ferry_snapshots_at(const struct ferry_snapshots *all, size_t i);
/* Of an upstream.  NULL if nothing is known of it, unless the store restricts
 * nothing: then it is public. */
const struct ferry_snapshot *
ferry_snapshots_find(const struct ferry_snapshots *all, const char *upstream);
/* The people of this site, who last beside them. */
const struct ferry_people *
ferry_snapshots_people(const struct ferry_snapshots *all);
/* A user whom this site or a snapshot of the realm says to be suspended claims nothing any
 * more: claim->kind becomes FERRY_CLAIM_SUSPENDED. */
void ferry_snapshots_suspend(
    const struct ferry_snapshots *all, struct ferry_claim *claim);
/* Whether the store has permissions at all, or only plain public registries. */
bool ferry_snapshots_restrict(const struct ferry_snapshots *all);

/* What the record of an upstream says of its packages, for a plain registry's:
 * "public", "internal" or "private"; NULL if it says nothing. */
const char *ferry_visibility_said(const json_t *record);
/* Whether a store restricts for what one record said, or NULL. */
bool ferry_visibility_restricts(const char *said);
/* What counts without a snapshot, in a store that restricts or does not. */
const char *ferry_visibility_counts(const char *said, bool restricts);

/*
 * The text of an upstream's snapshot, or of the one before it, appended to
 * buf.  Returns: 1, 0 if there is none, -1.
 */
enum ferry_snapshot_which { FERRY_SNAPSHOT_NOW, FERRY_SNAPSHOT_BEFORE };
int ferry_snapshots_text(struct ferry_store *st, const char *upstream,
    enum ferry_snapshot_which which, struct ferry_buf *buf,
    struct ferry_error *err);

/* When it was last found true, by the clock of whoever took it, and its
 * generation: 1, 0 if there is none, -1. */
int ferry_snapshots_times(struct ferry_store *st, const char *upstream,
    uint64_t *generation, int64_t *taken_at, struct ferry_error *err);

/*
 * Writer: make text the snapshot of upstream, as generation meta's; part of
 * the next commit.  text is checked by reading it.
 * Returns: 1; 0 if it says what the newest one says (but for "meta"), which
 *     then stays; -1 (FERRY_EREPLAY: its generation is not newer).
 */
int ferry_snapshots_put(struct ferry_store *st, const char *upstream,
    struct ferry_bytes text, struct ferry_error *err);

/*
 * Import: whether value, another store's record `access UPSTREAM`, is the one
 * here.  Which of its origin's is newer, its journal says, and no number in
 * them.  Returns: 1, 0, -1.
 */
int ferry_snapshots_is_here(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err);
/*
 * Import: note when value came, if its clock is ahead of the one here: it cannot
 * be younger.  Returns: 1 it is by more than clocks may differ, 0, -1.
 */
int ferry_snapshots_seen(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err);
/* Import: whether what value names, which is here, is a snapshot of upstream.
 * Returns: 0, or -1. */
int ferry_snapshots_check(struct ferry_store *st, const char *upstream,
    const json_t *value, struct ferry_error *err);

#endif
