#include <string.h>

#include "store/access/access.h"
#include "store/access/access_internal.h"
#include "store/access/snapshots.h"
#include "store/access/token.h"
#include "store/format/format.h"

static bool
is_somebody(const struct ferry_identity *who)
{

	return who->claim.kind == FERRY_CLAIM_USER ||
	       who->claim.kind == FERRY_CLAIM_WORKFLOW;
}

static bool
restricts(const struct ferry_identity *who)
{

	return ferry_access_state_restricts(who->state, &who->state->policy);
}

static void
allow(const struct ferry_identity *who, struct ferry_access_decision *decision,
    const char *row, const char *reason)
{

	decision->verdict = FERRY_ALLOWED;
	decision->reason = reason;
	decision->row = row;
	decision->for_all = !is_somebody(who) || !restricts(who);
	/* The only place where a permit is made: it is whoever has it. */
	decision->permit = (const struct ferry_permit *)who;
}

static void
deny(struct ferry_access_decision *decision, enum ferry_verdict verdict,
    const char *row, const char *reason)
{

	decision->verdict = verdict;
	decision->reason = reason;
	decision->row = row;
	decision->for_all = false;
	decision->permit = NULL;
}

static const struct ferry_format *
format_of(const char *name)
{

	return ferry_format_find(ferry_bytes_str(name));
}

/* What the table says of reading a package; owner is NULL for one that is not
 * there, of which the credential alone decides. */
static void
rule(const struct ferry_identity *who, const char *format, const char *owner,
    const char *package, struct ferry_ruling_result *out, uint64_t *generation)
{
	const struct ferry_format *f = format_of(format);
	const struct ferry_access_question question = { .claim = &who->claim,
		.format = f,
		.type = f->github.name,
		.owner = owner,
		.package = package,
		.need = FERRY_NEED_READ };
	const struct ferry_snapshot *s =
	    ferry_access_rule(who->state->snapshots, &who->state->policy,
		&question, out, NULL, NULL);

	*generation = s == NULL ? 0 : ferry_snapshot_meta(s)->generation;
}

/* A refusal of the table, as a verdict. */
static void
refuse(const struct ferry_access_request *rq,
    const struct ferry_ruling_result *r, struct ferry_access_decision *decision)
{
	bool hides = rq->hides || rq->identity->state->policy.hide_existence ||
	             format_of(rq->format)->github.hides;

	switch (r->ruling) {
	case FERRY_RULING_LOGIN:
		deny(decision, FERRY_NEED_CREDENTIAL, r->row, r->reason);
		return;
	case FERRY_RULING_BAD:
		deny(decision, FERRY_BAD_TOKEN, r->row, r->reason);
		return;
	case FERRY_RULING_SCOPE:
		/* The same of whatever is there and is not. */
		deny(decision, FERRY_FORBIDDEN, r->row, r->reason);
		return;
	case FERRY_RULING_ROLE:
		if (rq->owner == NULL || hides)
			break;
		deny(decision, FERRY_FORBIDDEN, r->row,
		    "whose token this is may not read this package");
		return;
	case FERRY_RULING_ABSENT:
	case FERRY_RULING_ALLOW: /* not refused */
		break;
	}
	deny(decision, FERRY_HIDDEN, r->row, NULL);
}

static void
decide_read(const struct ferry_access_request *rq,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = rq->identity;
	struct ferry_ruling_result r;

	if (who->session != NULL &&
	    (rq->called == NULL || !ferry_token_covers(who->session,
				       "repository", rq->called, "pull"))) {
		deny(decision, FERRY_OUT_OF_SCOPE, "",
		    "this token was not made for this package");
		return;
	}
	if (rq->login && !is_somebody(who)) {
		deny(decision, FERRY_NEED_CREDENTIAL, "D3",
		    "a credential is needed");
		return;
	}
	if (rq->owner == NULL && !restricts(who)) {
		allow(who, decision, "", "there is no such package");
		return;
	}
	rule(
	    who, rq->format, rq->owner, rq->package, &r, &decision->generation);
	if (r.ruling == FERRY_RULING_ALLOW)
		allow(who, decision, r.row, r.reason);
	else
		refuse(rq, &r, decision);
}

/* Whether anything of that upstream could be for anonymous clients. */
static bool
is_for_all(const struct ferry_access_state *state, const char *format,
    const struct ferry_snapshot *s)
{
	const struct ferry_snapshot_meta *m = ferry_snapshot_meta(s);

	return !m->private_mode &&
	       (m->github || m->visibility == FERRY_PUBLIC) &&
	       !ferry_access_needs_login(&state->policy, format_of(format), s);
}

/* Whether a list could have anything for anonymous clients. */
static bool
lists_for_all(const struct ferry_access_request *rq)
{
	const struct ferry_access_state *state = rq->identity->state;
	const struct ferry_snapshots *all = state->snapshots;

	if (rq->login || state->policy.private_mode)
		return false;
	if (!restricts(rq->identity))
		return true;
	for (size_t i = 0; i < ferry_snapshots_count(all); i++)
		if (is_for_all(state, rq->format, ferry_snapshots_at(all, i)))
			return true;
	return false;
}

