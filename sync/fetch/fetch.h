#ifndef FERRY_FETCH_H
#define FERRY_FETCH_H

/*
 * Many HTTP transfers at once over one libcurl multi handle.
 *
 * Requests wait in two queues (documents before files), run at most
 * origin->connections at a time each origin, are retried with growing, jittered
 * pauses that honour Retry-After, and go on where they broke off where the
 * server can do ranges.  Every try starts at the request's own URL, whatever
 * it was redirected to before.
 *
 * What a server can cost us is bounded.  An error's body is read up to 64 kB,
 * header and trailers of an answer up to 512 kB.  A file that comes at less
 * than 1 kB/s over a minute, or on average after two, ends, and is tried once
 * more; a document ends after ten minutes.  Documents, which are kept in
 * memory, share 24 MB; one that would go beyond is fetched again as the only
 * large one.
 * Everything happens in the thread that calls
 * ferry_fetch_run(), callbacks included; they may add requests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/error.h"

struct ferry_fetch;
struct ferry_fetch_result;
struct ferry_reach;

enum ferry_fetch_verdict {
	FERRY_FETCH_DONE,
	FERRY_FETCH_AGAIN /* what arrived is wrong: once more from the start */
};

/*
 * How the requests of an origin are let in where that is not known from the
 * start: a registry that hands out tokens.
 *
 * on_enter is asked before every try, so that a retried or resumed request gets
 * credentials that are good then.  FERRY_FETCH_HOLD keeps the request back
 * until ferry_fetch_release(); FERRY_FETCH_REFUSE ends it with err.
 *
 * on_answer sees the end of every try: the answer of the request's own URL
 * (FERRY_FETCH_REDIRECTED if that sent us elsewhere, whatever was said there),
 * or a failure (status 0).  FERRY_FETCH_AGAIN, heeded for a 401 only and twice
 * in a row at most, asks on_enter and tries again.
 */
#define FERRY_FETCH_REDIRECTED 307
enum ferry_fetch_entry {
	FERRY_FETCH_ENTER,
	FERRY_FETCH_HOLD,
	FERRY_FETCH_REFUSE
};
struct ferry_fetch_login { /* strings are borrowed for the call */
	const char *token; /* Bearer, */
	const char *user, *password; /* or Basic, */
	const char *netrc; /* or what this file has for the host */
	unsigned serial; /* the gate's own, for on_answer */
};
struct ferry_fetch_gate {
	void *ctx;
	enum ferry_fetch_entry (*on_enter)(void *ctx, const char *scope,
	    struct ferry_fetch_login *login, struct ferry_error *err);
	enum ferry_fetch_verdict (*on_answer)(void *ctx, const char *scope,
	    unsigned serial, const struct ferry_fetch_result *result);
};

/*
 * Where requests go, and how to be let in.  Strings may be NULL.  Must outlive
 * its requests.
 *
 * token, password, netrc and the client certificate are for the scheme, host
 * and port of a request's own URL: where a redirect leaves for another, they
 * stay behind.  token and password reach no log and no error.  A URL with a
 * login in it is refused, wherever it came from (FERRY_EDENIED).  What may be
 * connected to is reach's to say, and a private CA vouches for hosts that it
 * names only, the system's CAs for all others.
 */
struct ferry_fetch_origin {
	const char *name; /* for messages */
	const char *token; /* Authorization: Bearer … */
	const char *user; /* or Basic */
	const char *password;
	const char *netrc; /* or a netrc file */
	const struct ferry_fetch_gate *gate; /* instead of these three */
	const char *ca_file; /* private CA, instead of the system's */
	const char *cert_file, *key_file; /* client certificate */
	const char *proxy; /* instead of the environment's */
	struct ferry_reach *reach; /* shared; NULL: anywhere */
	unsigned connections; /* at once; at least 1 */
	unsigned tries; /* of one request without progress */
	uint64_t rate; /* bytes/s over all transfers; 0: no limit */

	/* Private to fetch. */
	unsigned active;
	uint64_t wait_until_ms; /* nothing starts before: it asked us to wait */
	int64_t wait_told; /* until when on_wait was told */
};

struct ferry_fetch_result {
	struct ferry_error error; /* code FERRY_OK: status is 200 or 304 */
	long status; /* of HTTP; 0 if there was no answer */
	const char *etag; /* borrowed during the call, or NULL */
	const char *last_modified;
	int64_t modified; /* the same in seconds; 0 if not told */
	int64_t date; /* of the server's clock; 0 if not told */
	uint64_t length; /* of a head request's answer; 0 if not told */
	unsigned tries;
	bool last_try; /* FERRY_FETCH_AGAIN will not be heeded */
	void *easy; /* private to fetch */
};

/*
 * Header i (from 0, as the same may come several times) called name of the
 * answer that result is about, redirects followed; NULL if there is none.
 * Borrowed until the callback that got result returns.
 */
const char *ferry_fetch_header(
    const struct ferry_fetch_result *result, const char *name, size_t i);

