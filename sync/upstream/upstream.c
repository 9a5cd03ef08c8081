#include "sync/upstream/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/access/authority.h"
#include "store/access/snapshot.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/fetch/reach.h"
#include "sync/permissions/operator_file.h"
#include "sync/upstream/run.h"

#define TOKEN_FILE_MAX 8192
#define DOCUMENT_USUAL (64ULL << 20)
#define DOCUMENT_MOST (1ULL << 30)

static const struct ferry_upstream_kind *
kind_called(const struct ferry_upstream_kind *const *kinds, const char *format)
{

	for (; *kinds != NULL; kinds++)
		if (strcmp((*kinds)->format, format) == 0)
			return *kinds;
	return NULL;
}

static int
find_kind(const struct ferry_run *run, struct ferry_upstream *up,
    struct ferry_error *err)
{
	char known[100] = "";
	const char *format;
	size_t n = 0;

	if (ferry_conf_need_str(up->group, "format", &format, err) == -1)
		return -1;
	if ((up->kind = kind_called(run->kinds, format)) != NULL)
		return 0;
	for (size_t i = 0; run->kinds[i] != NULL && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
		    i == 0 ? "" : ", ", run->kinds[i]->format);
	return ferry_conf_error(up->group, "format", err,
	    "'%s' is not a format that ferry knows (%s)", format, known);
}

/* A secret's file: the first line, without blanks at its end. */
static int
read_token(struct ferry_upstream *up, const char *path, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_file_read(path, TOKEN_FILE_MAX, &text, err);
	size_t n = rc == -1 ? 0 : strcspn((char *)text.p, "\r\n");

	if (rc == -1)
		ferry_error_in(err, "the token of upstream '%s'", up->name);
	else if (n == 0)
		rc = ferry_conf_error(
		    up->group, "token_file", err, "%s is empty", path);
	else
		rc = ferry_strndup(&up->token, ferry_bytes_of(text.p, n), err);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	ferry_buf_free(&text);
	return rc;
}

static int
configure_token(struct ferry_upstream *up, struct ferry_error *err)
{
	const char *file, *variable, *value;

	if (ferry_conf_file(up->group, "token_file", &file, err) == -1 ||
	    ferry_conf_str(up->group, "token_env", NULL, &variable, err) == -1)
		return -1;
	if (file != NULL && variable != NULL)
		return ferry_conf_error(up->group, "token_env", err,
		    "token_file is given as well; keep one of them");
	if (file != NULL && read_token(up, file, err) == -1)
		return -1;
	if (variable != NULL) {
		if ((value = getenv(variable)) == NULL || *value == 0)
			return ferry_conf_error(up->group, "token_env", err,
			    "the environment has no %s", variable);
		if (ferry_strdup(&up->token, value, err) == -1)
			return -1;
	}
	up->origin.token = up->token;
	return 0;
}

static int
configure_origin(struct ferry_upstream *up, struct ferry_error *err)
{
	struct ferry_fetch_origin *o = &up->origin;
	uint64_t connections, tries;

	if (ferry_conf_u64(up->group, "connections", 1, 256, 16, &connections,
		err) == -1 ||
	    ferry_conf_u64(up->group, "tries", 1, 20, 5, &tries, err) == -1 ||
	    ferry_conf_size(
		up->group, "rate", 0, INT64_MAX, 0, &o->rate, err) == -1 ||
	    ferry_conf_file(up->group, "ca_file", &o->ca_file, err) == -1 ||
	    ferry_conf_file(up->group, "cert_file", &o->cert_file, err) == -1 ||
	    ferry_conf_file(up->group, "key_file", &o->key_file, err) == -1 ||
	    ferry_conf_file(up->group, "netrc", &o->netrc, err) == -1 ||
	    ferry_conf_str(up->group, "proxy", NULL, &o->proxy, err) == -1)
		return -1;
	o->name = up->name;
	o->reach = up->reach;
	o->connections = (unsigned)connections;
	o->tries = (unsigned)tries;
	/* Other hosts get the same patience and none of the credentials. */
	up->elsewhere = *o;
	up->elsewhere.cert_file = up->elsewhere.key_file = NULL;
	up->elsewhere.netrc = NULL;
	return configure_token(up, err);
}

