#ifndef FERRY_FETCH_TRANSFER_H
#define FERRY_FETCH_TRANSFER_H

/*
 * One transfer: what fetch.c (queues, retries, the loop), transfer.c (one
 * libcurl easy handle: options, headers, bodies) and outcome.c (how a try
 * ended) share.
 */

#include <curl/curl.h>

#include "sync/fetch/fetch.h"

#define FERRY_VALIDATOR_MAX 512

/* The memory that documents on their way take, all of them together. */
struct ferry_fetch_memory {
	uint64_t small_n; /* bytes of the small ones */
	struct ferry_transfer *large; /* the one that may be large, or NULL */
};

/*
 * Life of a transfer: waiting (in a queue) → active (has an easy handle) →
 * pausing (due later) → waiting …; freed after on_done.  From waiting it may
 * also be held back by its origin's gate → waiting.
 *
 * Invariants:
 *  1. It is in no list and has no easy handle in use while a callback of its
 *     request runs at its end.
 *  2. Only an active document counts in memory: came, of room.
 *  3. location is NULL but between a redirect and the end of its answer.
 */
struct ferry_transfer {
	struct ferry_transfer *next; /* in its queue */
	struct ferry_fetch *fetch;
	struct ferry_fetch_memory *memory; /* of fetch */
	struct ferry_fetch_request request; /* strings are our copies */
	CURL *easy;
	struct curl_slist *headers;
	uint64_t due_ms; /* when pausing */
	uint64_t offset; /* bytes handed to on_data */
	uint64_t offset_then; /* when the tries were last reset */
	unsigned tries;
	long status; /* of the answer under way; 0 before its headers */
	bool failed; /* on_data said -1, error says why */
	bool checked; /* this answer's first byte was looked at */
	struct ferry_error error;
	char etag[FERRY_VALIDATOR_MAX], last_modified[64];
	uint64_t retry_after_s; /* as asked, unbounded; 0: not asked */
	uint64_t reset_s; /* of a rate limit, from now; 0: not told */
	bool used_up; /* that rate limit */
	/* Redirects are followed by hand, so that each is judged: where to now
	 * (owned; NULL: the request's own URL), after so many. */
	char *location;
	unsigned hops;
	bool redirected; /* the answer is not of the request's own URL */
	unsigned serial; /* of the login of this try */
	unsigned denied; /* answers 401 in a row */
	/* What this try has cost. */
	uint64_t started_ms, came, header_n, error_n;
	bool cut; /* an error's body: that was enough of it */
	bool slow; /* it ended for being slow */
	bool barred; /* from an address; error says which */
	enum {
		FERRY_DOCUMENT_SMALL, /* came counts in memory->small_n */
		FERRY_DOCUMENT_LARGE, /* is memory->large */
		FERRY_DOCUMENT_PUT_BACK /* to be large when there is room */
	} room;
	char reason[CURL_ERROR_SIZE];
	char said[256]; /* how the body of an error begins */
};

/* Set up the easy handle for the next try.  login is what the origin's gate
 * says, or NULL if it has none. */
int ferry_transfer_prepare(struct ferry_transfer *t,
    const struct ferry_fetch_login *login, struct ferry_error *err);
/* After a try: the memory that its document took is free again. */
void ferry_transfer_release(struct ferry_transfer *t);
/*
 * After an answer: 1 if it sends us on and t is to be tried again there, 0 if
 * not, -1 with t->error and t->failed set if that cannot be followed.
 */
int ferry_transfer_redirect(struct ferry_transfer *t);
/*
 * Look at the answer before its first byte is used (or at its end if it has
 * none): sets t->status.  -1 with t->error set if it cannot be used.
 */
int ferry_transfer_answer(struct ferry_transfer *t);

/* Whether the server says that there were too many requests: by status, by
 * header, or in words. */
bool ferry_transfer_too_many(const struct ferry_transfer *t);
bool
ferry_transfer_worth_retrying(const struct ferry_transfer *t, CURLcode code);
/* The error of a try that ended; untouched if it went well. */
void ferry_transfer_classify(
    const struct ferry_transfer *t, CURLcode code, struct ferry_error *err);
/* Returns -1: nobody waits until then. */
int ferry_transfer_wait_too_long(
    const char *name, int64_t until, struct ferry_error *err);

#endif
