#include "store/access/access.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/access/access_internal.h"
#include "store/access/authority.h"
#include "store/access/credential.h"
#include "store/access/people.h"
#include "store/access/snapshots.h"
#include "store/access/token.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/log.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define CACHED 256 /* tokens */
#define MARK_S 60 /* so often is the use of a token noted */
#define UNREAD_MS 60000 /* so often is told that one cannot be read */

/* A token that was looked up.  What is not there is not remembered. */
struct cached {
	struct ferry_digest digest; /* n == 0: empty */
	struct ferry_user_token token;
	int64_t marked_at;
};

/* Invariant: state is never NULL; the lock is held to take a reference. */
struct ferry_access {
	struct ferry_store *st;
	/* Held over making a state, so that none is made of an old policy
	 * after a new one was configured. */
	pthread_mutex_t loading;
	pthread_mutex_t lock; /* state, cache, tokens */
	struct ferry_access_state *state;
	uint64_t serial; /* of the last that was made */
	uint64_t logged_at; /* that a token could not be read; 0: never */
	uint64_t fingerprint; /* of the records that state was made of */
	uint64_t records; /* of the journal, when it was taken */
	uint64_t local; /* local_stamp() then */
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
	s->serial = ++a->serial;
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

/* A number that changes with what decisions depend on and is not in the journal:
 * upstreams that are closed, the people of this site. */
static int
local_stamp(struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	uint64_t people;

	if (ferry_passed_stamp(st, out, err) == -1 ||
	    ferry_people_stamp(st, &people, err) == -1)
		return -1;
	*out = (*out ^ people) * 1099511628211U;
	return 0;
}

/* A number that changes with any record that decisions depend on. */
static int
fingerprint(struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	static const enum ferry_kind kinds[] = { FERRY_KIND_ACCESS,
		FERRY_KIND_UPSTREAM };
	uint64_t h; /* FNV-1a */

	if (local_stamp(st, &h, err) == -1)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		struct ferry_record_iter *it = NULL;
		struct ferry_key prefix, key;
		json_t *record;
		int rc;

		ferry_key_all(&prefix, kinds[i]);
		if (ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
			return -1;
		while ((rc = ferry_record_iter_next(it, &key, &record, err)) ==
		       1) {
			h = (h ^ (uint64_t)json_integer_value(
				     json_object_get(record, "seq"))) *
			    1099511628211U;
			json_decref(record);
		}
		ferry_record_iter_free(it);
		if (rc == -1)
			return -1;
	}
	*out = h;
	return 0;
}

/* Why a token counts as bad that may be good; once a minute, with the lock. */
static void
log_unread(struct ferry_access *a, const struct ferry_error *why)
{
	uint64_t now = ferry_ticks_ms();

	if (a->logged_at != 0 && now - a->logged_at < UNREAD_MS)
		return;
	a->logged_at = now;
	ferry_log(FERRY_LOG_WARNING,
	    "a token cannot be read, and counts as none: %s", why->text);
}

/* Forget looked-up tokens when the folder of tokens has changed. */
static void
follow_tokens(struct ferry_access *a)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct stat sb;

	(void)pthread_mutex_lock(&a->lock);
	if (a->tokens == -1) {
		a->tokens = ferry_user_token_folder(
		    ferry_store_path(a->st), false, &why);
		if (why.code != FERRY_OK)
			log_unread(a, &why);
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
	(void)pthread_mutex_init(&a->loading, NULL);
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
	(void)pthread_mutex_destroy(&a->loading);
	free(a);
}

void
ferry_access_configure(
    struct ferry_access *a, const struct ferry_access_policy *policy)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int rc;

	(void)pthread_mutex_lock(&a->loading);
	rc = state_load(a, policy, &err);
	(void)pthread_mutex_unlock(&a->loading);
	/* What cannot be read now is read again at the next follow. */
	if (rc == -1) {
		ferry_log(FERRY_LOG_WARNING,
		    "%s; the permissions of before stay in force", err.text);
		a->fingerprint = 0;
	}
}

static int
reload(struct ferry_access *a, struct ferry_error *err)
{
	struct ferry_access_policy policy;
	struct ferry_access_state *s = state_ref(a);

	policy = s->policy;
	state_unref(s);
	return state_load(a, &policy, err);
}

int
ferry_access_follow(struct ferry_access *a, struct ferry_error *err)
{
	struct ferry_store_totals totals;
	uint64_t now, local;
	bool restricted;
	int rc;

	follow_tokens(a);
	if (ferry_store_totals(a->st, &totals, err) == -1 ||
	    local_stamp(a->st, &local, err) == -1)
		return -1;
	if (totals.records == a->records && local == a->local &&
	    a->fingerprint != 0)
		return 0;
	a->local = local;
	if (fingerprint(a->st, &now, err) == -1)
		return -1;
	if (now == a->fingerprint) {
		a->records = totals.records;
		return 0;
	}
	restricted = ferry_access_restricts(a);
	(void)pthread_mutex_lock(&a->loading);
	rc = reload(a, err);
	(void)pthread_mutex_unlock(&a->loading);
	if (rc == -1)
		return -1;
	if (restricted && !ferry_access_restricts(a))
		ferry_log(FERRY_LOG_WARNING,
		    "no upstream restricts anything any more: everybody who "
		    "reaches this server reads everything from now on");
	a->fingerprint = now;
	a->records = totals.records;
	return 1;
}

bool
ferry_access_state_restricts(const struct ferry_access_state *state,
    const struct ferry_access_policy *policy)
{

	return ferry_snapshots_restrict(state->snapshots) ||
	       policy->private_mode;
}

uint64_t
ferry_access_serial(const struct ferry_identity *identity)
{

	return identity->state == NULL ? 0 : identity->state->serial;
}

bool
ferry_access_restricts(struct ferry_access *a)
{
	struct ferry_access_state *s = state_ref(a);
	bool is = ferry_access_state_restricts(s, &s->policy);

	state_unref(s);
	return is;
}

bool
ferry_access_would_restrict(
    struct ferry_access *a, const struct ferry_access_policy *policy)
{
	struct ferry_access_state *s = state_ref(a);
	bool is = ferry_access_state_restricts(s, policy);

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
		if (rc == -1)
			log_unread(a, err);
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
	if (ferry_user_token_good(&token, ferry_now())) {
		ferry_user_token_claim(&token, &out->claim);
		ferry_snapshots_suspend(out->state->snapshots, &out->claim);
	}
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
	if (out->claim.kind == FERRY_CLAIM_BAD &&
	    !ferry_access_state_restricts(out->state, &out->state->policy))
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
