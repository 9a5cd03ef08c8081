#include "sync/upstream/oci/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/challenge.h"
#include "sync/upstream/run.h"
#include "sync/upstream/table.h"

#define LIFE_DEFAULT_S 60 /* of a token that does not say */
#define LIFE_MAX_S 86400
#define TOKEN_MAX 32768
#define REPLY_MAX (64U << 10)

/* How requests of one scope are let in. */
struct scope {
	struct ferry_table_entry entry; /* key: the scope */
	struct oci_auth *auth;
	enum {
		UNKNOWN, /* nothing was asked yet */
		PROBING, /* the registry's first request is of this scope */
		OPEN, /* nobody asked for credentials */
		BASIC,
		ASKING, /* for a token; requests wait for it */
		BEARER, /* have one */
		REFUSED
	} state;
	char *token;
	uint64_t expires_ms; /* ferry_ticks_ms() */
	unsigned serial; /* of what requests enter with now */
	bool netrc_withheld; /* from the realm, which is another host */
	struct ferry_challenge challenge;
	struct ferry_error why; /* REFUSED */
};

struct oci_auth {
	struct ferry_run *run;
	struct ferry_upstream *up;
	const char *user, *password, *netrc;
	struct ferry_fetch_gate gate;
	const char *realm_host; /* as configured, or NULL */
	/* Where tokens come from: the registry's own host; another that may
	 * have netrc's login, but not the client certificate; any other. */
	struct ferry_fetch_origin realm, realm_named, realm_bare;
	struct ferry_table scopes;
	struct ferry_challenge known; /* of whatever scope: the next asks at
	                               * once for its token */
	unsigned serial;
	bool probing; /* a first request is under way; others wait for it */
	bool open; /* the registry answers without credentials */
};

static void
scope_free(void *entry)
{
	struct scope *s = entry;

	if (s->token != NULL)
		explicit_bzero(s->token, strlen(s->token));
	free(s->token);
}

static struct scope *
scope_find(struct oci_auth *auth, const char *name, struct ferry_error *err)
{
	struct scope *s;

	if (name == NULL)
		name = "";
	s = (struct scope *)ferry_table_find(&auth->scopes, name);
	if (s == NULL &&
	    (s = ferry_table_add(&auth->scopes, name, sizeof(*s), err)) != NULL)
		s->auth = auth;
	return s;
}

static void
refuse_scope(struct scope *s, const struct ferry_error *why)
{

	s->state = REFUSED;
	s->why = *why;
}

/* Tokens */

/* Seconds; some servers write them as a text. */
static int
read_life(const json_t *root, uint64_t *life, struct ferry_error *err)
{
	const char *text =
	    json_string_value(json_object_get(root, "expires_in"));

	return text == NULL ? ferry_json_u64_opt(root, "expires_in", UINT32_MAX,
				  LIFE_DEFAULT_S, life, err)
	                    : ferry_parse_u64(ferry_bytes_str(text), 0,
				  UINT32_MAX, life, err);
}

static int
read_token(struct scope *s, struct ferry_bytes body, int64_t date,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	size_t n;
	uint64_t life = LIFE_DEFAULT_S;
	const char *token, *issued;
	json_t *root = NULL;
	int64_t at;
	int rc = -1;

	if (ferry_json_parse(&root, body, "the token reply", err) == -1 ||
	    ferry_json_str_opt(root, "token", NULL, &token, err) == -1 ||
	    ((token == NULL || *token == 0) &&
		ferry_json_str(root, "access_token", &token, err) == -1) ||
	    read_life(root, &life, err) == -1 ||
	    ferry_json_str_opt(root, "issued_at", NULL, &issued, err) == -1)
		goto out;
	/* It goes into a header. */
	for (n = 0; token[n] > 0x20 && token[n] < 0x7f && n < TOKEN_MAX; n++)
		;
	if (n == 0 || token[n] != 0) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "the token server's token cannot be one");
		goto out;
	}
	if (life > LIFE_MAX_S)
		life = LIFE_MAX_S;
	/* A token server's cache may give old ones.  Its own clock tells how
	 * old: ours may be another's time. */
	if (issued != NULL && date != 0 &&
	    ferry_time_parse(&at, ferry_bytes_str(issued), &why) == 0 &&
	    at < date)
		life = (uint64_t)(date - at) < life
		           ? life - (uint64_t)(date - at)
		           : 0;
	/* Whatever is said, those who wait get to use it. */
	if (life == 0)
		life = 1;
	scope_free(s);
	s->token = NULL;
	if (ferry_strdup(&s->token, token, err) == -1)
		goto out;
	/* A tenth early: the request has to arrive with it. */
	s->expires_ms = ferry_ticks_ms() + life * 900;
	rc = 0;
