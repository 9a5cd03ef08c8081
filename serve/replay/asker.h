#ifndef FERRY_SERVE_REPLAY_ASKER_H
#define FERRY_SERVE_REPLAY_ASKER_H

/*
 * Asks the puller (sync/pull/README.md) for what the store does not hold.
 *
 * A thread has the connection, makes it when there is something to ask, and
 * follows which upstreams are pulled through.  No request waits in a thread of
 * the server: it gets a ticket, and is given again when that has ended.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>
#include <stdint.h>

#include "serve/http/http.h"
#include "store/pull/message.h"

struct ferry_ages;
struct ferry_asker;
struct ferry_error;
struct ferry_flow;
struct ferry_store_view;
struct ferry_used;

/* What became of a question: the puller's word, or ours. */
enum ferry_answered {
	FERRY_ANSWERED_NOT_YET, /* but perhaps a part of it is here */
	FERRY_ANSWERED, /* as said */
	FERRY_ANSWERED_NOBODY, /* no puller runs */
	FERRY_ANSWERED_LATE /* not within the time */
};

/* One request that waits. */
struct ferry_ticket {
	struct ferry_later later; /* first: what the server sees of it */
	struct ferry_asker *asker;
	struct ferry_ticket *next; /* in the asker's list, with its lock */
	struct ferry_pull_ask ask;
	uint64_t wait_ms, until_ms;
	bool listed, sent, flowing;
	void (*on_ready)(void *ctx);
	void *ctx;
	/* With the asker's lock: */
	enum ferry_answered answered;
	struct ferry_pull_said said;
	struct ferry_flow *flow; /* what has come; or NULL */
	/* Nobody waits: it frees itself, and what came of it is the age of a
	 * document of that owner.  "": somebody does. */
	char background[FERRY_PULL_NAME];
};

/*
 * socket: a path, copied.  view is borrowed until _free, before which all
 * tickets are freed.
 */
int ferry_asker_new(struct ferry_asker **out, const char *socket,
    struct ferry_store_view *view, struct ferry_error *err);
void ferry_asker_free(struct ferry_asker *asker); /* NULL is fine */

/* The upstreams of format that are pulled through, in the order of names: how
 * many of FERRY_PULL_UPSTREAMS. */
size_t ferry_asker_upstreams(struct ferry_asker *asker, const char *format,
    char names[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME]);
/* Whether name is one of them. */
bool ferry_asker_pulls(
    struct ferry_asker *asker, const char *format, const char *name);
/* Borrowed from asker: how old documents are, and what clients use. */
struct ferry_ages *ferry_asker_ages(struct ferry_asker *asker);
struct ferry_used *ferry_asker_used(struct ferry_asker *asker);

/* Have a document of owner pulled anew while what is here is served: it is not
 * old before that ends, or wait_s have passed. */
void ferry_asker_refresh(struct ferry_asker *asker,
    const struct ferry_pull_ask *ask, const char *owner, uint64_t wait_s);

/* A ticket for ask, which ends after wait_s at the latest; ask.id is set here.
 * The server starts and frees it (struct ferry_later). */
int ferry_ticket_new(struct ferry_ticket **out, struct ferry_asker *asker,
    const struct ferry_pull_ask *ask, uint64_t wait_s, struct ferry_error *err);
/*
 * What became of what a request waited for that was given again: 1 and *out; 0 if
 * it never waited.  *flow, which the caller unrefs, is NULL unless a part of it is
 * here and there is no answer yet.
 */
struct ferry_ticket_end {
	enum ferry_answered answered;
	struct ferry_pull_said said;
};
int ferry_ticket_look(const struct ferry_request *rq,
    struct ferry_ticket_end *out, struct ferry_flow **flow);

/* For /metrics. */
struct ferry_asker_counts {
	uint64_t asked, here, absent, refused, failed, late, nobody, waiting;
};
void
ferry_asker_counts(struct ferry_asker *asker, struct ferry_asker_counts *out);

#endif
