#include "serve/replay/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/format.h"
#include "serve/replay/issuing.h"
#include "serve/replay/page.h"
#include "serve/replay/store_view.h"
#include "store/access/credential.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/base/out.h"

#define JSON "application/json"

static const char *const prefixes[] = { "/tokens/", NULL };

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{
	const struct ferry_request *rq = call->rq;
	struct ferry_resource *r = &call->resource;
	bool deletes = strcmp(rq->method_text, "DELETE") == 0;

	(void)err;
	r->action = FERRY_ACTION_SIGN;
	/* Ids are hexadecimal: what needs an escape is none. */
	if (rest.n >= FERRY_USER_TOKEN_ID || (rest.n > 0 && !deletes))
		return 0;
	memcpy(r->item, rest.p, rest.n);
	r->item[rest.n] = 0;
	r->any_method = rq->method == FERRY_POST || (deletes && rest.n > 0);
	return 1;
}

/* What is shown is for the issuer to look at. */
static void
identify(struct ferry_call *call, const char *authorization)
{

	(void)authorization;
	ferry_access_identify(
	    ferry_store_view_access(call->view), NULL, &call->identity);
}

static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{

	(void)call;
	ferry_response_json_error(
	    res, status, text == NULL ? "there is no such token" : text);
}

/* Login and password, or a token, of the header or the body. */
static void
read_credentials(const struct ferry_request *rq, struct ferry_issue_ask *ask)
{
	struct ferry_credential c;

	ferry_credential_read(&c, ferry_request_header(rq, "Authorization"));
	if (c.kind != FERRY_CREDENTIAL_SECRET)
		return;
	if (!c.basic || ferry_user_token_looks_right(ferry_bytes_str(c.secret)))
		memcpy(ask->token, c.secret, strlen(c.secret) + 1);
	else
		memcpy(ask->password, c.secret, strlen(c.secret) + 1);
	memcpy(ask->login, c.user, sizeof(c.user));
	explicit_bzero(&c, sizeof(c));
}

/* A member of the body, a form or JSON: 1 and *out, 0, -1. */
static int
read_member(const struct ferry_request *rq, const char *name, char *out,
    size_t size, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes root, value;
	int rc = 0;

	if (rq->form.n > 0)
		rc = ferry_form_get(rq->form, name, 0, &text, err);
	else if (rq->json.n > 0 &&
		 (rc = ferry_span_check(rq->json, &root, err)) == 0)
		rc = !ferry_span_get(root, name, &value)          ? 0
		     : ferry_span_string(&text, value, err) == -1 ? -1
		                                                  : 1;
	if (rc == 1 && text.n >= size)
		rc = ferry_error_set(
		    err, FERRY_ELIMIT, "'%s' is too long", name);
	if (rc == 1) {
		if (text.n > 0)
			memcpy(out, text.p, text.n);
		out[text.n] = 0;
	}
	ferry_buf_free(&text);
	return rc;
}

static int
read_wish(const struct ferry_request *rq, struct ferry_issue_ask *ask,
    struct ferry_error *err)
{
	char life[32] = "";
	int64_t life_s = 0;

	if (read_member(rq, "note", ask->note, sizeof(ask->note), err) == -1 ||
	    read_member(rq, "expires", life, sizeof(life), err) == -1)
		return -1;
	if (life[0] != 0 && ferry_duration_parse(&life_s, life, err) == -1) {
		err->code = FERRY_EFORMAT;
		return -1;
	}
	ask->life_s = (uint64_t)life_s;
	return 0;
}

/* What came of it, as JSON. */
static int
write_said(const struct ferry_call *call, const struct ferry_issue_said *said,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	bool makes = call->rq->method == FERRY_POST;
	json_t *o;
	int rc;

	if (makes) {
		o = json_copy(json_array_get(said->tokens, 0));
		if (o != NULL &&
		    (json_object_set_new(o, "user",
			 ferry_json_text(ferry_bytes_str(said->login))) == -1 ||
			json_object_set_new(
			    o, "token", json_string(said->token)) == -1)) {
			json_decref(o);
			o = NULL;
		}
	} else {
		o = json_pack(
		    "{s:s,s:O}", "user", said->login, "tokens", said->tokens);
	}
	rc = o == NULL ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	               : ferry_json_add(&buf, o, err);
	if (rc == 0 && (rc = ferry_buf_adds(&buf, "\n", err)) == 0)
		ferry_response_text(res, makes ? 201 : 200, JSON, "%.*s",
		    (int)buf.n, (const char *)buf.p);
	res->cache = "no-store";
	json_decref(o);
	if (buf.p != NULL)
		explicit_bzero(buf.p, buf.cap);
	ferry_buf_free(&buf);
	return rc == -1 ? -1 : 1;
}

static int
answer_said(const struct ferry_call *call, const struct ferry_issue_said *said,
    struct ferry_response *res, struct ferry_error *err)
{

	if (said->word == FERRY_ISSUE_ABSENT)
		return 0;
	if (call->resource.item[0] == 0)
		return write_said(call, said, res, err);
	ferry_response_text(res, 200, JSON, "{\"revoked\":true}\n");
	res->cache = "no-store";
	return 1;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_request *rq = call->rq;
	struct ferry_issue_ask ask = { .what = FERRY_ISSUE_LIST };
	const struct ferry_issue_said *said;
	enum ferry_issued how;
	int rc;

	(void)permit;
	/* A page of somebody else's must not use what a browser remembers. */
	if (ferry_request_header(rq, "Origin") != NULL) {
		refuse(call, 403, "this is not for pages in a browser", res);
		return 1;
	}
	if (rq->method == FERRY_POST)
		ask.what = FERRY_ISSUE_CREATE;
	else if (call->resource.item[0] != 0)
		ask.what = FERRY_ISSUE_REVOKE;
	(void)snprintf(
	    ask.which, sizeof(ask.which), "%.64s", call->resource.item);
	read_credentials(rq, &ask);
	if (ask.what == FERRY_ISSUE_CREATE && read_wish(rq, &ask, err) == -1) {
		ferry_issue_ask_clear(&ask);
		return -1;
	}
	if (ask.token[0] == 0 && ask.password[0] == 0) {
		refuse(call, 401, "login and password are needed", res);
		ferry_response_header(
		    res, "WWW-Authenticate", "Basic realm=\"ferry\"");
		return 1;
	}
	if (ask.what == FERRY_ISSUE_CREATE && ask.token[0] != 0) {
		ferry_issue_ask_clear(&ask);
		refuse(call, 403,
		    "a token makes no other; show login and password", res);
		return 1;
	}
	rc = ferry_issuing_ask(call, &ask, refuse, res, &how, &said, err);
	if (rc != 1 || how == FERRY_ISSUED_NO)
		return rc == -1 ? -1 : 1;
	if (how == FERRY_ISSUED)
		return answer_said(call, said, res, err);
	refuse(call, 503,
	    "nobody looks at passwords here: no issuer runs ('ferry issue')",
	    res);
	return 1;
}

static void
write_page(const struct ferry_page *page)
{

	if (page->part == FERRY_PAGE_TOKEN)
		ferry_page_add(page,
		    "a token by yourself, where accounts have passwords",
		    "curl -u LOGIN -X POST {url}/tokens\n"
		    "curl -u LOGIN {url}/tokens\n"
		    "curl -u LOGIN -X DELETE {url}/tokens/ID");
}

const struct ferry_replay ferry_replay_tokens = {
	.name = "tokens",
	.prefixes = prefixes,
	.parse = parse,
	.identify = identify,
	.answer = answer,
	.refuse = refuse,
	.page = write_page,
};
