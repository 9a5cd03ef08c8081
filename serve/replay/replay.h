#ifndef FERRY_REPLAY_H
#define FERRY_REPLAY_H

/*
 * From a request of a native client to its response.
 *
 * A request goes one way: route (which format, which path in it) → identity →
 * store/access → the format's answer.  ferry_replay_request() is the only
 * function here that answers, and the answers of formats take the permit that
 * only store/access makes.
 *
 * Formats are rows of a table in replay.c; format.h says what a row is.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_store_view;
struct ferry_lines;
struct ferry_metrics;
struct ferry_replayer;
struct ferry_request;
struct ferry_response;

/* What the configuration says; may change at a reload. */
struct ferry_site {
	const char *public_url; /* without a final '/'; NULL: the request's */
	bool subdomains; /* npm.HOST is what HOST/npm/ is */
	unsigned bad_credentials; /* a minute of one address; 0: any */
	struct ferry_lines *audit; /* where decisions are written, or NULL */
	struct ferry_metrics *metrics;
	uint64_t started_ms; /* ferry_ticks_ms() */
};

/* The formats' literals, NULL at the end; for the metrics. */
const char *const *ferry_replay_formats(void);

/*
 * search_bytes bounds what is kept for searching.  Starts to follow view,
 * which is borrowed until _free.
 */
int ferry_replayer_new(struct ferry_replayer **out,
    struct ferry_store_view *view, uint64_t search_bytes,
    struct ferry_error *err);
/* Ends the following.  No request may be under way. */
void ferry_replayer_free(struct ferry_replayer *replayer);

/*
 * Returns: whether the request's URL belongs to a format; then res is filled,
 *     whatever happened.
 * Threads: any number at once.
 */
bool ferry_replay_request(struct ferry_replayer *replayer,
    const struct ferry_site *site, const struct ferry_request *rq,
    struct ferry_response *res);

/* "https://host", as the client sees this server: without a final '/'.
 * Returns: 0, or -1 with FERRY_EFORMAT (no usable Host). */
struct ferry_buf;
int ferry_replay_origin(const struct ferry_site *site,
    const struct ferry_request *rq, struct ferry_buf *out,
    struct ferry_error *err);

#endif