/* What the upstream may make ferry do. */
static int
configure_reach(struct ferry_upstream *up, struct ferry_error *err)
{
	const char *host;
	int rc;

	if (ferry_conf_bool(up->group, "without_digests", false,
		&up->without_digests, err) == -1 ||
	    ferry_conf_size(up->group, "document_max", 1U << 20, DOCUMENT_MOST,
		DOCUMENT_USUAL, &up->document_max, err) == -1 ||
	    ferry_reach_new(&up->reach, err) == -1 ||
	    ferry_reach_add_url(up->reach, up->url, err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(up->group, "hosts", i, &host, err)) == 1;
	     i++) {
		if (*host == 0 || strpbrk(host, "/@ \t") != NULL)
			return ferry_conf_error(up->group, "hosts", err,
			    "element %u, '%.80s', is not HOST or HOST:PORT",
			    i + 1, host);
		if (ferry_reach_add_host(up->reach, host, err) == -1)
			return -1;
	}
	return rc;
}

int
ferry_upstream_protect(
    struct ferry_upstream *up, const char *pattern, struct ferry_error *err)
{

	if (ferry_array_grow(&up->protect, &up->protect_cap, up->protect_n + 1,
		sizeof(*up->protect), err) == -1 ||
	    ferry_strdup(&up->protect[up->protect_n], pattern, err) == -1)
		return -1;
	up->protect_n++;
	return 0;
}

static int
configure_protect(struct ferry_upstream *up, struct ferry_error *err)
{
	const char *pattern;
	int rc;

	for (unsigned i = 0; (rc = ferry_conf_strs(
				  up->group, "protect", i, &pattern, err)) == 1;
	     i++)
		if (ferry_upstream_protect(up, pattern, err) == -1)
			return -1;
	return rc;
}

/* What needs a credential was not meant for everybody. */
static int
configure_visibility(struct ferry_upstream *up, struct ferry_error *err)
{
	bool open = up->token == NULL && up->origin.netrc == NULL &&
	            up->origin.cert_file == NULL;
	enum ferry_visibility visibility;

	if (up->kind->delegates != NULL)
		return 0;
	if (ferry_conf_str(up->group, "visibility", open ? "public" : "private",
		&up->visibility, err) == -1)
		return -1;
	if (ferry_visibility_parse(&visibility, up->visibility) == -1)
		return ferry_conf_error(up->group, "visibility", err,
		    "expected \"public\", \"internal\" or \"private\"");
	return 0;
}

/* "7d"; "": 0. */
static int
read_duration(const struct ferry_upstream *up, const char *name,
    int64_t fallback, int64_t *out, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *text;

	*out = fallback;
	if (ferry_conf_str(up->group, name, NULL, &text, err) == -1)
		return -1;
	if (text != NULL && *text == 0)
		*out = 0;
	return text == NULL || *text == 0 ||
	               ferry_duration_parse(out, text, &why) == 0
	           ? 0
	           : ferry_conf_error(up->group, name, err, "%s", why.text);
}

static int
read_min_age(struct ferry_upstream *up, struct ferry_error *err)
{

	if (read_duration(up, "min_age", 0, &up->min_age, err) == -1)
		return -1;
	return up->min_age == 0 || up->kind->package != NULL
	           ? 0
	           : ferry_conf_error(up->group, "min_age", err,
			 "what comes from upstreams of the format '%s' has no "
			 "age",
			 up->kind->format);
}

/* Who wants what is noted once a day (reason.h). */
static int
configure_keep(struct ferry_upstream *up, struct ferry_error *err)
{

	if (read_duration(up, "keep", 0, &up->keep_s, err) == -1 ||
	    read_duration(up, "recheck", 86400, &up->recheck_s, err) == -1)
		return -1;
	return up->keep_s == 0 || up->keep_s >= 86400
	           ? 0
	           : ferry_conf_error(
			 up->group, "keep", err, "it is at least \"1d\"");
}

