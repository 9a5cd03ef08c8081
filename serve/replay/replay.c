#include "serve/replay/replay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/replay/asked.h"
#include "serve/replay/asker.h"
#include "serve/replay/audit.h"
#include "serve/replay/bases.h"
#include "serve/replay/format.h"
#include "serve/replay/guard.h"
#include "serve/replay/pulling.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"

struct ferry_replayer {
	struct ferry_store_view *view;
	struct ferry_asker *asker; /* or NULL */
	struct ferry_issuing *issuing;
	struct ferry_guard *guard;
	struct ferry_bases *bases;
	const struct ferry_replay *const *formats; /* NULL ends */
	size_t n;
	void *states[]; /* one a format */
};

static void
on_changed(void *ctx, const char *format, const char *package)
{
	struct ferry_replayer *r = ctx;

	for (size_t i = 0; i < r->n; i++) {
		const struct ferry_replay *f = r->formats[i];

		if (f->changed != NULL &&
		    (format == NULL ||
			(f->format != NULL && strcmp(format, f->format) == 0)))
			f->changed(r->states[i], package);
	}
}

int
ferry_replayer_new(struct ferry_replayer **out,
    const struct ferry_replay *const *formats, struct ferry_store_view *view,
    struct ferry_asker *asker, struct ferry_issuing *issuing,
    uint64_t search_bytes, struct ferry_error *err)
{
	struct ferry_replayer *r;
	size_t n = 0;

	while (formats[n] != NULL)
		n++;
	if (ferry_calloc(&r, 1, sizeof(*r) + n * sizeof(r->states[0]), err) ==
	    -1)
		return -1;
	r->view = view;
	r->asker = asker;
	r->issuing = issuing;
	r->formats = formats;
	r->n = n;
	if (ferry_guard_new(&r->guard, err) == -1 ||
	    ferry_bases_new(&r->bases, err) == -1)
		goto fail;
	for (size_t i = 0; i < n; i++)
		if (formats[i]->start != NULL &&
		    formats[i]->start(&r->states[i], view, search_bytes, err) ==
			-1)
			goto fail;
	if (ferry_store_view_follow(view, on_changed, r, err) == -1)
		goto fail;
	*out = r;
	return 0;
fail:
	ferry_replayer_free(r);
	return -1;
}

void
ferry_replayer_free(struct ferry_replayer *r)
{

	if (r == NULL)
		return;
	ferry_store_view_unfollow(r->view);
	for (size_t i = 0; i < r->n; i++)
		if (r->formats[i]->stop != NULL && r->states[i] != NULL)
			r->formats[i]->stop(r->states[i]);
	ferry_guard_free(r->guard);
	ferry_bases_free(r->bases);
	free(r);
}

/* Routes */

/* Whether the host is the format's own, below a name of this server. */
static bool
route_host(const struct ferry_site *site, const struct ferry_request *rq,
    const struct ferry_replay *format)
{
	const char *host = site->subdomains ? ferry_view_host(rq) : NULL;

	if (host == NULL || format->hosts == NULL)
		return false;
	for (size_t i = 0; format->hosts[i] != NULL; i++) {
		size_t n = strlen(format->hosts[i]);

		if (strncasecmp(host, format->hosts[i], n) == 0 &&
		    ferry_view_is_host(site, host + n))
			return true;
	}
	return false;
}

bool
ferry_replay_expects(const struct ferry_replayer *r,
    const struct ferry_site *site, const struct ferry_request *rq)
{
	const char *host = ferry_view_host(rq);

	if (site->hosts_n == 0)
		return true;
	if (host != NULL && ferry_view_is_host(site, host))
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (route_host(site, rq, r->formats[i]))
			return true;
	return false;
}

static bool
route_prefix(struct ferry_call *call, const struct ferry_replay *format,
    struct ferry_bytes *rest)
{
	struct ferry_bytes path = call->rq->path;

