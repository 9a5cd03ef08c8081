#include "store/access/access.h"

#include <stddef.h>

#include "store/access/token.h"

/* It will carry the identity and the snapshot that decided. */
struct ferry_permit {
	enum ferry_verdict verdict;
};

static const struct ferry_permit everybody = { FERRY_ALLOWED };

static void
allow(struct ferry_access_decision *decision, const char *reason)
{

	decision->verdict = FERRY_ALLOWED;
	decision->reason = reason;
	decision->permit = &everybody;
}

static void
deny(struct ferry_access_decision *decision, enum ferry_verdict verdict,
    const char *reason)
{

	decision->verdict = verdict;
	decision->reason = reason;
	decision->permit = NULL;
}

void
ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = request->identity;

	if (request->action == FERRY_ACTION_WRITE) {
		deny(decision, FERRY_READ_ONLY, "this is a read-only mirror");
		return;
	}
	if (who->kind == FERRY_BAD_BEARER) {
		deny(decision, FERRY_BAD_TOKEN,
		    "this token is not valid, or not any more");
		return;
	}
	switch (request->action) {
	case FERRY_ACTION_READ:
		if (who->kind == FERRY_BEARER &&
		    (request->called == NULL ||
			!ferry_token_covers(
			    who->token, "repository", request->called, "pull")))
			deny(decision, FERRY_OUT_OF_SCOPE,
			    "this token was not made for this package");
		else
			allow(decision, "everybody may read");
		return;
	case FERRY_ACTION_SERVICE:
		allow(decision, "everybody may read");
		return;
	case FERRY_ACTION_IDENTITY:
		deny(decision, FERRY_NEED_CREDENTIAL,
		    "this server has no users or tokens yet");
		return;
	case FERRY_ACTION_SESSION:
		if (who->kind == FERRY_BEARER)
			allow(decision, "the token is good");
		else
			deny(decision, FERRY_NEED_CREDENTIAL,
			    "a token is needed here, which anybody can get");
		return;
	case FERRY_ACTION_WRITE:
		break;
	}
	deny(decision, FERRY_FORBIDDEN, "unknown action");
}

bool
ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package)
{

	(void)format;
	(void)owner;
	(void)package;
	return permit != NULL;
}