static void
decide_list(const struct ferry_access_request *rq,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = rq->identity;
	struct ferry_ruling_result r;
	uint64_t none;

	if (who->session != NULL && restricts(who) &&
	    strstr(who->session->scopes, "repository:") != NULL &&
	    !ferry_token_covers(who->session, "registry", "catalog", "*")) {
		deny(decision, FERRY_OUT_OF_SCOPE, "",
		    "this token was made for certain packages");
		return;
	}
	if (!is_somebody(who) && !lists_for_all(rq)) {
		deny(decision, FERRY_NEED_CREDENTIAL, "D3",
		    "a credential is needed");
		return;
	}
	/* Who may read nothing at all hears so, rather than of nothing. */
	rule(who, rq->format, NULL, "", &r, &none);
	if (r.ruling == FERRY_RULING_SCOPE)
		deny(decision, FERRY_FORBIDDEN, r.row, r.reason);
	else
		allow(who, decision, "", "each line is decided");
}

static void
decide_metrics(
    const struct ferry_identity *who, struct ferry_access_decision *decision)
{

	if (!restricts(who))
		allow(who, decision, "", "everybody may ask for this");
	else if (!is_somebody(who))
		deny(decision, FERRY_NEED_CREDENTIAL, "D3",
		    "a credential is needed");
	else if ((who->claim.scopes & FERRY_SCOPE_METRICS) == 0)
		deny(decision, FERRY_FORBIDDEN, "D5",
		    "the token lacks the scope read:metrics");
	else
		allow(who, decision, "", "the token has the scope");
}

void
ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = request->identity;

	decision->generation = 0;
	decision->varies = restricts(who);
	if (request->action == FERRY_ACTION_SIGN) {
		allow(who, decision, "", "the issuer looks at what is shown");
		return;
	}
	if (request->action == FERRY_ACTION_WRITE) {
		deny(decision, FERRY_READ_ONLY, "",
		    "this is a read-only mirror");
		return;
	}
	if (who->claim.kind == FERRY_CLAIM_BAD ||
	    who->claim.kind == FERRY_CLAIM_SUSPENDED) {
		deny(decision,
		    request->action == FERRY_ACTION_TOKEN ? FERRY_FORBIDDEN
							  : FERRY_BAD_TOKEN,
		    "D1",
		    who->claim.kind == FERRY_CLAIM_BAD
			? "this token is not valid, or not any more"
			: "the account is suspended");
		return;
	}
	switch (request->action) {
	case FERRY_ACTION_READ:
		decide_read(request, decision);
		return;
	case FERRY_ACTION_LIST:
		decide_list(request, decision);
		return;
	case FERRY_ACTION_TOKEN:
		if (!is_somebody(who) && who->state->policy.private_mode)
			deny(decision, FERRY_NEED_CREDENTIAL, "D3",
			    "a credential is needed");
		else
			allow(who, decision, "", "everybody may ask for this");
		return;
	case FERRY_ACTION_SERVICE:
		allow(who, decision, "", "everybody may ask for this");
		return;
	case FERRY_ACTION_METRICS:
		decide_metrics(who, decision);
		return;
	case FERRY_ACTION_IDENTITY:
		if (is_somebody(who) && who->claim.realm[0] == 0)
			deny(decision, FERRY_FORBIDDEN, "D5",
			    "the token is a program's and nobody's account");
		else if (is_somebody(who))
			allow(who, decision, "", "the token is good");
		else
			deny(decision, FERRY_NEED_CREDENTIAL, "D3",
			    "a credential is needed");
		return;
	case FERRY_ACTION_SESSION:
		if (who->session != NULL || is_somebody(who))
			allow(who, decision, "", "the token is good");
		else
			deny(decision, FERRY_NEED_CREDENTIAL, "D3",
			    "a token is needed here");
		return;
	case FERRY_ACTION_SIGN:
	case FERRY_ACTION_WRITE:
		break;
	}
	deny(decision, FERRY_FORBIDDEN, "", "unknown action");
}

enum ferry_role
ferry_access_role(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package)
{
	const struct ferry_identity *who =
	    (const struct ferry_identity *)permit;
	struct ferry_ruling_result r;
	uint64_t generation;

	if (permit == NULL)
		return FERRY_NO_ROLE;
	rule(who, format, owner, package, &r, &generation);
	return r.ruling == FERRY_RULING_ALLOW ? r.role : FERRY_NO_ROLE;
}

bool
ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package)
{

	return ferry_access_role(permit, format, owner, package) >= FERRY_READ;
}

bool
ferry_access_knows(
    const struct ferry_permit *permit, const char *format, const char *owner)
{
	const struct ferry_identity *who =
	    (const struct ferry_identity *)permit;
	const struct ferry_snapshot *s =
	    ferry_snapshots_find(who->state->snapshots, owner);

	return is_somebody(who) || !restricts(who) ||
	       (s != NULL && is_for_all(who->state, format, s));
}

const struct ferry_snapshots *
ferry_access_snapshots(const struct ferry_identity *identity)
{

	return identity->state->snapshots;
}

enum ferry_role
ferry_access_repository(const struct ferry_permit *permit,
    const struct ferry_snapshot *s, const struct ferry_snapshot_repo *repo)
{
	const struct ferry_identity *who =
	    (const struct ferry_identity *)permit;

	return ferry_access_is_stale(&who->state->policy, s) &&
	               repo->visibility != FERRY_PUBLIC
	           ? FERRY_NO_ROLE
	           : ferry_rules_repository(s,
			 ferry_snapshots_people(who->state->snapshots),
			 &who->claim, repo);
}