/*
 * One request.  Everything is copied except origin and ctx.
 *
 * on_start (may be NULL): bytes follow from the very start; forget earlier ones.
 * on_data: more bytes of a 200's body; -1 with err set ends the request.
 * on_done: exactly once (unless it asks for FERRY_FETCH_AGAIN, or the fetch is
 *     freed first).  Codes in result->error: FERRY_ENOTFOUND (404, 410),
 *     FERRY_EDENIED (401, 403), FERRY_EHTTP, FERRY_ENETWORK, FERRY_ELIMIT
 *     (longer than max_size), or what on_data set.
 * on_drop (may be NULL): the request will never be done; free ctx.
 */
struct ferry_fetch_request {
	struct ferry_fetch_origin *origin;
	const char *url;
	const char *accept; /* NULL: anything */
	const char *if_none_match; /* validators, or NULL */
	const char *if_modified_since;
	bool document; /* goes first; may arrive compressed */
	/*
	 * How many of its first bytes are here: if the server has more of the
	 * same, on_data gets what follows, without on_start.  Whether it is of
	 * the same is for the caller to find out.  A later try starts anew.
	 */
	uint64_t have;
	bool head; /* only the answer's header: no body, no on_data */
	const char *scope; /* for the origin's gate, or NULL */
	const char *extra; /* one more line of the header, or NULL */
	const char *post; /* JSON to send: POST instead of GET; or NULL */
	uint64_t max_size; /* of the decoded body */
	void *ctx;
	void (*on_start)(void *ctx);
	int (*on_data)(
	    void *ctx, const void *p, size_t n, struct ferry_error *err);
	enum ferry_fetch_verdict (*on_done)(
	    void *ctx, const struct ferry_fetch_result *result);
	void (*on_drop)(void *ctx);
};

/* Errors: FERRY_ENOMEM, FERRY_ENETWORK (libcurl does not start). */
int ferry_fetch_new(struct ferry_fetch **out, struct ferry_error *err);
/* Ends what is under way: on_drop instead of on_done. */
void ferry_fetch_free(struct ferry_fetch *f);

/* Queue a request: it starts in ferry_fetch_run().  Errors: FERRY_ENOMEM. */
int ferry_fetch_add(struct ferry_fetch *f,
    const struct ferry_fetch_request *request, struct ferry_error *err);

/* Let the requests of origin that its gate held back enter: those of scope, or
 * all of them if it is NULL. */
void ferry_fetch_release(struct ferry_fetch *f,
    const struct ferry_fetch_origin *origin, const char *scope);

/*
 * Be told when a server asks to wait, by Retry-After or by a rate limit that is
 * used up: until when (seconds since the epoch) it will not be asked.  A 429
 * and a used-up limit hold back every request of the origin.  Who asks for
 * more than FERRY_FETCH_WAIT_MAX_S is not waited for: the requests fail.
 *
 * A 403 with Retry-After, with a limit that is used up, or whose body speaks of
 * a rate limit is a 429; the last is waited for a minute.
 * Source: GitHub, "Rate limits for the REST API", "Exceeding the rate limit".
 */
#define FERRY_FETCH_WAIT_MAX_S 3600
void ferry_fetch_on_wait(struct ferry_fetch *f,
    void (*on_wait)(
	void *ctx, const struct ferry_fetch_origin *origin, int64_t until),
    void *ctx);

/*
 * Work until nothing is left.  on_tick is called a few times a second and
 * after every bunch of events; -1 from it (with err set) ends the work.
 */
int ferry_fetch_run(struct ferry_fetch *f,
    int (*on_tick)(void *ctx, struct ferry_error *err), void *ctx,
    struct ferry_error *err);

/* Whether a request failed because its host's name is none. */
bool ferry_fetch_is_nowhere(const struct ferry_error *err);
/* Let ferry_fetch_run() wake, too, when fd can be read; -1: none.  The tick
 * reads it. */
void ferry_fetch_watch(struct ferry_fetch *f, int fd);

/* The host of a URL, in lower case, without port.  Errors: FERRY_EFORMAT (no
 * http or https URL), FERRY_ELIMIT. */
int ferry_fetch_url_host(
    char *out, size_t size, const char *url, struct ferry_error *err);
/* Its port, also where that is the scheme's. */
int
ferry_fetch_url_port(unsigned *out, const char *url, struct ferry_error *err);
/* Whether scheme, host and port are the same; not if either is no URL. */
bool ferry_fetch_url_same_origin(const char *a, const char *b);
/* What reference means in a document at base (NULL: it is a whole URL), blanks
 * and bytes beyond ASCII encoded; the caller frees *out. */
int ferry_fetch_url_resolve(char **out, const char *base, const char *reference,
    struct ferry_error *err);

/* The same in a document at url, but always at base's scheme, host and port,
 * without login and fragment. */
int ferry_fetch_url_at(char **out, const char *base, const char *url,
    const char *reference, struct ferry_error *err);

struct ferry_fetch_counts {
	uint64_t requests; /* sent, retries included */
	uint64_t not_modified; /* answers 304 */
	uint64_t retries;
	uint64_t bytes; /* of bodies, as they crossed the wire */
};
const struct ferry_fetch_counts *
ferry_fetch_counts(const struct ferry_fetch *f);

#endif