out:
	json_decref(root);
	return rc;
}

static void
on_token(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct scope *s = ctx;
	struct oci_auth *auth = s->auth;
	struct ferry_error why = result->error;

	if (why.code == FERRY_OK &&
	    read_token(s, body, result->date, &why) == 0) {
		s->state = BEARER;
		s->serial = ++auth->serial;
	} else {
		if (why.code == FERRY_EDENIED && s->netrc_withheld)
			ferry_error_in(&why,
			    "netrc is not looked up for a token server on "
			    "another host, unless realm_host names it");
		ferry_error_in(&why, "asking for a token (%s)", s->entry.key);
		refuse_scope(s, &why);
	}
	ferry_fetch_release(auth->run->fetch, &auth->up->origin, s->entry.key);
}

/* The realms of the hosts that everybody knows.
 * Observed: registry-1.docker.io's challenge, since 2015. */
static bool
known_pair(const char *registry, const char *realm)
{

	return strcmp(registry, "registry-1.docker.io") == 0 &&
	       strcmp(realm, "auth.docker.io") == 0;
}

/* Whether the operator's realm_host, HOST or HOST:PORT, is where realm is. */
static bool
is_realm_host(
    const char *realm_host, const char *realm, const char *host, unsigned port)
{
	unsigned usual = strncasecmp(realm, "https:", 6) == 0 ? 443 : 80;
	const char *colon = strrchr(realm_host, ':');
	size_t n =
	    colon == NULL ? strlen(realm_host) : (size_t)(colon - realm_host);

	return strlen(host) == n && strncasecmp(realm_host, host, n) == 0 &&
	       (colon == NULL ? port == usual
			      : strtoul(colon + 1, NULL, 10) == port);
}

/* The first realm elsewhere that gets credentials is the one.  Returns: 0, or
 * -1 if another was before. */
static int
remember_realm(
    struct oci_auth *auth, const char *realm, struct ferry_error *err)
{
	struct ferry_run *run = auth->run;
	const char *name = auth->up->name, *known;
	json_t *record = NULL;
	int rc = -1;

	if (ferry_local_named_get(
		run->st, FERRY_KIND_REALM, name, &record, err) == -1)
		return -1;
	if (record == NULL)
		rc = run->dry_run
		         ? 0
		         : ferry_local_named_put(run->st, FERRY_KIND_REALM,
			       name, json_pack("{s:s}", "at", realm), err);
	else if (ferry_json_str(record, "at", &known, err) == 0 &&
		 strcmp(known, realm) != 0)
		ferry_error_set(err, FERRY_EDENIED,
		    "the registry names %.200s for tokens, and named %.200s "
		    "before: it does not get the credentials unless realm_host "
		    "names it",
		    realm, known);
	else if (err->code == FERRY_OK)
		rc = 0;
	json_decref(record);
	return rc;
}

/*
 * Decide, by the rule of auth.h, whether the realm is asked and as whom:
 * *out is that origin.
 */
static int
judge_realm(
    struct scope *s, struct ferry_fetch_origin **out, struct ferry_error *err)
{
	struct oci_auth *auth = s->auth;
	const char *url = auth->up->url, *realm = s->challenge.realm;
	bool registry_tls = strncasecmp(url, "https://", 8) == 0;
	bool realm_tls = strncasecmp(realm, "https://", 8) == 0;
	bool same = ferry_fetch_url_same_origin(url, realm), named;
	char host[2][256], at[280];
	unsigned port;

