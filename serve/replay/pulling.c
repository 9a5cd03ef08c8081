#include "serve/replay/pulling.h"

#include <stdio.h>
#include <string.h>

#include "serve/http/flow.h"
#include "serve/replay/ages.h"
#include "serve/replay/asker.h"
#include "serve/replay/format.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "serve/replay/used.h"
#include "serve/replay/view.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/catalog/catalog.h"
#include "store/format/format.h"

/* A document that could not be asked for is served as it is for so long; one
 * that was waited for in vain, longer. */
#define UNASKED_S 5
#define LATE_S 30
/* So long a client waits for a newer one than is here. */
#define NEWER_S 2
#define RETRY_AFTER "5"

/* Keep of the upstreams those whose packages the client could read. */
static void
keep_readable(struct ferry_pulling *p, struct ferry_call *call)
{
	struct ferry_pull_ask *ask = &p->ask;
	char called[FERRY_PACKAGE_NAME];
	size_t n = 0;

	/* A file may be of a package that the path does not name. */
	memcpy(called, call->resource.package, sizeof(called));
	memcpy(call->resource.package, ask->want.package, sizeof(called));
	for (size_t i = 0; i < ask->upstreams_n; i++) {
		memcpy(call->owner, ask->upstreams[i], FERRY_PULL_NAME);
		if ((p->format->supplies != NULL &&
			!p->format->supplies(call, call->owner)) ||
		    !ferry_view_may_read(call, ask->want.format))
			continue;
		memmove(ask->upstreams[n], ask->upstreams[i], FERRY_PULL_NAME);
		n++;
	}
	call->owner[0] = 0;
	memcpy(call->resource.package, called, sizeof(called));
	ask->upstreams_n = n;
}

/* Keep the package's owner, if it is one of them. */
static void
keep_owner(struct ferry_pulling *p)
{
	struct ferry_pull_ask *ask = &p->ask;
	size_t i = 0;

	while (i < ask->upstreams_n &&
	       strcmp(ask->upstreams[i], p->call->owner) != 0)
		i++;
	if (i == ask->upstreams_n) {
		ask->upstreams_n = 0;
		return;
	}
	memmove(ask->upstreams[0], ask->upstreams[i], FERRY_PULL_NAME);
	ask->upstreams_n = 1;
}

/* Whether there could be such a thing at all. */
static bool
is_wellformed(const struct ferry_pull_want *want)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(want->format));

	return format != NULL &&
	       format->name_valid(ferry_bytes_str(want->package)) &&
	       (want->what != FERRY_PULL_VERSION ||
		   format->version_valid(ferry_bytes_str(want->version)));
}

bool
ferry_pulling_want(struct ferry_pull_want *want, const struct ferry_call *call,
    const struct ferry_replay *format)
{

	*want = (struct ferry_pull_want){ .what = FERRY_PULL_DOCUMENT };
	if (format->wants == NULL || call->resource.action != FERRY_ACTION_READ)
		return false;
	(void)snprintf(
	    want->format, sizeof(want->format), "%s", format->format);
	memcpy(want->package, call->resource.package,
	    sizeof(call->resource.package));
	return format->wants(call, want) && is_wellformed(want);
}

bool
ferry_pulling_find(struct ferry_pulling *p, struct ferry_call *call,
    const struct ferry_replay *format)
{
	_Static_assert(sizeof(call->owner) == FERRY_PULL_NAME &&
			   sizeof(call->resource.package) == FERRY_PULL_NAME,
	    "names of both have the same room");
	p->call = call;
	p->format = format;
	p->possible = p->asked = false;
	p->flow = NULL;
	p->ask.stream = false;
	if (call->asker == NULL || format->wants == NULL ||
	    (p->ask.upstreams_n = ferry_asker_upstreams(
		 call->asker, format->format, p->ask.upstreams)) == 0 ||
	    !ferry_pulling_want(&p->ask.want, call, format))
		return false;
	if (call->owner[0] == 0)
		keep_readable(p, call);
	else
		keep_owner(p);
	p->asked = ferry_ticket_look(call->rq, &p->end, &p->flow) == 1;
	p->possible = p->ask.upstreams_n > 0;
	return p->possible;
}

static int
start(const struct ferry_pulling *p, uint64_t wait_s,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_request *rq = p->call->rq;
	struct ferry_pull_ask ask = p->ask;
	struct ferry_ticket *ticket;

	/* A part of what has no length yet is nobody's. */
	ask.stream = ask.want.grows && rq->method == FERRY_GET && rq->chunks &&
	             ferry_request_header(rq, "Range") == NULL;
	if (ferry_ticket_new(&ticket, p->call->asker, &ask, wait_s, err) == -1)
		return -1;
	res->later = &ticket->later;
	return 1;
}

/* How long it may take.  A tag, though, is here with its image alone, which
 * takes its time. */
