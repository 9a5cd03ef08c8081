#include "store/access/access.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/access/credential.h"
#include "store/access/current.h"
#include "store/access/token.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/format/format.h"
#include "store/store.h"

#define CACHED 256 /* tokens */
#define MARK_S 60 /* so often is the use of a token noted */

/* What decisions are made of; replaced as a whole. */
struct ferry_access_state {
	atomic_uint refs;
	struct ferry_snapshots *snapshots;
	struct ferry_access_policy policy;
};

/* A token that was looked up.  What is not there is not remembered. */
struct cached {
	struct ferry_digest digest; /* n == 0: empty */
	struct ferry_user_token token;
	int64_t marked_at;
};

/* Invariant: state is never NULL; the lock is held to take a reference. */
struct ferry_access {
	struct ferry_store *st;
	pthread_mutex_t lock; /* state, cache, tokens */
	struct ferry_access_state *state;
	uint64_t fingerprint; /* of the records that state was made of */
	int tokens; /* the folder, or -1 */
	struct timespec tokens_at; /* its last change that was seen */
	struct cached cache[CACHED];
};

/* State */

static void
state_unref(struct ferry_access_state *s)
{

	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	ferry_snapshots_free(s->snapshots);
	free(s);
}

/* Put s, which is taken, in the place of what is there. */
static void
state_replace(struct ferry_access *a, struct ferry_access_state *s)
{
	struct ferry_access_state *old;

	(void)pthread_mutex_lock(&a->lock);
	old = a->state;
	a->state = s;
	(void)pthread_mutex_unlock(&a->lock);
	state_unref(old);
}

static struct ferry_access_state *
state_ref(struct ferry_access *a)
{
	struct ferry_access_state *s;

	(void)pthread_mutex_lock(&a->lock);
	s = a->state;
	atomic_fetch_add(&s->refs, 1);
	(void)pthread_mutex_unlock(&a->lock);
	return s;
}

static int
state_load(struct ferry_access *a, const struct ferry_access_policy *policy,
    struct ferry_error *err)
{
	struct ferry_access_state *s;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	if (ferry_snapshots_load(&s->snapshots, a->st, err) == -1) {
		free(s);
		return -1;
	}
	atomic_init(&s->refs, 1);
	s->policy = *policy;
	state_replace(a, s);
	return 0;
}