	for (size_t i = 0; format->prefixes[i] != NULL; i++) {
		const char *prefix = format->prefixes[i];
		size_t n = strlen(prefix);

		call->prefix = prefix;
		/* "/npm" is "/npm/". */
		if (path.n == n - 1 && memcmp(path.p, prefix, n - 1) == 0) {
			*rest = ferry_bytes_str("");
			return true;
		}
		if (ferry_bytes_starts(path, prefix)) {
			*rest = ferry_bytes_of(path.p + n, path.n - n);
			return true;
		}
	}
	return false;
}

/* The row of the format whose URL this is, or NULL; fills the route of call. */
static const struct ferry_replay *
route(
    struct ferry_replayer *r, struct ferry_call *call, struct ferry_bytes *rest)
{
	struct ferry_bytes path = call->rq->path;

	for (size_t i = 0; i < r->n; i++) {
		const struct ferry_replay *format = r->formats[i];

		call->state = r->states[i];
		call->own_host = route_host(call->site, call->rq, format);
		if (call->own_host && !format->keeps_prefix) {
			call->prefix = "/";
			*rest = path.n == 0
			            ? path
			            : ferry_bytes_of(path.p + 1, path.n - 1);
			return format;
		}
		if (route_prefix(call, format, rest))
			return format;
	}
	return NULL;
}

/* The one table of errors and statuses.  5xx makes clients try again. */
static unsigned
status_of(enum ferry_code code)
{

	switch (code) {
	case FERRY_EFORMAT:
	case FERRY_ELIMIT:
		return 400;
	case FERRY_EDENIED:
		return 403;
	case FERRY_ENOTFOUND:
		return 404;
	default:
		return 500;
	}
}

/* Decisions */

static void
refuse_call(struct ferry_call *call, const struct ferry_replay *format,
    const struct ferry_access_decision *decision, struct ferry_response *res)
{
	static const unsigned statuses[] = { [FERRY_ALLOWED] = 500,
		[FERRY_NEED_CREDENTIAL] = 401,
		[FERRY_BAD_TOKEN] = 401,
		[FERRY_OUT_OF_SCOPE] = 401,
		[FERRY_FORBIDDEN] = 403,
		[FERRY_HIDDEN] = 404,
		[FERRY_READ_ONLY] = 405 };
	unsigned status = statuses[decision->verdict];
	char text[400];

	(void)snprintf(text, sizeof(text), "%s%s",
	    decision->reason == NULL ? "" : decision->reason,
	    decision->verdict == FERRY_READ_ONLY
		? ": packages enter it through 'ferry sync' or 'ferry import' "
		  "on the server, not from clients"
		: "");
	/* As if it were not there. */
	if (decision->verdict == FERRY_HIDDEN)
		call->owner[0] = 0;
	format->refuse(
	    call, status, decision->verdict == FERRY_HIDDEN ? NULL : text, res);
	if (decision->verdict == FERRY_READ_ONLY)
		ferry_response_header(res, "Allow", "GET, HEAD");
	if (status == 401 && format->challenge != NULL)
		format->challenge(call, decision->verdict, res);
	else if (status == 401)
		ferry_response_header(
		    res, "WWW-Authenticate", "Basic realm=\"ferry\"");
	if (decision->varies)
		res->cache = "no-store";
}

static void
identify(struct ferry_call *call, const struct ferry_replay *format)
{
	const char *authorization =
	    ferry_request_header(call->rq, "Authorization");

	call->session_expired = false;
	/* A second try identifies the client again. */
	ferry_identity_clear(&call->identity);
	if (format->identify != NULL)
		format->identify(call, authorization);
	else
		ferry_access_identify(ferry_store_view_access(call->view),
		    authorization, &call->identity);
}

