#ifndef FERRY_SERVE_REPLAY_PULLING_H
#define FERRY_SERVE_REPLAY_PULLING_H

/*
 * A request for something that could be pulled: whether it may be, whether it
 * must be before there is an answer, and what its end means to the client.
 *
 * Of a package that is here, its owner alone is asked.  Of one that is not, the
 * upstreams are asked whose packages the client could read: nothing is pulled
 * for somebody who may not read it.
 */

#include <stdbool.h>

#include "serve/replay/asker.h"

struct ferry_call;
struct ferry_error;
struct ferry_replay;
struct ferry_response;

struct ferry_pulling {
	const struct ferry_call *call;
	const struct ferry_replay *format;
	bool possible; /* else there is nothing but call and format */
	struct ferry_pull_ask ask;
	bool asked; /* it was asked for, and end says what came of it */
	struct ferry_ticket_end end;
	struct ferry_flow *flow; /* a part of it is here; owned, or NULL */
};

/* What a request means, as a puller would be asked for it; where anything is.
 * Returns: whether it means a package, or a part of one. */
bool ferry_pulling_want(struct ferry_pull_want *out,
    const struct ferry_call *call, const struct ferry_replay *format);
/* Find out what could be pulled.  Its owner was looked for.  Returns: whether
 * there is something, and somebody to ask. */
bool ferry_pulling_find(struct ferry_pulling *out, struct ferry_call *call,
    const struct ferry_replay *format);
/*
 * Before access is decided: ask, if the package is not here; if asking for it
 * came to nothing, say so.  Access was decided as for a package of each upstream.
 * Returns: 1 and res; 0 go on; -1.
 */
int ferry_pulling_before(const struct ferry_pulling *pulling,
    struct ferry_response *res, struct ferry_error *err);
/*
 * rc is what answer() of the format returned.  Ask if that lacked something, or
 * is too old; or say what became of asking.
 * Returns: as answer().
 */
int ferry_pulling_end(const struct ferry_pulling *pulling, int rc,
    struct ferry_response *res, struct ferry_error *err);

/* Count the answer, rc and res, and tell the puller what was used of what it
 * pulls; also where nothing could be pulled (_find). */
void ferry_pulling_used(const struct ferry_pulling *pulling, int rc,
    const struct ferry_response *res);

/* Why the puller would not get it; NULL if it did not say so. */
const char *ferry_pulling_refusal(const struct ferry_pulling *pulling);

/* Release what it owns. */
void ferry_pulling_clear(struct ferry_pulling *pulling);

#endif