/* A number that changes with any record that decisions depend on. */
static int
fingerprint(struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	static const char *const kinds[] = { "access", "upstream" };
	uint64_t h = 14695981039346656037U; /* FNV-1a */

	for (size_t i = 0; i < 2; i++) {
		struct ferry_catalog_iter *it = NULL;
		struct ferry_key prefix, key;
		json_t *record;
		int rc;

		if (ferry_key_make(&prefix, err, kinds[i], NULL) == -1 ||
		    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
			return -1;
		while ((rc = ferry_catalog_iter_next(it, &key, &record, err)) ==
		       1) {
			h = (h ^ (uint64_t)json_integer_value(
				     json_object_get(record, "seq"))) *
			    1099511628211U;
			json_decref(record);
		}
		ferry_catalog_iter_free(it);
		if (rc == -1)
			return -1;
	}
	*out = h;
	return 0;
}

/* Forget looked-up tokens when the folder of tokens has changed. */
static void
follow_tokens(struct ferry_access *a)
{
	char path[4096];
	struct stat sb;

	(void)pthread_mutex_lock(&a->lock);
	if (a->tokens == -1) {
		(void)snprintf(
		    path, sizeof(path), "%s/tokens", ferry_store_path(a->st));
		a->tokens = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (a->tokens != -1 && fstat(a->tokens, &sb) == 0 &&
	    (sb.st_mtim.tv_sec != a->tokens_at.tv_sec ||
		sb.st_mtim.tv_nsec != a->tokens_at.tv_nsec)) {
		a->tokens_at = sb.st_mtim;
		memset(a->cache, 0, sizeof(a->cache));
	}
	(void)pthread_mutex_unlock(&a->lock);
}

int
ferry_access_open(
    struct ferry_access **out, struct ferry_store *st, struct ferry_error *err)
{
	const struct ferry_access_policy none = { 0 };
	struct ferry_access *a;

	if (ferry_calloc(&a, 1, sizeof(*a), err) == -1)
		return -1;
	a->st = st;
	a->tokens = -1;
	(void)pthread_mutex_init(&a->lock, NULL);
	if (fingerprint(st, &a->fingerprint, err) == -1 ||
	    state_load(a, &none, err) == -1) {
		ferry_access_close(a);
		return -1;
	}
	follow_tokens(a);
	*out = a;
	return 0;
}

void
ferry_access_close(struct ferry_access *a)
{

	if (a == NULL)
		return;
	state_unref(a->state);
	if (a->tokens != -1)
		(void)close(a->tokens);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

void
ferry_access_configure(
    struct ferry_access *a, const struct ferry_access_policy *policy)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	/* Only memory can lack; the options of before are not laxer than no
	 * answer. */
	if (state_load(a, policy, &err) == -1)
		abort();
}

int
ferry_access_follow(struct ferry_access *a, struct ferry_error *err)
{
	struct ferry_access_policy policy;
	struct ferry_access_state *s;
	uint64_t now;

	follow_tokens(a);
	if (fingerprint(a->st, &now, err) == -1)
		return -1;
	if (now == a->fingerprint)
		return 0;
	s = state_ref(a);
	policy = s->policy;
	state_unref(s);
	if (state_load(a, &policy, err) == -1)
		return -1;
	a->fingerprint = now;
	return 1;
}

static bool
restricts(const struct ferry_access_state *state)
{

	return ferry_snapshots_restrict(state->snapshots) ||
	       state->policy.private_mode;
}

bool
ferry_access_restricts(struct ferry_access *a)
{
	struct ferry_access_state *s = state_ref(a);
	bool is = restricts(s);

	state_unref(s);
	return is;
}

/* Who asks */

static void
identity_init(struct ferry_access *a, struct ferry_identity *out)
{

	*out = (struct ferry_identity){ .claim = { .kind = FERRY_CLAIM_NONE },
		.state = state_ref(a) };
}

void
ferry_identity_clear(struct ferry_identity *identity)
{

	state_unref(identity->state);
	identity->state = NULL;
}

/* The token of that digest, from the cache or its file.  1, 0, -1. */
static int
find_token(struct ferry_access *a, const struct ferry_digest *digest,
    struct ferry_user_token *out, struct ferry_error *err)
{
	struct cached *c = &a->cache[digest->v[0]];
	int64_t now = ferry_now();
	int rc = 1;

	(void)pthread_mutex_lock(&a->lock);
	if (a->tokens == -1) {
		rc = 0;
	} else if (!ferry_digest_equal(&c->digest, digest)) {
		rc = ferry_user_token_get(a->tokens, digest, &c->token, err);
		c->digest = *digest;
		c->marked_at = 0;
		if (rc != 1)
			c->digest.n = 0;
	}
	if (rc == 1) {
		*out = c->token;
		if (ferry_user_token_good(out, now) &&
		    now >= c->marked_at + MARK_S) {
			ferry_user_token_used(a->tokens, digest);
			c->marked_at = now;
		}
	}
	(void)pthread_mutex_unlock(&a->lock);
	return rc;
}

static void
identify_digest(struct ferry_access *a, const struct ferry_digest *digest,
    struct ferry_identity *out)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_user_token token;
	char hex[FERRY_DIGEST_TEXT];

	out->claim.kind = FERRY_CLAIM_BAD;
	if (find_token(a, digest, &token, &err) != 1)
		return;
	(void)snprintf(out->name, sizeof(out->name), "%s", token.name);
	(void)snprintf(out->subject, sizeof(out->subject), "%.64s",
	    ferry_digest_hex(digest, hex));
	if (ferry_user_token_good(&token, ferry_now()))
		ferry_user_token_claim(&token, &out->claim);
}

static void
identify_text(
    struct ferry_access *a, struct ferry_bytes text, struct ferry_identity *out)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	out->claim.kind = FERRY_CLAIM_BAD;
	if (ferry_user_token_looks_right(text) &&
	    ferry_digest_of(&digest, FERRY_SHA256, text, &err) == 0)
		identify_digest(a, &digest, out);
}