static int
configure_pull(struct ferry_upstream *up, struct ferry_error *err)
{

	if (read_min_age(up, err) == -1 ||
	    ferry_conf_bool(up->group, "pull", false, &up->pull, err) == -1 ||
	    ferry_conf_u64(up->group, "max_age", 0, 365 * 86400, 300,
		&up->max_age, err) == -1 ||
	    ferry_conf_all_strs(up->group, "pull_allow", up->pull_allow,
		sizeof(up->pull_allow) / sizeof(up->pull_allow[0]),
		&up->pull_allow_n, err) == -1 ||
	    ferry_conf_all_strs(up->group, "pull_deny", up->pull_deny,
		sizeof(up->pull_deny) / sizeof(up->pull_deny[0]),
		&up->pull_deny_n, err) == -1)
		return -1;
	if (up->pull && up->kind->pull == NULL)
		return ferry_conf_error(up->group, "pull", err,
		    "upstreams of the format '%s' cannot be pulled through",
		    up->kind->format);
	return 0;
}

int
ferry_upstream_user(
    const struct ferry_upstream *up, const char **user, struct ferry_error *err)
{

	if (ferry_conf_str(up->group, "user", up->user, user, err) == -1)
		return -1;
	if (*user != NULL && (**user == 0 || strchr(*user, ':') != NULL))
		return ferry_conf_error(up->group, "user", err,
		    "a user's name is not empty and has no ':'");
	return 0;
}

void
ferry_upstream_basic(
    struct ferry_upstream *up, const char *user, const char *password)
{

	up->origin.user = user;
	up->origin.password = password;
	up->origin.token = NULL;
}

int
ferry_upstream_login(struct ferry_upstream *up, struct ferry_error *err)
{
	const char *user;

	if (ferry_upstream_user(up, &user, err) == -1)
		return -1;
	if (user != NULL && up->token == NULL)
		return ferry_conf_error(up->group, "user", err,
		    "the password is missing: token_file or token_env");
	if (user != NULL)
		ferry_upstream_basic(up, user, up->token);
	return 0;
}

static int
configure_upstream(const struct ferry_run *run, struct ferry_upstream *up,
    struct ferry_error *err)
{
	const char *url;

	if (ferry_conf_need_str(up->group, "name", &up->name, err) == -1 ||
	    find_kind(run, up, err) == -1 ||
	    ferry_conf_need_str(up->group, "url", &url, err) == -1 ||
	    ferry_conf_url(up->group, "url", NULL, (char **)(uintptr_t)&up->url,
		err) == -1 ||
	    configure_reach(up, err) == -1 || configure_origin(up, err) == -1 ||
	    configure_protect(up, err) == -1 ||
	    configure_visibility(up, err) == -1 ||
	    configure_pull(up, err) == -1 || configure_keep(up, err) == -1 ||
	    up->kind->configure(up, err) == -1 ||
	    ferry_conf_finish(up->group, err) == -1)
		return -1;
	return 0;
}

static bool
is_named(const char *name, char **names, int n)
{

	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

/* Every upstream is read, so that protection and mistakes count; only those
 * of names are synced. */
static int
mark_wanted(struct ferry_run *run, char **names, int n, struct ferry_error *err)
{

	for (int i = 0; i < n; i++) {
		size_t k;

		for (k = 0; k < run->upstreams_n &&
			    strcmp(run->upstreams[k].name, names[i]) != 0;
		     k++)
			;
		if (k == run->upstreams_n)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "the configuration has no upstream '%s'", names[i]);
	}
	for (size_t i = 0; i < run->upstreams_n; i++)
		run->upstreams[i].wanted =
		    is_named(run->upstreams[i].name, names, n);
	return 0;
}

static int
configure_next(struct ferry_run *run, size_t i, struct ferry_error *err)
{
	struct ferry_upstream *up = &run->upstreams[i];

	if (configure_upstream(run, up, err) == -1)
		return -1;
	for (size_t k = 0; k < i; k++)
		if (run->upstreams[k].name != NULL &&
		    strcmp(up->name, run->upstreams[k].name) == 0)
			return ferry_conf_error(up->group, "name", err,
			    "two upstreams are called '%s'", up->name);
	return 0;
}

