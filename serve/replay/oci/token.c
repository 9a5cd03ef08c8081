#include "serve/replay/oci/token.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/replay/call.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/access/token.h"
#include "store/base/clock.h"
#include "store/base/error.h"

#define SCOPES_MAX 64 /* fields called "scope" */

struct state {
	struct ferry_token_key key;
};

int
ferry_oci_start(void **out, struct ferry_store_view *view,
    uint64_t search_bytes, struct ferry_error *err)
{
	struct state *state;

	(void)view;
	(void)search_bytes;
	if (ferry_calloc(&state, 1, sizeof(*state), err) == -1)
		return -1;
	if (ferry_token_key_new(&state->key, err) == -1) {
		free(state);
		return -1;
	}
	*out = state;
	return 0;
}

void
ferry_oci_stop(void *ctx)
{

	explicit_bzero(ctx, sizeof(struct state));
	free(ctx);
}

/* Who the client is that wants a token: by Basic, or by the fields of a form. */
static void
identify_client(struct ferry_call *call, const char *authorization)
{
	struct ferry_access *access = ferry_store_view_access(call->view);
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf secret = FERRY_BUF_INIT;
	int rc = 0;

	if (authorization == NULL && call->rq->method == FERRY_POST) {
		rc = ferry_form_get(
		    call->rq->form, "password", 0, &secret, &err);
		if (rc == 0)
			rc = ferry_form_get(
			    call->rq->form, "refresh_token", 0, &secret, &err);
	}
	if (rc == 1 && ferry_access_restricts(access))
		ferry_access_identify_token(
		    access, ferry_bytes_buf(&secret), &call->identity);
	else
		ferry_access_identify(access, authorization, &call->identity);
	if (secret.p != NULL)
		explicit_bzero(secret.p, secret.n);
	ferry_buf_free(&secret);
}

void
ferry_oci_identify(struct ferry_call *call, const char *authorization)
{
	struct ferry_access *access = ferry_store_view_access(call->view);
	const struct state *state = call->state;
	const char *text;

	if (call->resource.action == FERRY_ACTION_TOKEN) {
		identify_client(call, authorization);
		return;
	}
	if (authorization == NULL ||
	    strncasecmp(authorization, "Bearer", 6) != 0 ||
	    strcspn(authorization, " \t") != 6) {
		ferry_access_identify(access, authorization, &call->identity);
		return;
	}
	text = authorization + 6;
	text += strspn(text, " \t");
	if (ferry_token_read(&call->token, &state->key, ferry_bytes_str(text),
		ferry_now()) == 1) {
		ferry_access_identify_again(
		    access, call->token.subject, &call->identity);
		call->identity.session = &call->token;
	} else {
		/* A user's token will do as well; a stale session's must be
		 * refused, so that the client asks for another. */
		ferry_access_identify_token(
		    access, ferry_bytes_str(text), &call->identity);
		/* Ours have a dot, users' have none: what was of another start
		 * of this server, or is past its end, cannot be told apart. */
		call->session_expired = strchr(text, '.') != NULL;
	}
}

void
ferry_oci_challenge(const struct ferry_call *call, enum ferry_verdict verdict,
    struct ferry_response *res)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf origin = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	const char *host;
	int rc = ferry_view_base(call, &origin, &err);

	if (rc == 0) {
		/* The base without its prefix. */
		origin.p[origin.n - strlen(call->prefix)] = 0;
		host = strstr((const char *)origin.p, "://");
		host = host == NULL ? (const char *)origin.p : host + 3;
		rc = ferry_buf_addf(&text, &err,
		    "Bearer realm=\"%s/v2/token\",service=\"%.*s\"",
		    (const char *)origin.p, (int)strcspn(host, "/"), host);
	}
	if (rc == 0 && r->client_name[0] != 0)
		rc = ferry_buf_addf(&text, &err,
		    ",scope=\"repository:%s:pull\"", r->client_name);
	if (rc == 0 && r->action == FERRY_ACTION_LIST)
		rc = ferry_buf_adds(
		    &text, ",scope=\"registry:catalog:*\"", &err);
	if (rc == 0 && verdict != FERRY_NEED_CREDENTIAL)
		rc = ferry_buf_addf(&text, &err, ",error=\"%s\"",
		    verdict == FERRY_OUT_OF_SCOPE ? "insufficient_scope"
						  : "invalid_token");
	if (rc == 0)
		ferry_response_header(
		    res, "WWW-Authenticate", (const char *)text.p);
	ferry_buf_free(&text);
	ferry_buf_free(&origin);
}

/* Every "scope" of a query or a form. */
static int
grant(
    struct ferry_token *token, struct ferry_bytes form, struct ferry_error *err)
{
	struct ferry_buf scopes = FERRY_BUF_INIT;
	int rc = 1;

	for (size_t i = 0; rc == 1 && i < SCOPES_MAX; i++) {
		ferry_buf_reset(&scopes);
		rc = ferry_form_get(form, "scope", i, &scopes, err);
		if (rc == 1)
			ferry_token_grant(token, ferry_bytes_buf(&scopes));
	}
	ferry_buf_free(&scopes);
	return rc == -1 ? -1 : 0;
}

int
ferry_oci_answer_token(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct state *state = call->state;
	const struct ferry_request *rq = call->rq;
	struct ferry_buf text = FERRY_BUF_INIT;
	char issued_at[FERRY_TIME_TEXT];
	struct ferry_token token;
	int rc = -1;

	ferry_token_init(&token, call->identity.subject, ferry_now());
	if (grant(&token, rq->method == FERRY_POST ? rq->form : rq->query,
		err) == -1 ||
	    ferry_token_sign(&token, &state->key, &text, err) == -1)
		goto out;
	/* Those who ask by GET read "token", by POST "access_token". */
	ferry_response_text(res, 200, "application/json",
	    "{\"token\":\"%s\",\"access_token\":\"%s\",\"expires_in\":%d,"
	    "\"issued_at\":\"%s\"}\n",
	    (const char *)text.p, (const char *)text.p, FERRY_TOKEN_LIFE,
	    ferry_time_text(token.issued_at, issued_at));
	res->cache = "no-store";
	rc = 1;
out:
	ferry_buf_free(&text);
	return rc;
}