void
ferry_access_identify_token(
    struct ferry_access *a, struct ferry_bytes text, struct ferry_identity *out)
{

	identity_init(a, out);
	identify_text(a, text, out);
}

void
ferry_access_identify(struct ferry_access *a, const char *authorization,
    struct ferry_identity *out)
{
	struct ferry_credential c;

	identity_init(a, out);
	ferry_credential_read(&c, authorization);
	if (c.kind == FERRY_CREDENTIAL_BAD)
		out->claim.kind = FERRY_CLAIM_BAD;
	else if (c.kind == FERRY_CREDENTIAL_SECRET)
		identify_text(a, ferry_bytes_str(c.secret), out);
	explicit_bzero(&c, sizeof(c));
	/* Where everybody may read everything, what clients still send of other
	 * registries shall not keep them out. */
	if (out->claim.kind == FERRY_CLAIM_BAD && !restricts(out->state))
		out->claim.kind = FERRY_CLAIM_NONE;
}

void
ferry_access_identify_again(
    struct ferry_access *a, const char *subject, struct ferry_identity *out)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	identity_init(a, out);
	if (subject[0] == 0)
		return;
	out->claim.kind = FERRY_CLAIM_BAD;
	if (ferry_digest_from_hex(
		&digest, FERRY_SHA256, ferry_bytes_str(subject), &err) == 0)
		identify_digest(a, &digest, out);
}

/* Decisions */

static void
allow(const struct ferry_identity *who, struct ferry_access_decision *decision,
    const char *row, const char *reason)
{

	decision->verdict = FERRY_ALLOWED;
	decision->reason = reason;
	decision->row = row;
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
	decision->permit = NULL;
}

static bool
needs_login(const struct ferry_access_policy *policy, size_t format,
    const struct ferry_snapshot *s)
{

	if (policy->private_mode)
		return true;
	if (policy->login_given)
		return format >= FERRY_ACCESS_FORMATS || policy->login[format];
	return s != NULL && ferry_snapshot_meta(s)->github &&
	       !ferry_format_at(format)->anonymous;
}

/* The place of a format in their table; it must be there. */
static size_t
format_index(const char *name)
{
	size_t i = 0;

	while (strcmp(ferry_format_at(i)->name, name) != 0)
		i++;
	return i;
}

/* What the table says of reading a package. */
static void
rule(const struct ferry_identity *who, size_t format, const char *owner,
    const char *package, struct ferry_ruling_result *out)
{
	const struct ferry_access_state *state = who->state;
	const struct ferry_snapshot *s =
	    ferry_snapshots_find(state->snapshots, owner);
	const struct ferry_snapshot_meta *m =
	    s == NULL ? NULL : ferry_snapshot_meta(s);
	struct ferry_ask ask = { .type = ferry_format_at(format)->type,
		.name = package,
		.need = FERRY_NEED_READ,
		.public_needs_login = needs_login(&state->policy, format, s) };

	ask.stale = m != NULL && m->github && state->policy.max_age_s > 0 &&
	            ferry_now() - m->taken_at > state->policy.max_age_s;
	ferry_rules(s, &who->claim, &ask, out, NULL, NULL);
}

