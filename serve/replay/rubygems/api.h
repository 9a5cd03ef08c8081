#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_API_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_API_H

/*
 * The JSON that bots read of one gem, and searching.
 *
 * Source: RubyGems.org API, "Gem Methods", "Gem Version Methods"; which members
 *     bots use: store/format/rubygems/PROTOCOL.md, section 2.
 */

struct ferry_call;
struct ferry_error;
struct ferry_permit;
struct ferry_response;
struct ferry_search;
struct ferry_search_entry;
struct ferry_store_view;
struct ferry_times;

/* As answer() of struct ferry_replay: /api/v1/gems/…, /api/v1/versions/…. */
int ferry_gem_answer_api(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
int ferry_gem_answer_search(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err);
/* As ferry_search_make() of search.h. */
int ferry_gem_search_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err);
/* As times() of struct ferry_replay. */
int ferry_gem_times(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_times *out, struct ferry_error *err);

#endif
