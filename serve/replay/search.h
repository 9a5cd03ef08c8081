#ifndef FERRY_SERVE_REPLAY_SEARCH_H
#define FERRY_SERVE_REPLAY_SEARCH_H

/*
 * An index over all packages of a format: for each what is searched and, ready,
 * what is answered.
 *
 * It is made when it is first asked, by a thread of its own that then follows
 * the changes.  It holds no more than the configured bytes; packages that do
 * not fit are not in it, which the log says once.
 *
 * A search looks through the whole index: 32,000 packages are some ten
 * megabytes, read in a few milliseconds.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_permit;
struct ferry_search;
struct ferry_store_view;

/* Strings are owned. */
struct ferry_search_entry {
	char *name;
	char *owner;
	char *text; /* lower case, begins with the name */
	char *answer; /* the format's own */
};
void
ferry_search_entry_free(struct ferry_search_entry *entry); /* its strings */

/* Fill *out, which is all zero, for a package.  Returns: 1; 0 if it is not to
 * be found; -1. */
typedef int ferry_search_make(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err);

/* format is a literal.  bytes bounds the index. */
int ferry_search_new(struct ferry_search **out, struct ferry_store_view *view,
    const char *format, ferry_search_make *on_make, uint64_t bytes,
    struct ferry_error *err);
/* As changed() and stop() of format.h, which search is the state of. */
void ferry_search_changed(void *search, const char *package);
void ferry_search_free(void *search);

struct ferry_search_hit {
	const struct ferry_search_entry *entry;
	unsigned score;
};
/* The hits, the best first, then by name; borrowed for the call, in which
 * nothing slow may happen.  Returns: 0, -1. */
typedef int ferry_search_hits(void *ctx, const struct ferry_search_hit *hits,
    size_t n, struct ferry_error *err);

/*
 * Tell on_hits of all packages that the holder of permit may see and whose
 * text has each of n words, which are in lower case; without words, of all.
 * Waits two seconds for an index that is being made, then looks through what is
 * there.
 * Returns: what on_hits does; -1.
 */
int ferry_search_find(struct ferry_search *search,
    const struct ferry_permit *permit, const char *const words[], size_t n,
    ferry_search_hits *on_hits, void *ctx, struct ferry_error *err);

#endif
