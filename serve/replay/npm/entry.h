#ifndef FERRY_SERVE_REPLAY_NPM_ENTRY_H
#define FERRY_SERVE_REPLAY_NPM_ENTRY_H

/*
 * One package as the search of npm sees it.
 *
 * Source: npm registry documentation, "GET /-/v1/search": members of a result.
 * Observed: tests/npm/510, for what npm prints of them.
 */

struct ferry_error;
struct ferry_search_entry;
struct ferry_store_view;

/* As ferry_search_make() of search.h; the answer is the "package" of npm's. */
int ferry_npm_entry_make(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err);

#endif
