/* How a try ended: what it was, and whether another is worth it. */

#include "sync/fetch/transfer.h"

#include <string.h>

#include "store/base/clock.h"

#define SLOW_TRIES 2

static int
ferry_error_curl(struct ferry_error *err, CURLcode code, const char *detail)
{

	/* Its word for a header beyond its limits, too, and far more often. */
	if (code == CURLE_OUT_OF_MEMORY)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the answer's header is longer than 100 kB a line or 300 "
		    "kB in all, or memory ran out");
	ferry_error_set(err, FERRY_ENETWORK, "%s",
	    detail != NULL && *detail != 0 ? detail : curl_easy_strerror(code));
	err->sys = (int)code;
	return -1;
}

int
ferry_transfer_wait_too_long(
    const char *name, int64_t until, struct ferry_error *err)
{
	char text[FERRY_TIME_TEXT];

	ferry_error_set(err, FERRY_EHTTP,
	    "%s asks to wait until %s, which is longer than ferry waits (%d "
	    "min); sync again then",
	    name, ferry_time_text(until, text), FERRY_FETCH_WAIT_MAX_S / 60);
	err->sys = 429;
	return -1;
}

bool
ferry_transfer_too_many(const struct ferry_transfer *t)
{

	if (t->status == 403 && !t->redirected)
		return t->retry_after_s > 0 || (t->used_up && t->reset_s > 0) ||
		       strcasestr(t->said, "rate limit") != NULL;
	return t->status == 429;
}

bool
ferry_transfer_worth_retrying(const struct ferry_transfer *t, CURLcode code)
{

	if (t->failed)
		return t->error.code == FERRY_EHTTP;
	if (t->slow)
		return t->tries < SLOW_TRIES;
	switch (code) {
	case CURLE_OK:
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
	case CURLE_LOGIN_DENIED: /* a URL with a login in it */
		return false;
	default:
		return true;
	}
	if (t->retry_after_s > FERRY_FETCH_WAIT_MAX_S)
		return false;
	/* Who was sent elsewhere came too late perhaps: signed URLs expire, and
	 * the request's own URL gives a new one. */
	if (t->redirected && !t->request.head &&
	    (t->status == 400 || t->status == 401 || t->status == 403))
		return true;
	return t->status == 408 || t->status == 416 || t->status == 420 ||
	       ferry_transfer_too_many(t) || t->status >= 500;
}

void
ferry_transfer_classify(
    const struct ferry_transfer *t, CURLcode code, struct ferry_error *err)
{
	const char *url = t->request.url;

	if (t->failed)
		*err = t->error;
	else if (t->slow)
		ferry_error_set(
		    err, FERRY_ENETWORK, "it comes too slowly to ever end");
	else if (code == CURLE_LOGIN_DENIED)
		ferry_error_set(err, FERRY_EDENIED,
		    "its URL, or that of a redirect, has a user's name in it");
	else if (code != CURLE_OK)
		ferry_error_curl(err, code, t->reason);
	else if (t->status == 200 || t->status == 206 || t->status == 304)
		return;
	else if (t->retry_after_s > FERRY_FETCH_WAIT_MAX_S)
		(void)ferry_transfer_wait_too_long(t->request.origin->name,
		    ferry_now() + (int64_t)t->retry_after_s, err);
	else
		ferry_error_set(err,
		    t->status == 404 || t->status == 410 || t->status == 451
			? FERRY_ENOTFOUND
		    : t->status == 401 ||
			    (t->status == 403 && !ferry_transfer_too_many(t))
			? FERRY_EDENIED
			: FERRY_EHTTP,
		    "%s answered %ld%s", t->request.origin->name, t->status,
		    t->status == 401 || t->status == 403
			? " (is the token right?)"
			: "");
	if (err->code == FERRY_EHTTP)
		err->sys = (int)t->status;
	ferry_error_in(err, "fetching %s", url);
}

bool
ferry_fetch_is_nowhere(const struct ferry_error *err)
{

	return err->code == FERRY_ENETWORK &&
	       err->sys == CURLE_COULDNT_RESOLVE_HOST;
}
