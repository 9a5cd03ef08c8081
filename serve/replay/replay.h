#ifndef FERRY_SERVE_REPLAY_REPLAY_H
#define FERRY_SERVE_REPLAY_REPLAY_H

/*
 * From a request of a native client to its response.
 *
 * A request goes one way: route (which format, which path in it) → identity →
 * store/access → the format's answer.  ferry_replay_request() is the only
 * function here that answers, and the answers of formats take the permit that
 * only store/access makes.
 *
 * Formats are rows that are handed in; format.h says what a row is.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_asker;
struct ferry_error;
struct ferry_issuing;
struct ferry_replay;
struct ferry_replayer;
struct ferry_request;
struct ferry_response;
struct ferry_site;
struct ferry_store_view;

/*
 * formats: rows, of which the first whose URL it is answers; NULL ends.
 * search_bytes bounds what is kept for searching.  Starts to follow view.
 * asker asks for what is not here; NULL: nobody does.
 * issuing asks for tokens.
 * Lifetime: formats, view, asker and issuing are borrowed until _free.
 */
int ferry_replayer_new(struct ferry_replayer **out,
    const struct ferry_replay *const *formats, struct ferry_store_view *view,
    struct ferry_asker *asker, struct ferry_issuing *issuing,
    uint64_t search_bytes, struct ferry_error *err);
/* Ends the following.  No request may be under way.  NULL is fine. */
void ferry_replayer_free(struct ferry_replayer *replayer);

/* Whether the host that a request names is one that site answers to; true
 * where it has no list of hosts. */
bool ferry_replay_expects(const struct ferry_replayer *replayer,
    const struct ferry_site *site, const struct ferry_request *rq);

/*
 * Returns: whether the request's URL belongs to a format; then res is filled,
 *     whatever happened.
 * Threads: any number at once.
 */
bool ferry_replay_request(struct ferry_replayer *replayer,
    const struct ferry_site *site, const struct ferry_request *rq,
    struct ferry_response *res);

#endif