static uint64_t
wait_of(const struct ferry_pulling *p, bool held)
{
	uint64_t wait_s = p->call->site->pull_wait_s;

	return held && p->ask.want.version[0] == 0 && wait_s > NEWER_S ? NEWER_S
	                                                               : wait_s;
}

/* Whether what owner has of the want is to be seen here: 1, 0, -1. */
static int
sees_of(
    const struct ferry_pulling *p, const char *owner, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(p->call->view);
	const struct ferry_pull_want *w = &p->ask.want;
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key key;
	int rc;

	if (w->version[0] == 0)
		return ferry_key_package(
			   &key, w->format, w->package, owner, err) == -1
		           ? -1
		           : ferry_catalog_has(store, &key, err);
	if (ferry_key_version(
		&key, w->format, w->package, owner, w->version, err) == -1 ||
	    (rc = ferry_catalog_get(store, &key, &record, err)) == -1)
		return -1;
	if (rc == 1 && w->file[0] != 0)
		rc = ferry_files_find(record, w->file, &file, err);
	json_decref(record);
	/* An image's tag. */
	if (rc == 0 && ferry_key_tag(&key, w->format, w->package, owner,
			   w->version, err) == 0)
		rc = ferry_catalog_has(store, &key, err);
	return rc;
}

/*
 * Whether what the puller said is here is to be seen: 1, 0, -1.  It is not when
 * the store could not be followed, or it went at once (cache_size).  What is
 * seen and has no answer is absent: a file that its version does not have.
 */
static int
is_seen(const struct ferry_pulling *p, struct ferry_error *err)
{
	int rc = 0;

	if (p->call->owner[0] != 0)
		return sees_of(p, p->call->owner, err);
	for (size_t i = 0; i < p->ask.upstreams_n && rc == 0; i++)
		rc = sees_of(p, p->ask.upstreams[i], err);
	return rc;
}

/* Why it is not here, to the client. */
static void
refuse(const struct ferry_pulling *p, struct ferry_response *res)
{
	const struct ferry_ticket_end *t = &p->end;
	const char *text = t->said.text;
	unsigned status = 502;

	if (t->answered == FERRY_ANSWERED_NOBODY) {
		status = 503;
		text = "it is not in the mirror, and nothing pulls it from its "
		       "upstream now ('ferry pull' on the server does)";
	} else if (t->answered != FERRY_ANSWERED) {
		status = 504;
		text = "it is still being pulled from its upstream; try again";
	} else if (t->said.word == FERRY_PULL_SAID_HERE) {
		status = 503;
		text =
		    "it was pulled and is not to be seen here yet; try again";
	} else if (t->said.word == FERRY_PULL_SAID_BUSY) {
		status = 503;
	} else if (t->said.word == FERRY_PULL_SAID_REFUSED) {
		status = 403;
	} else if (t->said.word == FERRY_PULL_SAID_ABSENT) {
		status = 404;
		text = "neither the mirror nor its upstream has it";
	}
	p->format->refuse(p->call, status, text, res);
	if (status >= 500)
		ferry_response_header(res, "Retry-After", RETRY_AFTER);
	res->cache = "no-store";
}

/* Source: RFC 7234, 5.5.1; no newer one has a word for it. */
static void
warn(struct ferry_response *res)
{

	ferry_response_header(res, "Warning",
	    "110 ferry \"its upstream could not be asked, this may be old\"");
}

/* An answer without asking.  Returns: whether it stands. */
static bool
is_enough(const struct ferry_pulling *p, struct ferry_response *res)
{
	const struct ferry_pull_want *want = &p->ask.want;
	enum ferry_age age;

	if (want->what != FERRY_PULL_DOCUMENT)
		return true;
	age = ferry_ages_get(
	    ferry_asker_ages(p->call->asker), p->call->owner, want);
	if (age == FERRY_AGE_OLD)
		warn(res);
	if (age == FERRY_AGE_UNKNOWN && p->call->site->pull_background) {
		ferry_asker_refresh(p->call->asker, &p->ask, p->call->owner,
		    p->call->site->pull_wait_s);
		return true;
	}
	return age != FERRY_AGE_UNKNOWN;
}

static bool
is_here(const struct ferry_pulling *p)
{

	return p->end.answered == FERRY_ANSWERED &&
	       p->end.said.word == FERRY_PULL_SAID_HERE;
}

/* Upstream was asked, and does not have it. */
static bool
is_absent(const struct ferry_pulling *p)
{

	return p->end.answered == FERRY_ANSWERED &&
	       p->end.said.word == FERRY_PULL_SAID_ABSENT;
}

/* What has come of it, if that is asked for. */
static bool
answer_flow(const struct ferry_pulling *p, struct ferry_response *res)
{

	if (p->flow == NULL)
		return false;
	ferry_response_clear(res);
	res->status = 200;
	res->type = "application/octet-stream";
	res->flow = ferry_flow_ref(p->flow);
	res->cache = "no-store"; /* what it varies by is not known yet */
	return true;
}