	if (ferry_fetch_url_host(host[0], sizeof(host[0]), url, err) == -1 ||
	    ferry_fetch_url_host(host[1], sizeof(host[1]), realm, err) == -1 ||
	    ferry_fetch_url_port(&port, realm, err) == -1)
		return ferry_error_in(
		    err, "the realm of the registry's challenge");
	(void)snprintf(at, sizeof(at), "%s:%u", host[1], port);
	named = auth->realm_host == NULL
	            ? known_pair(host[0], host[1]) && port == 443
	            : is_realm_host(auth->realm_host, realm, host[1], port);
	if (registry_tls && !realm_tls)
		return ferry_error_set(err, FERRY_EDENIED,
		    "the registry wants a token from %.200s, which is not "
		    "https",
		    realm);
	if (!same && !named && auth->user != NULL) {
		if (auth->realm_host != NULL)
			return ferry_error_set(err, FERRY_EDENIED,
			    "the registry names %s for tokens, but realm_host "
			    "is %s: it does not get the credentials",
			    at, auth->realm_host);
		if (!registry_tls)
			return ferry_error_set(err, FERRY_EDENIED,
			    "the registry is plain http and names another "
			    "host, %s, for tokens: it does not get the "
			    "credentials unless realm_host names it",
			    at);
		if (remember_realm(auth, at, err) == -1)
			return -1;
	}
	s->netrc_withheld =
	    auth->netrc != NULL && !same && (!named || !realm_tls);
	*out = same ? &auth->realm : &auth->realm_bare;
	if (!same && named && realm_tls)
		*out = &auth->realm_named;
	return 0;
}

/* Whether a scope that the registry says is but for what was asked: a registry
 * must not get us to fetch a token for another's images. */
static bool
is_ours(const struct scope *s, const char *scope)
{
	size_t n = strlen(s->entry.key);

	return n > 0 && strncmp(scope, s->entry.key, n) == 0 &&
	       (scope[n] == 0 || scope[n] == ',') && strchr(scope, ' ') == NULL;
}

static int
add_query(struct ferry_buf *url, const char *name, const char *value,
    struct ferry_error *err)
{
	const char *mark = memchr(url->p, '?', url->n) == NULL ? "?" : "&";

	if (value == NULL || *value == 0)
		return 0;
	if (ferry_buf_addf(url, err, "%s%s=", mark, name) == -1)
		return -1;
	return ferry_url_encode(url, ferry_bytes_str(value), err);
}

static void
ask_token(struct scope *s)
{
	struct oci_auth *auth = s->auth;
	const struct ferry_challenge *c = &s->challenge;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_ask ask = {
		.accept = "application/json",
		.max_size = REPLY_MAX,
		.ctx = s,
		.on_done = on_token,
	};

	if (judge_realm(s, &ask.origin, &err) == -1 ||
	    ferry_buf_adds(&url, c->realm, &err) == -1 ||
	    add_query(&url, "service", c->service, &err) == -1 ||
	    add_query(&url, "scope",
		is_ours(s, c->scope) ? c->scope : s->entry.key, &err) == -1 ||
	    add_query(&url, "client_id", "ferry", &err) == -1 ||
	    (auth->user != NULL &&
		add_query(&url, "account", auth->user, &err) == -1))
		goto out;
	ask.url = (const char *)url.p;
	if (ferry_run_ask(auth->run, &ask, &err) == 0)
		s->state = ASKING;
out:
	if (s->state != ASKING)
		refuse_scope(s, &err);
	ferry_buf_free(&url);
}

/* The gate */

static enum ferry_fetch_entry
on_enter(void *ctx, const char *name, struct ferry_fetch_login *login,
    struct ferry_error *err)
{
	struct oci_auth *auth = ctx;
	struct scope *s = scope_find(auth, name, err);

	if (s == NULL)
		return FERRY_FETCH_REFUSE;
	if (s->state == BEARER && ferry_ticks_ms() >= s->expires_ms)
		ask_token(s);
	/* What the registry wanted for another scope it wants for this. */
	if (s->state == UNKNOWN &&
	    auth->known.scheme == FERRY_CHALLENGE_BASIC) {
		s->state = BASIC;
	} else if (s->state == UNKNOWN &&
		   auth->known.scheme == FERRY_CHALLENGE_BEARER) {
		s->challenge = auth->known;
		s->challenge.scope[0] = 0;
		ask_token(s);
	}
	login->serial = s->serial;
	switch (s->state) {
	case UNKNOWN:
		/* The first goes alone, so that one 401 tells them all. */
		if (auth->probing)
			return FERRY_FETCH_HOLD;
		auth->probing = !auth->open;
		s->state = auth->open ? OPEN : PROBING;
		return FERRY_FETCH_ENTER;
	case PROBING:
	case ASKING:
		return FERRY_FETCH_HOLD;
	case BASIC:
		login->user = auth->user;
		login->password = auth->password;
		login->netrc = auth->netrc;
		return FERRY_FETCH_ENTER;
	case BEARER:
		login->token = s->token;
		return FERRY_FETCH_ENTER;
	case REFUSED:
		*err = s->why;
		return FERRY_FETCH_REFUSE;
	case OPEN:
	default:
		return FERRY_FETCH_ENTER;
	}
}

