#ifndef FERRY_SYNC_UPSTREAM_TABLE_H
#define FERRY_SYNC_UPSTREAM_TABLE_H

/* Tables by name, for what a run knows; they grow, and nothing is removed. */

#include <stddef.h>

struct ferry_error;

/* What is in a table starts with an entry. */
struct ferry_table_entry {
	struct ferry_table_entry *next; /* in its slot */
	char *key; /* owned */
};
struct ferry_table {
	struct ferry_table_entry **slots;
	size_t n, cap;
};

/* The entry of key, or NULL. */
struct ferry_table_entry *
ferry_table_find(const struct ferry_table *t, const char *key);
/* Add an entry of size bytes, zeroed, of a key that is not there.  Returns:
 * the entry, owned by t; NULL with err set (FERRY_ENOMEM). */
void *ferry_table_add(struct ferry_table *t, const char *key, size_t size,
    struct ferry_error *err);
/* The entry after that one, in no order; of NULL the first; NULL: there is none.
 * Nothing may be added meanwhile. */
struct ferry_table_entry *ferry_table_next(
    const struct ferry_table *t, const struct ferry_table_entry *entry);
/* on_free (may be NULL) frees what is inside an entry. */
void ferry_table_free(struct ferry_table *t, void (*on_free)(void *entry));

#endif