int
ferry_pulling_before(const struct ferry_pulling *p, struct ferry_response *res,
    struct ferry_error *err)
{
	int seen;

	if (p->call->owner[0] != 0)
		return 0;
	if (!p->asked)
		return start(p, p->call->site->pull_wait_s, res, err);
	if (answer_flow(p, res))
		return 1;
	if (is_here(p) && (seen = is_seen(p, err)) != 0)
		return seen == -1 ? -1 : 0;
	refuse(p, res);
	return 1;
}

int
ferry_pulling_end(const struct ferry_pulling *p, int rc,
    struct ferry_response *res, struct ferry_error *err)
{
	bool document, here;
	int seen;

	if (!p->possible || rc == -1)
		return rc;
	document = p->ask.want.what == FERRY_PULL_DOCUMENT;
	if (!p->asked) {
		if (rc == 1 && is_enough(p, res))
			return 1;
		ferry_response_clear(res);
		ferry_response_init(res, 500);
		return start(p, wait_of(p, rc == 1), res, err);
	}
	here = is_here(p);
	if (rc == 0 && here && p->flow == NULL) {
		if ((seen = is_seen(p, err)) == 0)
			refuse(p, res);
		return seen == 0 ? 1 : seen == -1 ? -1 : 0;
	}
	if (rc == 0) {
		if (!answer_flow(p, res))
			refuse(p, res);
		return 1;
	}
	if (rc == 1 && document && here) {
		ferry_ages_set(ferry_asker_ages(p->call->asker), p->call->owner,
		    &p->ask.want, FERRY_AGE_FRESH, p->end.said.fresh_s);
	} else if (rc == 1 && document && is_absent(p)) {
		ferry_ages_set(ferry_asker_ages(p->call->asker), p->call->owner,
		    &p->ask.want, FERRY_AGE_FRESH, FERRY_PULL_ABSENT_S);
	} else if (rc == 1 && document) {
		ferry_ages_set(ferry_asker_ages(p->call->asker), p->call->owner,
		    &p->ask.want, FERRY_AGE_OLD,
		    p->end.answered == FERRY_ANSWERED_LATE ? LATE_S
							   : UNASKED_S);
		warn(res);
	}
	return rc;
}

/* What was used of an image is known by the manifest that names it. */
static bool
find_use(const struct ferry_pulling *p, struct ferry_pull_use *use)
{
	const struct ferry_pull_want *want = &p->ask.want;
	const struct ferry_call *call = p->call;
	const char *upstream = call->owner[0] != 0 || !p->possible
	                           ? call->owner
	                           : p->ask.upstreams[0];

	memcpy(use->upstream, upstream, sizeof(use->upstream));
	(void)snprintf(
	    use->format, sizeof(use->format), "%s", p->format->format);
	if (p->possible) {
		memcpy(use->package, want->package, sizeof(use->package));
		memcpy(use->what, want->version, sizeof(use->what));
		return true;
	}
	memcpy(use->package, call->resource.package, sizeof(use->package));
	return p->format->uses != NULL && call->owner[0] != 0 &&
	       p->format->uses(call, use->what, sizeof(use->what)) &&
	       ferry_asker_pulls(call->asker, use->format, use->upstream);
}

/* The bytes of a file that is sent whole, as far as that can be told here. */
static uint64_t
sent_bytes(const struct ferry_pulling *p, const struct ferry_response *res)
{
	const struct ferry_request *rq = p->call->rq;

	return res->body == NULL || rq->method != FERRY_GET ||
	               (p->possible &&
			   p->ask.want.what == FERRY_PULL_DOCUMENT) ||
	               ferry_request_header(rq, "Range") != NULL ||
	               ferry_request_header(rq, "If-None-Match") != NULL
	           ? 0
	           : res->body->size;
}

void
ferry_pulling_used(
    const struct ferry_pulling *p, int rc, const struct ferry_response *res)
{
	struct ferry_pull_use use;

	if (p->call->asker == NULL || rc != 1 || res->later != NULL ||
	    res->status >= 400 ||
	    p->call->resource.action != FERRY_ACTION_READ || !find_use(p, &use))
		return;
	(void)ferry_used_add(ferry_asker_used(p->call->asker), &use,
	    p->asked ? FERRY_WAS_ASKED_FOR : FERRY_WAS_HERE,
	    p->asked ? 0 : sent_bytes(p, res));
}

const char *
ferry_pulling_refusal(const struct ferry_pulling *p)
{

	return p->asked && p->end.answered == FERRY_ANSWERED &&
	               p->end.said.word == FERRY_PULL_SAID_REFUSED
	           ? p->end.said.text
	           : NULL;
}

void
ferry_pulling_clear(struct ferry_pulling *p)
{

	ferry_flow_unref(p->flow);
	p->flow = NULL;
}
