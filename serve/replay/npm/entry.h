#ifndef FERRY_SERVE_REPLAY_NPM_ENTRY_H
#define FERRY_SERVE_REPLAY_NPM_ENTRY_H

/*
 * One package as the search of npm sees it.
 *
 * Source: npm registry documentation, "GET /-/v1/search": members of a result.
 * Observed: tests/npm/510, for what npm prints of them.
 */

#include <stddef.h>

struct ferry_error;
struct ferry_store_view;

struct ferry_npm_entry {
	char *name;
	char *owner;
	char *text; /* lower case: name, description, keywords */
	char *json; /* the "package" of an answer */
	size_t size;
};

/* Returns: 1 and *out, 0 if there is nothing to find, -1. */
int ferry_npm_entry_make(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_npm_entry *out, struct ferry_error *err);
void ferry_npm_entry_free(struct ferry_npm_entry *entry); /* not entry itself */

#endif