static void
decide_read(const struct ferry_access_request *rq,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = rq->identity;
	const struct ferry_access_policy *policy = &who->state->policy;
	size_t format = format_index(rq->format);
	struct ferry_ruling_result r;
	bool hides = policy->hide_existence || ferry_format_at(format)->hides;

	if (who->session != NULL &&
	    (rq->called == NULL || !ferry_token_covers(who->session,
				       "repository", rq->called, "pull"))) {
		deny(decision, FERRY_OUT_OF_SCOPE, "",
		    "this token was not made for this package");
		return;
	}
	if (rq->owner == NULL) {
		/* Nobody learns without a credential what there is, where not
		 * everybody may know it. */
		if (!restricts(who->state))
			allow(who, decision, "", "there is no such package");
		else if (who->claim.kind == FERRY_CLAIM_NONE)
			deny(decision, FERRY_NEED_CREDENTIAL, "D3",
			    "a credential is needed");
		else
			deny(decision, FERRY_HIDDEN, "", NULL);
		return;
	}
	rule(who, format, rq->owner, rq->package, &r);
	switch (r.ruling) {
	case FERRY_RULING_ALLOW:
		allow(who, decision, r.row, r.reason);
		return;
	case FERRY_RULING_LOGIN:
		deny(decision, FERRY_NEED_CREDENTIAL, r.row, r.reason);
		return;
	case FERRY_RULING_BAD:
		deny(decision, FERRY_BAD_TOKEN, r.row, r.reason);
		return;
	case FERRY_RULING_SCOPE:
		deny(decision, FERRY_FORBIDDEN, r.row, r.reason);
		return;
	case FERRY_RULING_ABSENT:
		deny(decision, FERRY_HIDDEN, r.row, NULL);
		return;
	case FERRY_RULING_ROLE:
		break;
	}
	if (hides)
		deny(decision, FERRY_HIDDEN, r.row, NULL);
	else
		deny(decision, FERRY_FORBIDDEN, r.row,
		    "whose token this is may not read this package");
}

static bool
is_somebody(const struct ferry_identity *who)
{

	return who->claim.kind == FERRY_CLAIM_USER ||
	       who->claim.kind == FERRY_CLAIM_WORKFLOW;
}

void
ferry_access_decide(const struct ferry_access_request *request,
    struct ferry_access_decision *decision)
{
	const struct ferry_identity *who = request->identity;

	if (request->action == FERRY_ACTION_WRITE) {
		deny(decision, FERRY_READ_ONLY, "",
		    "this is a read-only mirror");
		return;
	}
	if (who->claim.kind == FERRY_CLAIM_BAD) {
		deny(decision,
		    request->action == FERRY_ACTION_TOKEN ? FERRY_FORBIDDEN
							  : FERRY_BAD_TOKEN,
		    "D1", "this token is not valid, or not any more");
		return;
	}
	switch (request->action) {
	case FERRY_ACTION_READ:
		decide_read(request, decision);
		return;
	case FERRY_ACTION_SERVICE:
	case FERRY_ACTION_TOKEN:
		allow(who, decision, "", "everybody may ask for this");
		return;
	case FERRY_ACTION_LIST:
		if (!is_somebody(who) && who->state->policy.private_mode)
			deny(decision, FERRY_NEED_CREDENTIAL, "D3",
			    "a credential is needed");
		else
			allow(who, decision, "", "each line is decided");
		return;
	case FERRY_ACTION_IDENTITY:
		if (is_somebody(who))
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
	case FERRY_ACTION_WRITE:
		break;
	}
	deny(decision, FERRY_FORBIDDEN, "", "unknown action");
}

bool
ferry_access_sees(const struct ferry_permit *permit, const char *format,
    const char *owner, const char *package)
{
	const struct ferry_identity *who =
	    (const struct ferry_identity *)permit;
	struct ferry_ruling_result r;

	if (permit == NULL)
		return false;
	rule(who, format_index(format), owner, package, &r);
	return r.ruling == FERRY_RULING_ALLOW;
}
