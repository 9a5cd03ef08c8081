#ifndef FERRY_SYNC_PULL_CACHE_H
#define FERRY_SYNC_PULL_CACHE_H

/*
 * How much of what clients asked for is kept (README.md, "Bounded"): the puller
 * drops versions that nobody used for longest, where `cache_size` says how much
 * all of them may take; and counts what clients got.
 *
 * ferryd tells of uses at any time; they are noted in the store when that is
 * open for something else, when there are many, or at the puller's end.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/pull/message.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_pull_cache;
struct ferry_run;

/* Reads the options of the group `pull`.  Errors: FERRY_ECONFIG. */
int ferry_pull_cache_new(struct ferry_pull_cache **out,
    struct ferry_conf_group *group, struct ferry_error *err);
void ferry_pull_cache_free(struct ferry_pull_cache *cache); /* NULL is fine */

/* As of struct ferry_pull_on_uses; ctx is a struct ferry_pull_cache. */
int ferry_pull_cache_on_use(
    void *ctx, const struct ferry_pull_use *use, struct ferry_error *err);
int ferry_pull_cache_on_count(
    void *ctx, const struct ferry_pull_count *count, struct ferry_error *err);

/* Whether uses or counts wait to be noted; whether the store should be opened
 * for them, or because more is here than should be. */
bool ferry_pull_cache_waits(const struct ferry_pull_cache *cache);
bool ferry_pull_cache_is_due(const struct ferry_pull_cache *cache);

/*
 * Now and then, with nothing pending that must not be committed: note uses, and
 * drop what is too much.  Returns: 1 something was dropped, which run may still
 * believe to be here: begin no more in it; 0; -1, of the store.
 */
int ferry_pull_cache_turn(struct ferry_pull_cache *cache, struct ferry_run *run,
    struct ferry_error *err);
/* At the end of a run: note what waits.  Part of the next commit. */
int ferry_pull_cache_note(struct ferry_pull_cache *cache, struct ferry_run *run,
    struct ferry_error *err);

#endif