/* Whether a mistake is only noted, and the others are looked at as well. */
static int
keep_mistake(struct ferry_run *run, struct ferry_error *err)
{
	const struct ferry_error none = FERRY_ERROR_INIT;

	if (run->mistakes == NULL || err->code != FERRY_ECONFIG)
		return -1;
	(void)json_array_append_new(
	    run->mistakes, ferry_json_text(ferry_bytes_str(err->text)));
	*err = none;
	return 0;
}

int
ferry_upstreams_read(struct ferry_run *run, struct ferry_conf_group *root,
    char **names, int names_n, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	size_t cap = 0;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(root, "upstreams", i, &group, err)) == 1;
	     i++) {
		if (ferry_array_grow(&run->upstreams, &cap,
			run->upstreams_n + 1, sizeof(*run->upstreams),
			err) == -1)
			return -1;
		memset(&run->upstreams[run->upstreams_n], 0,
		    sizeof(*run->upstreams));
		run->upstreams[run->upstreams_n].group = group;
		run->upstreams[run->upstreams_n].kinds = run->kinds;
		run->upstreams_n++;
	}
	if (rc == -1)
		return -1;
	/* Only now do their addresses stay. */
	for (size_t i = 0; i < run->upstreams_n; i++)
		if (configure_next(run, i, err) == -1 &&
		    keep_mistake(run, err) == -1)
			return -1;
	return mark_wanted(run, names, names_n, err);
}

void
ferry_upstreams_free(struct ferry_run *run)
{

	for (size_t i = 0; i < run->upstreams_n; i++) {
		struct ferry_upstream *up = &run->upstreams[i];

		if (up->kind != NULL)
			up->kind->free(up);
		if (up->token != NULL)
			explicit_bzero(up->token, strlen(up->token));
		free(up->token);
		free((char *)(uintptr_t)up->url);
		for (size_t k = 0; k < up->protect_n; k++)
			free(up->protect[k]);
		free(up->protect);
		json_decref(up->said);
		ferry_reach_free(up->reach);
	}
	ferry_operator_free(run->op);
	run->op = NULL;
	free(run->tickers);
	run->tickers = NULL;
	run->tickers_n = run->tickers_cap = 0;
	free(run->upstreams);
	run->upstreams = NULL;
	run->upstreams_n = 0;
}

static enum ferry_upstream_is
find_upstream(void *ctx, const char *name)
{
	const struct ferry_run *run = ctx;

	for (size_t i = 0; i < run->upstreams_n; i++)
		if (strcmp(run->upstreams[i].name, name) == 0)
			return run->upstreams[i].visibility == NULL
			           ? FERRY_UPSTREAM_IS_GITHUB
			           : FERRY_UPSTREAM_IS_PLAIN;
	return FERRY_UPSTREAM_IS_NONE;
}

int
ferry_run_operator(struct ferry_run *run, struct ferry_conf_group *root,
    struct ferry_error *err)
{
	const char *path;

	if (ferry_conf_file(root, "access", &path, err) == -1)
		return -1;
	if (path == NULL)
		return 0;
	if (ferry_operator_open(&run->op, path, err) == -1) {
		if (err->code == FERRY_ESYSTEM)
			err->code = FERRY_ECONFIG;
		return -1;
	}
	return ferry_operator_check(run->op, find_upstream, run, err);
}

int
ferry_upstream_delegate(struct ferry_upstream *out, struct ferry_upstream *by,
    const char *format, const char *group, const char *url, const char *host,
    const char *user, struct ferry_error *err)
{

	*out = (struct ferry_upstream){ .kinds = by->kinds,
		.kind = kind_called(by->kinds, format),
		.name = by->name,
		.origin = by->origin,
		.elsewhere = by->elsewhere,
		.reach = by->reach,
		.document_max = by->document_max,
		.without_digests = by->without_digests,
		.token = by->token,
		.wanted = by->wanted,
		.delegator = by,
		.host = host,
		.user = user };
	if (ferry_strdup((char **)(uintptr_t)&out->url, url, err) == -1 ||
	    ferry_reach_add_url(out->reach, url, err) == -1 ||
	    ferry_conf_group(by->group, group, &out->group, err) == -1 ||
	    out->kind->configure(out, err) == -1)
		return -1;
	return ferry_conf_finish(out->group, err);
}

