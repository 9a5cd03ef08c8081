#ifndef FERRY_SERVE_REPLAY_STORE_VIEW_H
#define FERRY_SERVE_REPLAY_STORE_VIEW_H

/*
 * The store as a server sees it: a reader that follows the writer, and the
 * cache of what was made from it.
 *
 * A thread catches up four times a second and drops from the cache what the
 * new journal records name.  A document in the cache is therefore never older
 * than that, and needs no check when it is handed out.
 *
 * In the cache a package's group is its format, NUL, and its name.
 *
 * Threads: all functions from any thread, except _open and _close.
 */

#include <stdbool.h>
#include <stdint.h>

#include "serve/replay/cache.h"

struct ferry_absent;
struct ferry_error;
struct ferry_store_view;
struct ferry_store;

/*
 * Called for each package that changed, from one thread at a time; NULL means
 * that anything may have.
 */
typedef void
ferry_store_view_changed(void *ctx, const char *format, const char *package);

/* files: how many descriptors the cache may keep.  Errors: as of
 * ferry_store_open(). */
int ferry_store_view_open(struct ferry_store_view **out, const char *path,
    uint64_t cache_bytes, unsigned files, struct ferry_error *err);
/* From now on what is held is all (known.h): before anything is read. */
void ferry_store_view_hide_known(struct ferry_store_view *view);
bool ferry_store_view_hides_known(const struct ferry_store_view *view);
/* Start to follow.  on_changed is called from then on. */
int ferry_store_view_follow(struct ferry_store_view *view,
    ferry_store_view_changed *on_changed, void *ctx, struct ferry_error *err);
/* Stop to; on_changed is not called any more. */
void ferry_store_view_unfollow(struct ferry_store_view *view);
void ferry_store_view_close(struct ferry_store_view *view); /* NULL is fine */

struct ferry_store *ferry_store_view_store(struct ferry_store_view *view);
/* Who may read what of it; follows it. */
struct ferry_access *ferry_store_view_access(struct ferry_store_view *view);
struct ferry_access;
/* Names that the store lacks, as far as they were asked for. */
struct ferry_absent *ferry_store_view_absent(struct ferry_store_view *view);
struct ferry_cache *ferry_store_view_cache(struct ferry_store_view *view);
/* The last journal record that was seen. */
uint64_t ferry_store_view_seq(struct ferry_store_view *view);
/* Milliseconds since the writer was followed successfully. */
uint64_t ferry_store_view_age_ms(struct ferry_store_view *view);

/*
 * Catch up.  For a read that failed because the writer's compaction
 * removed a file that this reader still pointed to.
 */
int ferry_store_view_refresh(
    struct ferry_store_view *view, struct ferry_error *err);
/* Catch up with all that was committed before: what somebody was told is here
 * must be seen (ferry_store_catch_up_now()). */
int ferry_store_view_refresh_all(
    struct ferry_store_view *view, struct ferry_error *err);

/*
 * The bytes of a package's file, called by its entity tag, are not what they
 * should be: forget what the cache has for the package, and log it, once for
 * each of the last such files.
 */
void ferry_store_view_damaged(struct ferry_store_view *view, const char *format,
    const char *package, const char *etag);

/*
 * What the cache has for a package ("": for none) under a name of parts, of
 * which the last is followed by NULL; made by on_make(ctx) if it is not there.
 * Returns and errors: as of ferry_cache_get().
 */
int ferry_store_view_get(struct ferry_store_view *view, struct ferry_body **out,
    ferry_cache_make *on_make, void *ctx, struct ferry_error *err,
    const char *format, const char *package, ...) __attribute__((sentinel));

#endif