/* Whether somebody guesses credentials, and was told to wait. */
static bool
is_guessing(struct ferry_replayer *r, const struct ferry_call *call,
    const struct ferry_replay *format, struct ferry_response *res)
{
	unsigned limit = call->site->bad_credentials, wait;
	char text[24];
	bool first;

	/* A token that was good once is known by its subject. */
	if (call->identity.claim.kind != FERRY_CLAIM_BAD ||
	    call->session_expired || call->identity.subject[0] != 0 ||
	    !ferry_access_restricts(ferry_store_view_access(call->view)))
		return false;
	wait = ferry_guard_bad(
	    r->guard, call->rq->peer, limit, ferry_ticks_ms() / 1000, &first);
	if (wait == 0)
		return false;
	if (first)
		ferry_log(FERRY_LOG_WARNING,
		    "%u bad credentials from %s within a minute: more of them "
		    "are answered with 429",
		    limit, call->rq->peer);
	ferry_audit_add(call, format->name, FERRY_AUDIT_TOO_MANY, NULL);
	format->refuse(
	    call, 429, "too many bad credentials came from this address", res);
	(void)snprintf(text, sizeof(text), "%u", wait);
	ferry_response_header(res, "Retry-After", text);
	res->cache = "no-store";
	return true;
}

static int
find_owner(struct ferry_call *call, const struct ferry_replay *format,
    enum ferry_lookup lookup, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;

	assert(r->action == FERRY_ACTION_READ || call->owner[0] == 0);
	if (r->action != FERRY_ACTION_READ)
		return 0;
	return format->owner != NULL
	           ? format->owner(call, lookup, err)
	           : ferry_view_owner(call->view, format->format, r->package,
			 lookup, call->owner, err);
}

/*
 * A package that was found, mostly in the cache, and may not be read: look once
 * more in the store, as was done for one that is not there, so that the time
 * does not tell them apart.
 */
static void
even_out(struct ferry_call *call, const struct ferry_replay *format)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (call->owner[0] != 0)
		(void)find_owner(call, format, FERRY_LOOKUP_FRESH, &ignored);
}

/*
 * What the path names.  Nothing can be written here, whatever it is: a method
 * that could is one action, for which the path need not even be sound.
 * Returns: as parse() of a format.
 */
static int
parse(struct ferry_call *call, const struct ferry_replay *format,
    struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc;

	*r = (struct ferry_resource){ .kind = 0 };
	call->owner[0] = 0;
	rc = format->parse(call, rest, &why);
	if (!ferry_request_reads(call->rq) && !r->any_method) {
		r->action = FERRY_ACTION_WRITE;
		return 1;
	}
	if (rc == -1)
		*err = why;
	return rc;
}

static const char *
format_name(const struct ferry_call *call, const struct ferry_replay *format)
{
	const struct ferry_resource *r = &call->resource;

	return r->format != NULL        ? r->format
	       : format->format != NULL ? format->format
	                                : format->name;
}

static void
decide(const struct ferry_call *call, const char *format,
    struct ferry_access_decision *out)
{
	const struct ferry_resource *r = &call->resource;

	ferry_access_decide(
	    &(struct ferry_access_request){ .identity = &call->identity,
		.action = r->action,
		.format = format,
		.owner = call->owner[0] == 0 ? NULL : call->owner,
		.package = r->package,
		.called = r->client_name[0] == 0 ? r->package : r->client_name,
		.login = r->login,
		.hides = r->hides },
	    out);
}

/* An answer out of what was pulled, and is not here yet or never will be.  The
 * client may read such a package of each upstream that was asked; the logs have
 * the first. */
static void
tell_pulled(struct ferry_call *call, const struct ferry_replay *format,
    const struct ferry_pulling *pulling, const struct ferry_response *res)
{
	const char *name = format_name(call, format);
	struct ferry_access_decision decision;

	if (pulling->ask.upstreams_n > 0)
		memcpy(call->owner, pulling->ask.upstreams[0],
		    sizeof(call->owner));
	decide(call, name, &decision);
	ferry_audit_add(call, name, FERRY_AUDIT_DECIDED, &decision);
	if (res->status == 403 && ferry_pulling_refusal(pulling) != NULL)
		ferry_audit_not_pulled(
		    call, name, ferry_pulling_refusal(pulling));
	call->owner[0] = 0;
	ferry_asked_add(call, format, 1, res);
}

/* Parse, find out who the client is and whose package it is, decide, answer.
 * As answer() of a format. */
