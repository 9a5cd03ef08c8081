#include "serve/replay/npm/login.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/call.h"
#include "serve/replay/issuing.h"
#include "serve/replay/store_view.h"
#include "store/access/user_token.h"
#include "store/base/error.h"
#include "store/base/json_span.h"

#define JSON "application/json"

/* A string of a login's body: 1 and secret, 0, -1. */
static int
read_member(const struct ferry_request *rq, const char *name,
    struct ferry_buf *secret, struct ferry_error *err)
{
	struct ferry_bytes root, password;

	if (ferry_span_check(rq->json, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, name, &password))
		return 0;
	return ferry_span_string(secret, password, err) == -1 ? -1 : 1;
}

static void
drop(struct ferry_buf *secret)
{

	if (secret->p != NULL)
		explicit_bzero(secret->p, secret->cap);
	ferry_buf_free(secret);
}

bool
ferry_npm_login_by_password(const struct ferry_request *rq)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf secret = FERRY_BUF_INIT;
	bool is = read_member(rq, "password", &secret, &ignored) == 1 &&
	          !ferry_user_token_looks_right(ferry_bytes_buf(&secret));

	drop(&secret);
	return is;
}

void
ferry_npm_login_identify(struct ferry_call *call)
{
	struct ferry_access *access = ferry_store_view_access(call->view);
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf secret = FERRY_BUF_INIT;

	if (read_member(call->rq, "password", &secret, &ignored) == 1)
		ferry_access_identify_token(
		    access, ferry_bytes_buf(&secret), &call->identity);
	else
		ferry_access_identify(access, NULL, &call->identity);
	drop(&secret);
}

/*
 * `npm login` keeps the member "token" of the answer as _authToken.  It is the
 * password that was sent: nothing is made here, and so nothing is written.
 * Source: npm-profile, "loginCouch": 201 with "token".
 */
int
ferry_npm_answer_login(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf secret = FERRY_BUF_INIT, name = FERRY_BUF_INIT,
			 id = FERRY_BUF_INIT;
	int rc = -1;

	/* A token's text needs no escapes. */
	if (read_member(call->rq, "password", &secret, err) == 1 &&
	    ferry_buf_addf(
		&id, err, "org.couchdb.user:%s", call->identity.name) == 0 &&
	    ferry_span_quote(&name, ferry_bytes_buf(&id), err) == 0) {
		ferry_response_text(res, 201, JSON,
		    "{\"ok\":true,\"id\":%s,\"token\":\"%s\"}\n",
		    (const char *)name.p, (const char *)secret.p);
		res->cache = "no-store";
		rc = 1;
	}
	drop(&secret);
	ferry_buf_free(&name);
	ferry_buf_free(&id);
	return rc;
}

/* Copy a string of the body that fits. */
static bool
copy_member(
    const struct ferry_request *rq, const char *name, char *out, size_t size)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	bool fits = read_member(rq, name, &text, &ignored) == 1 && text.n > 0 &&
	            text.n < size;

	if (fits) {
		memcpy(out, text.p, text.n);
		out[text.n] = 0;
	}
	drop(&text);
	return fits;
}

/* A login has no characters that JSON would escape. */
static void
write_token(const struct ferry_issue_said *said, struct ferry_response *res)
{

	ferry_response_text(res, 201, JSON,
	    "{\"ok\":true,\"id\":\"org.couchdb.user:%s\",\"token\":\"%s\"}\n",
	    said->login, said->token);
	res->cache = "no-store";
}

int
ferry_npm_answer_sign_in(const struct ferry_call *call,
    ferry_npm_refuse *refuse, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_issue_ask ask = { .what = FERRY_ISSUE_CREATE,
		.note = "npm login" };
	const struct ferry_issue_said *said;
	enum ferry_issued how;
	int rc;

	if (!copy_member(call->rq, "name", ask.login, sizeof(ask.login)) ||
	    !copy_member(
		call->rq, "password", ask.password, sizeof(ask.password))) {
		ferry_issue_ask_clear(&ask);
		ferry_issuing_wrong(call, refuse, res);
		return 1;
	}
	rc = ferry_issuing_ask(call, &ask, refuse, res, &how, &said, err);
	if (rc == 1 && how == FERRY_ISSUED_NOBODY)
		ferry_issuing_wrong(call, refuse, res);
	else if (rc == 1 && how == FERRY_ISSUED)
		write_token(said, res);
	return rc == -1 ? -1 : 1;
}

/* The last part of the path, which the logs leave out. */
static int
read_token(const struct ferry_request *rq, char *out, size_t size,
    struct ferry_error *err)
{
	const uint8_t *slash = memrchr(rq->path.p, '/', rq->path.n);
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_url_decode(&text,
		ferry_bytes_of(
		    slash + 1, rq->path.n - (size_t)(slash + 1 - rq->path.p)),
		err) == 0) {
		rc = ferry_user_token_looks_right(ferry_bytes_buf(&text)) &&
		     text.n < size;
		if (rc == 1) {
			memcpy(out, text.p, text.n);
			out[text.n] = 0;
		}
	}
	drop(&text);
	return rc;
}

int
ferry_npm_answer_logout(const struct ferry_call *call, ferry_npm_refuse *refuse,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_issue_ask ask = { .what = FERRY_ISSUE_REVOKE };
	const struct ferry_issue_said *said;
	enum ferry_issued how;
	int rc = read_token(call->rq, ask.token, sizeof(ask.token), err);

	if (rc != 1)
		return rc;
	rc = ferry_issuing_ask(call, &ask, refuse, res, &how, &said, err);
	if (rc == 1 && how == FERRY_ISSUED_NOBODY) {
		refuse(call, 405,
		    "this server revokes no tokens: no issuer runs ('ferry "
		    "issue'); 'ferry token revoke' on it does",
		    res);
		ferry_response_header(res, "Allow", "GET, HEAD");
	} else if (rc == 1 && (how == FERRY_ISSUED || res->status == 401)) {
		/* One that opens nothing any more is what was wanted. */
		ferry_response_text(res, 200, JSON, "{\"ok\":true}\n");
		res->headers_n = 0;
	}
	return rc == -1 ? -1 : 1;
}
