#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_INDEX_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_INDEX_H

/*
 * All gems of the store with the versions that are shown, in memory: what lists
 * over all of them are written from.  And what changed last, so that a list can
 * be carried on where it ended.
 *
 * It is made when it is first wanted, by a thread of its own that then follows
 * the changes.  200,000 gems take about 30 MB.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_gem_index;
struct ferry_store_view;

#define FERRY_GEM_MD5_SIZE 16

/* name, owner and versions are in one piece of memory, which name is. */
struct ferry_gem_entry {
	char *name; /* as in the catalog */
	char *owner;
	char *versions; /* "1.0,1.1-java", in order; "" if none is shown */
	uint8_t md5[FERRY_GEM_MD5_SIZE]; /* of its /info */
	bool first; /* of those of its name: whom the name alone means */
};
/* versions are what came and, with '-' in front, what went. */
struct ferry_gem_change {
	uint64_t serial;
	struct ferry_gem_entry entry;
};

/* What is to be seen while it is locked. */
struct ferry_gem_state {
	const struct ferry_gem_entry *list; /* by name, then owner */
	size_t n;
	uint64_t serial; /* grows with each change */
	const struct ferry_gem_change *changes; /* the last ones, in order */
	size_t changes_n;
	uint64_t whole; /* changes reach back to this serial, not further */
};

/* Of the gems in view, which is borrowed; nothing is read yet. */
int ferry_gem_index_new(struct ferry_gem_index **out,
    struct ferry_store_view *view, struct ferry_error *err);
/* As changed() of format.h. */
void
ferry_gem_index_changed(struct ferry_gem_index *index, const char *package);
void ferry_gem_index_free(struct ferry_gem_index *index); /* NULL is fine */

/*
 * Lock it, once it is made.  Returns: 0 and *state, until _unlock; -1, not
 * locked.  Errors: FERRY_ELIMIT (it is still being made).
 */
int ferry_gem_index_lock(struct ferry_gem_index *index,
    struct ferry_gem_state *state, struct ferry_error *err);
void ferry_gem_index_unlock(struct ferry_gem_index *index);

#endif