static int
serve_call(struct ferry_replayer *replayer, struct ferry_call *call,
    const struct ferry_replay *format, struct ferry_bytes rest,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_access_decision decision;
	struct ferry_pulling pulling;
	const char *name;
	int rc = parse(call, format, rest, err);

	if (rc != 1)
		return rc;
	name = format_name(call, format);
	identify(call, format);
	if (is_guessing(replayer, call, format, res))
		return 1;
	if (find_owner(call, format, FERRY_LOOKUP_CACHED, err) == -1)
		return -1;
	(void)snprintf(res->package, sizeof(res->package), "%.*s",
	    (int)sizeof(res->package) - 1, r->package);
	if (ferry_pulling_find(&pulling, call, format) &&
	    (rc = ferry_pulling_before(&pulling, res, err)) != 0) {
		if (rc == 1 && res->later == NULL)
			tell_pulled(call, format, &pulling, res);
		ferry_pulling_used(&pulling, rc, res);
		goto out;
	}
	decide(call, name, &decision);
	/* Of what is shown to the issuer, the issuer's word is told. */
	if (r->action != FERRY_ACTION_SIGN)
		ferry_audit_add(call, name, FERRY_AUDIT_DECIDED, &decision);
	call->varies = decision.varies;
	call->personal = decision.varies && !decision.for_all;
	if (decision.permit == NULL) {
		if (decision.verdict == FERRY_HIDDEN && call->owner[0] == 0)
			ferry_asked_add(call, format, 0, res);
		even_out(call, format);
		refuse_call(call, format, &decision, res);
		rc = 1;
		goto out;
	}
	assert(decision.verdict == FERRY_ALLOWED);
	rc = format->answer(call, decision.permit, res, err);
	rc = ferry_pulling_end(&pulling, rc, res, err);
	if (rc == 1 && res->status == 403 &&
	    ferry_pulling_refusal(&pulling) != NULL)
		ferry_audit_not_pulled(
		    call, name, ferry_pulling_refusal(&pulling));
	ferry_asked_add(call, format, rc, res);
	ferry_pulling_used(&pulling, rc, res);
out:
	ferry_pulling_clear(&pulling);
	return rc;
}

/* What became of it, when it was not answered. */
static void
conclude(const struct ferry_call *call, const struct ferry_replay *format,
    int rc, const struct ferry_error *err, struct ferry_response *res)
{
	unsigned status;

	if (rc == 0)
		format->refuse(call, 404, NULL, res);
	if (rc != -1)
		return;
	status = status_of(err->code);
	if (status >= 500)
		ferry_log(FERRY_LOG_WARNING, "%s; answering request %s",
		    err->text, call->rq->id);
	format->refuse(call, status,
	    status >= 500
		? "the server cannot read its store; its log says more"
		: err->text,
	    res);
}

bool
ferry_replay_request(struct ferry_replayer *r, const struct ferry_site *site,
    const struct ferry_request *rq, struct ferry_response *res)
{
	struct ferry_error err = FERRY_ERROR_INIT, ignored = FERRY_ERROR_INIT;
	struct ferry_call call = { .view = r->view,
		.site = site,
		.rq = rq,
		.formats = r->formats,
		.bases = r->bases,
		.asker = r->asker,
		.issuing = r->issuing,
		.guard = r->guard };
	const struct ferry_replay *format;
	struct ferry_bytes rest;
	int rc;

	if ((format = route(r, &call, &rest)) == NULL)
		return false;
	res->format = format->name;
	rc = serve_call(r, &call, format, rest, res, &err);
	if (rc == -1 && status_of(err.code) >= 404 &&
	    ferry_store_view_refresh(r->view, &ignored) == 0) {
		/* The writer may have removed a file that we read from. */
		err = (struct ferry_error)FERRY_ERROR_INIT;
		rc = serve_call(r, &call, format, rest, res, &err);
	}
	conclude(&call, format, rc, &err, res);
	res->varies = call.varies;
	res->personal = call.personal;
	ferry_identity_clear(&call.identity);
	return true;
}
