#include "serve/replay/audit.h"

#include <stdio.h>

#include "serve/http/lines.h"
#include "serve/replay/call.h"
#include "serve/replay/site.h"

static const char *
action_name(enum ferry_action action)
{
	static const char *const names[] = { [FERRY_ACTION_READ] = "read",
		[FERRY_ACTION_LIST] = "list",
		[FERRY_ACTION_SERVICE] = "service",
		[FERRY_ACTION_METRICS] = "metrics",
		[FERRY_ACTION_IDENTITY] = "identity",
		[FERRY_ACTION_SESSION] = "session",
		[FERRY_ACTION_TOKEN] = "token",
		[FERRY_ACTION_SIGN] = "sign-in",
		[FERRY_ACTION_WRITE] = "write" };

	return names[action];
}

static const char *
verdict_name(enum ferry_verdict verdict)
{
	static const char *const names[] = { [FERRY_ALLOWED] = "allowed",
		[FERRY_NEED_CREDENTIAL] = "need-credential",
		[FERRY_BAD_TOKEN] = "bad-credential",
		[FERRY_OUT_OF_SCOPE] = "out-of-scope",
		[FERRY_FORBIDDEN] = "forbidden",
		[FERRY_HIDDEN] = "hidden",
		[FERRY_READ_ONLY] = "read-only" };

	return names[verdict];
}

static void
text(struct ferry_line *line, const char *name, const char *value)
{

	if (value[0] != 0)
		ferry_line_text(line, name, value, 512);
}

/* Who wants what. */
static void
begin(
    const struct ferry_call *call, const char *format, struct ferry_line *line)
{
	const struct ferry_resource *r = &call->resource;
	const struct ferry_identity *who = &call->identity;
	char token[13];

	(void)snprintf(token, sizeof(token), "%.12s", who->subject);
	ferry_line_begin(call->site->audit, line);
	text(line, "id", call->rq->id);
	text(line, "remote", call->rq->peer);
	text(line, "who", who->name);
	text(line, "token", token);
	if (who->session != NULL)
		ferry_line_value(line, "session", "true");
	text(line, "action", action_name(r->action));
	text(line, "format", format);
	text(line, "owner", call->owner);
	text(line, "package", r->package);
	text(line, "item", r->item);
}

void
ferry_audit_not_pulled(
    const struct ferry_call *call, const char *format, const char *reason)
{
	struct ferry_line line;

	if (call->site->audit == NULL)
		return;
	begin(call, format, &line);
	text(&line, "verdict", "not-pulled");
	text(&line, "reason", reason);
	ferry_line_end(&line);
}

void
ferry_audit_add(const struct ferry_call *call, const char *format,
    enum ferry_audit what, const struct ferry_access_decision *decision)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_line line;

	if (call->site->audit == NULL ||
	    (what == FERRY_AUDIT_DECIDED && decision->permit != NULL &&
		(r->action == FERRY_ACTION_SERVICE ||
		    r->action == FERRY_ACTION_METRICS ||
		    r->action == FERRY_ACTION_SESSION)))
		return;
	begin(call, format, &line);
	if (what == FERRY_AUDIT_TOO_MANY) {
		text(&line, "verdict", "too-many");
	} else {
		text(&line, "verdict", verdict_name(decision->verdict));
		text(&line, "rule", decision->row);
		if (decision->generation > 0)
			ferry_line_number(
			    &line, "generation", decision->generation);
	}
	ferry_line_end(&line);
}