void
ferry_upstream_delegate_free(struct ferry_upstream *delegate)
{

	if (delegate->kind != NULL)
		delegate->kind->free(delegate);
	free((char *)(uintptr_t)delegate->url);
	*delegate = (struct ferry_upstream){ .kind = NULL };
}

/* A pattern is a name, or a prefix followed by '*'. */
static bool
fits_pattern(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncasecmp(pattern, name, n - 1) == 0;
	return strcasecmp(pattern, name) == 0;
}

/* Whether packages of format may come from up. */
static bool
supplies(const struct ferry_upstream *up, const char *format)
{
	const char *const *delegate = up->kind->delegates;

	if (delegate == NULL)
		return strcmp(up->kind->format, format) == 0;
	while (*delegate != NULL && strcmp(*delegate, format) != 0)
		delegate++;
	return *delegate != NULL;
}

const struct ferry_upstream *
ferry_upstream_holder(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name)
{
	const struct ferry_upstream *self =
	    up->delegator != NULL ? up->delegator : up;
	const struct ferry_upstream *holder = NULL;

	for (size_t i = 0; i < run->upstreams_n; i++)
		for (size_t k = 0; k < run->upstreams[i].protect_n; k++)
			if (supplies(&run->upstreams[i], up->kind->format) &&
			    fits_pattern(run->upstreams[i].protect[k], name)) {
				holder = &run->upstreams[i];
				if (holder == self)
					return holder;
			}
	return holder;
}

int
ferry_upstream_may(const struct ferry_run *run, const struct ferry_upstream *up,
    const char *name, struct ferry_error *err)
{
	const struct ferry_upstream *holder =
	    ferry_upstream_holder(run, up, name);

	if (holder == NULL || holder == up || holder == up->delegator)
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "the name '%s' is bound to upstream '%s' (its owner's, or "
	    "'protect' there says so); '%s' may not supply it",
	    name, holder->name, up->name);
}

static bool
fits_any(const char *const *patterns, size_t n, const char *name)
{

	for (size_t i = 0; i < n; i++)
		if (fits_pattern(patterns[i], name))
			return true;
	return false;
}

int
ferry_upstream_may_pull(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name, struct ferry_error *err)
{
	bool allowed = up->pull_allow_n == 0 ||
	               fits_any(up->pull_allow, up->pull_allow_n, name);

	if (allowed && !fits_any(up->pull_deny, up->pull_deny_n, name))
		return ferry_upstream_may(run, up, name, err);
	return ferry_error_set(err, FERRY_EDENIED,
	    "'%.200s' is not pulled from upstream '%s': its %s says so", name,
	    up->name, allowed ? "'pull_deny'" : "'pull_allow'");
}

/* Whoever syncs an upstream first is the one to say who may read it. */
static int
claim_upstream(
    struct ferry_run *run, const char *upstream, struct ferry_error *err)
{
	enum ferry_authority ignored;

	return ferry_authority_get(
	    run->st, upstream, ferry_store_id(run->st), &ignored, err);
}

int
ferry_upstream_put(struct ferry_run *run, struct ferry_upstream *up,
    json_t *more, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record;
	int rc = -1;

	if (run->dry_run)
		return 0;
	if (up->delegator != NULL)
		up = up->delegator;
	if (up->said == NULL)
		up->said = json_object();
	/* Where packages have each their own visibility, a snapshot tells; as
	 * long as there is none, nobody reads them. */
	record = json_pack("{s:s,s:s,s:s}", "format", up->kind->format, "url",
	    up->url, "visibility",
	    up->visibility == NULL ? "private" : up->visibility);
	if (record == NULL || up->said == NULL ||
	    (more != NULL && json_object_update(up->said, more) == -1) ||
	    json_object_update(record, up->said) == -1)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if (claim_upstream(run, up->name, err) == 0 &&
		 ferry_key_make(&key, err, "upstream", up->name, NULL) == 0 &&
		 ferry_catalog_put(run->st, &key, record, err) != -1)
		rc = 0;
	json_decref(record);
	return rc;
}