/* The best challenge of an answer. */
static int
read_challenge(const struct ferry_fetch_result *result,
    struct ferry_challenge *out, struct ferry_error *err)
{
	struct ferry_challenge one;
	const char *value;

	*out = (struct ferry_challenge){ .scheme = FERRY_CHALLENGE_NONE };
	for (size_t i = 0; (value = ferry_fetch_header(
				result, "WWW-Authenticate", i)) != NULL;
	     i++) {
		if (ferry_challenge_parse(&one, ferry_bytes_str(value), err) ==
		    -1)
			return ferry_error_in(err, "WWW-Authenticate");
		if (one.scheme > out->scheme)
			*out = one;
	}
	return 0;
}

static enum ferry_fetch_verdict
heed_challenge(
    struct scope *s, const struct ferry_challenge *c, struct ferry_error *err)
{
	struct oci_auth *auth = s->auth;

	if (c->scheme == FERRY_CHALLENGE_BASIC) {
		if (s->state == BASIC ||
		    (auth->user == NULL && auth->netrc == NULL))
			return FERRY_FETCH_DONE;
		auth->known = *c;
		s->state = BASIC;
		s->serial = ++auth->serial;
		return FERRY_FETCH_AGAIN;
	}
	if (c->scheme != FERRY_CHALLENGE_BEARER || *c->realm == 0)
		return FERRY_FETCH_DONE;
	auth->known = s->challenge = *c;
	/* Ours says what we need; the registry's is asked for when it says
	 * that ours was too little. */
	if (strcmp(c->error, "insufficient_scope") != 0)
		s->challenge.scope[0] = 0;
	ask_token(s);
	if (s->state == ASKING)
		return FERRY_FETCH_AGAIN;
	*err = s->why;
	return FERRY_FETCH_AGAIN; /* to be refused with its reason */
}

static enum ferry_fetch_verdict
on_answer(void *ctx, const char *name, unsigned serial,
    const struct ferry_fetch_result *result)
{
	struct oci_auth *auth = ctx;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct scope *s = scope_find(auth, name, &err);
	enum ferry_fetch_verdict verdict = FERRY_FETCH_DONE;
	struct ferry_challenge c;
	bool probed;

	if (s == NULL)
		return FERRY_FETCH_DONE;
	probed = s->state == PROBING;
	if (result->status != 401) {
		if (probed)
			s->state = result->status == 0 ? UNKNOWN : OPEN;
		auth->open = auth->open || s->state == OPEN;
	} else if (s->serial != serial || s->state == ASKING) {
		/* Somebody has seen to it since this was sent. */
		verdict = FERRY_FETCH_AGAIN;
	} else if (read_challenge(result, &c, &err) == -1) {
		refuse_scope(s, &err);
		verdict = FERRY_FETCH_AGAIN;
	} else {
		verdict = heed_challenge(s, &c, &err);
		if (s->state == PROBING)
			s->state = OPEN;
	}
	if (probed) {
		auth->probing = false;
		ferry_fetch_release(auth->run->fetch, &auth->up->origin, NULL);
	}
	return verdict;
}

int
ferry_oci_auth_new(struct oci_auth **out, struct ferry_upstream *up,
    const char *user, const char *realm_host, struct ferry_error *err)
{
	struct oci_auth *auth;

	if (ferry_calloc(&auth, 1, sizeof(*auth), err) == -1)
		return -1;
	auth->up = up;
	auth->user = user;
	auth->password = up->token;
	auth->netrc = user == NULL ? up->origin.netrc : NULL;
	auth->gate = (struct ferry_fetch_gate){ auth, on_enter, on_answer };
	auth->realm_host = realm_host;
	auth->realm_bare = up->elsewhere;
	auth->realm_bare.user = user;
	auth->realm_bare.password = up->token;
	auth->realm_named = auth->realm_bare;
	auth->realm_named.netrc = auth->netrc;
	auth->realm = auth->realm_named;
	auth->realm.cert_file = up->origin.cert_file;
	auth->realm.key_file = up->origin.key_file;
	up->origin.token = NULL;
	up->origin.gate = &auth->gate;
	*out = auth;
	return 0;
}

void
ferry_oci_auth_start(struct oci_auth *auth, struct ferry_run *run)
{

	auth->run = run;
}

void
ferry_oci_auth_free(struct oci_auth *auth)
{

	if (auth == NULL)
		return;
	ferry_table_free(&auth->scopes, scope_free);
	free(auth);
}
