#ifndef FERRY_SYNC_UPSTREAM_ASK_H
#define FERRY_SYNC_UPSTREAM_ASK_H

/* Small requests whose answers are looked at in memory and not kept. */

#include <stdint.h>

#include "store/base/bytes.h"
#include "sync/fetch/fetch.h"

struct ferry_error;
struct ferry_run;

/*
 * Ask for a list, a token, a header.  The answer's body is handed over whole;
 * that of anything but a 200, and of head, is empty.  Strings are borrowed for
 * the call.
 */
struct ferry_ask {
	struct ferry_fetch_origin *origin;
	const char *url;
	const char *accept;
	const char *scope; /* for origin's gate, or NULL */
	enum { FERRY_ASK_GET, FERRY_ASK_HEAD } method;
	const char *post; /* JSON to send: POST; or NULL */
	const char *extra; /* one more line of the header, or NULL */
	const char *if_none_match; /* then the answer may be a 304; or NULL */
	uint64_t max_size;
	void *ctx;
	void (*on_done)(void *ctx, const struct ferry_fetch_result *result,
	    struct ferry_bytes body);
	void (*on_drop)(void *ctx); /* instead of on_done; may be NULL */
};
int ferry_run_ask(struct ferry_run *run, const struct ferry_ask *ask,
    struct ferry_error *err);
/* The media type of an answer without its parameters, in lower case; "" if it
 * has none or a longer one. */
#define FERRY_MEDIA_TYPE_MAX 128
const char *ferry_answer_type(
    const struct ferry_fetch_result *result, char buf[FERRY_MEDIA_TYPE_MAX]);

#endif
