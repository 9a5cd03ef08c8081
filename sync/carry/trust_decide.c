/* Deciding whether a bundle or a receipt is from somebody who is trusted. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/bundle/receipt.h"
#include "store/bundle/volume.h"
#include "sync/carry/roots.h"
#include "sync/carry/trust.h"

/* Signatures */

/* What was found among the signatures of one text. */
struct tally {
	struct ferry_signers good;
	json_t *roles; /* those that are needed still; NULL: none are */
	uint64_t revoked, expired, unknown, other_use;
	char revoked_id[FERRY_KEYID], unknown_id[FERRY_KEYID];
	struct ferry_trust expired_key; /* the first */
	char revoked_role[FERRY_NAME]; /* of a revoked key, or "" */
};

/* One more signature of a role. */
static int
count_role(struct tally *tally, const char *role, struct ferry_error *err)
{
	json_int_t needed =
	    json_integer_value(json_object_get(tally->roles, role));

	if (needed <= 1) {
		(void)json_object_del(tally->roles, role);
		return 0;
	}
	return ferry_json_set(
	    tally->roles, role, json_integer(needed - 1), err);
}

/* Look at one signature; verify() is 1, 0 or -1 as of ferry_public_verify. */
static int
count_signature(struct ferry_store *st, struct tally *tally, const char *signer,
    unsigned use, struct ferry_bytes text, const uint8_t *signature,
    struct ferry_error *err)
{
	struct ferry_trust t;
	int rc = ferry_trust_get(st, signer, &t, err);

	if (rc == -1)
		return -1;
	if (rc == 0) {
		if (tally->unknown++ == 0)
			memcpy(tally->unknown_id, signer, FERRY_KEYID);
		return 0;
	}
	if ((rc = ferry_public_verify(&t.key, text, signature, err)) == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(err, FERRY_ESIGNATURE,
		    "the signature of key %s (%s) is wrong: this was changed "
		    "after it was signed; ask for it again",
		    signer, t.name[0] == 0 ? "no name" : t.name);
	if (t.revoked_at != 0) {
		if (json_object_get(tally->roles, t.role) != NULL)
			memcpy(tally->revoked_role, t.role, sizeof(t.role));
		if (tally->revoked++ == 0)
			memcpy(tally->revoked_id, signer, FERRY_KEYID);
	} else if (t.expires_at != 0 && t.expires_at <= ferry_now()) {
		if (tally->expired++ == 0)
			tally->expired_key = t;
	} else if ((t.use & use) == 0) {
		tally->other_use++;
	} else if (t.role[0] != 0) {
		return count_role(tally, t.role, err);
	} else {
		memcpy(tally->good.id[tally->good.n++], signer, FERRY_KEYID);
	}
	return 0;
}

static int
decide_signatures(
    const struct tally *tally, uint64_t required, struct ferry_error *err)
{
	void *missing = json_object_iter(tally->roles);
	char text[FERRY_COUNT_TEXT], at[FERRY_TIME_TEXT];

	if (tally->good.n >= required && missing == NULL)
		return 0;
	if (tally->good.n >= required)
		return ferry_error_set(err,
		    strcmp(
			tally->revoked_role, json_object_iter_key(missing)) == 0
			? FERRY_EREVOKED
			: FERRY_ESIGNATURE,
		    "%s of role '%s' missing ('ferry trust require'); whoever "
		    "has that role signs it with 'ferry sign'",
		    ferry_count_text((uint64_t)json_integer_value(
					 json_object_iter_value(missing)),
			"signature", text),
		    json_object_iter_key(missing));
	if (tally->revoked > 0)
		return ferry_error_set(err, FERRY_EREVOKED,
		    "signed by key %s, which was revoked here; it needs the "
		    "signature of a key that is trusted",
		    tally->revoked_id);
	if (tally->expired > 0)
		return ferry_error_set(err, FERRY_EEXPIRED,
		    "signed by key %s, which its origin's root lets sign until "
		    "%s; a newer bundle brings a newer root, or the clock here "
		    "is wrong",
		    tally->expired_key.key.id,
		    ferry_time_text(tally->expired_key.expires_at, at));
	if (tally->other_use > 0)
		return ferry_error_set(err, FERRY_ESIGNATURE,
		    "signed by a key that is trusted for something else; see "
		    "'ferry trust list'");
	if (tally->good.n > 0)
		return ferry_error_set(err, FERRY_ESIGNATURE,
		    "it has %s, but %" PRIu64
		    " are required here ('ferry trust require')",
		    ferry_count_text(tally->good.n, "trusted signature", text),
		    required);
	if (tally->unknown == 0)
		return ferry_error_set(
		    err, FERRY_ESIGNATURE, "there is no signature");
	return ferry_error_set(err, FERRY_ESIGNATURE,
	    "signed by key %s, which is not trusted here; if it is your "
	    "origin's, get it by a safe way and 'ferry trust add' it",
	    tally->unknown_id);
}

/* Count what v was signed with. */
static int
count_signatures(struct ferry_store *st, struct tally *tally,
    const struct ferry_volume *v, struct ferry_error *err)
{

	for (size_t i = 0; i < ferry_volume_signatures(v); i++) {
		const char *signer = ferry_volume_signer(v, i);

		/* One key counts once. */
		for (size_t k = 0; k < i; k++)
			if (strcmp(ferry_volume_signer(v, k), signer) == 0)
				return ferry_error_set(err, FERRY_EUNDECLARED,
				    "two signatures of key %s", signer);
		if (count_signature(st, tally, signer, FERRY_TRUST_BUNDLES,
			ferry_volume_text(v), ferry_volume_signature(v, i),
			err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_trust_volume(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_signers *out, struct ferry_error *err)
{
	struct tally tally = { 0 };
	uint64_t required;
	int rc = -1;

	if (ferry_trust_required(st, &required, err) == 0 &&
	    ferry_trust_required_roles(st, &tally.roles, err) == 0 &&
	    count_signatures(st, &tally, v, err) == 0)
		rc = decide_signatures(&tally, required, err);
	*out = tally.good;
	json_decref(tally.roles);
	return rc;
}

/* For whom they speak */

/* The keys that signed one text, and how they stand to the store it is of. */
struct speakers {
	uint64_t bound; /* speak for it */
	uint64_t free; /* for nobody yet */
	struct ferry_trust others; /* the first that speaks for another */
	bool has_others;
};

/* A key that signed, and may sign such texts. */
static int
count_speaker(struct ferry_store *st, struct speakers *s, const char *signer,
    unsigned use, const char *store, struct ferry_error *err)
{
	struct ferry_trust t;
	int rc = ferry_trust_get(st, signer, &t, err);

	if (rc != 1)
		return rc;
	if (t.revoked_at != 0 || (t.use & use) == 0 || t.role[0] != 0 ||
	    (t.expires_at != 0 && t.expires_at <= ferry_now()))
		return 0;
	if (t.store[0] == 0) {
		s->free++;
	} else if (strcmp(t.store, store) == 0) {
		s->bound++;
	} else if (!s->has_others) {
		s->has_others = true;
		s->others = t;
	}
	return 0;
}

/* Whether a key that is trusted for use is bound to store: 1, 0, -1. */
static int
has_speaker(struct ferry_store *st, unsigned use, const char *store,
    struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	size_t n;
	int rc = 0;

	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].store, store) == 0 && keys[i].role[0] == 0 &&
		    keys[i].revoked_at == 0 && (keys[i].use & use) != 0)
			rc = 1;
	free(keys);
	return rc;
}

/* Bind a key that spoke for nobody yet. */
static int
bind_key(struct ferry_store *st, const char *signer, unsigned use,
    const char *store, struct ferry_error *err)
{
	struct ferry_trust t;
	int rc = ferry_trust_get(st, signer, &t, err);

	if (rc != 1 || t.revoked_at != 0 || (t.use & use) == 0 ||
	    t.role[0] != 0 || t.store[0] != 0)
		return rc == -1 ? -1 : 0;
	(void)snprintf(t.store, sizeof(t.store), "%s", store);
	return ferry_trust_put(st, &t, err);
}

/* Returns: 1 if the free keys are to be bound, 0 if they do not count, -1. */
static int
judge_speakers(struct ferry_store *st, const struct speakers *s, unsigned use,
    const char *store, uint64_t required, struct ferry_error *err)
{
	char text[FERRY_COUNT_TEXT];
	int known;

	if (s->bound >= required)
		return s->bound > 0;
	if (s->free > 0) {
		known = has_speaker(st, use, store, err);
		if (known == -1)
			return -1;
		if ((known == 0 || s->bound > 0) &&
		    s->bound + s->free >= required)
			return 1;
		if (known == 1)
			return ferry_error_set(err, FERRY_ESIGNATURE,
			    "signed in the name of store %s by a key that is "
			    "trusted here, but not as that store's, which has "
			    "another; if it is its new key, get it by a safe "
			    "way and 'ferry trust add' it with --of %s",
			    store, store);
	}
	if (s->has_others)
		return ferry_error_set(err, FERRY_ESIGNATURE,
		    "signed in the name of store %s by key %s (%s), which "
		    "speaks for store %s; if that is right, 'ferry trust add' "
		    "its file with --of %s",
		    store, s->others.key.id,
		    s->others.name[0] == 0 ? "no name" : s->others.name,
		    s->others.store, store);
	return ferry_error_set(err, FERRY_ESIGNATURE,
	    "'ferry trust require' asks for %s here; of store %s it has "
	    "%" PRIu64,
	    ferry_count_text(required, "trusted signature", text), store,
	    s->bound + s->free);
}

/*
 * What an origin's root asks for, if there is one here: then all that speak for it
 * are known, and no other key is bound to it.
 * Returns: 1, 0 without a root, -1.  Errors: FERRY_EEXPIRED.
 */
static int
apply_root(struct ferry_store *st, const struct ferry_head *h,
    struct speakers *s, uint64_t *required, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT], now[FERRY_TIME_TEXT];
	struct ferry_roots_one one;
	uint64_t threshold;
	int rc = ferry_roots_get(st, h->origin, FERRY_ROOTS_NEWEST, &one, err);

	if (rc != 1)
		return rc;
	s->free = 0;
	threshold = one.root.threshold[FERRY_ROOT_BUNDLE];
	if (*required < threshold)
		*required = threshold;
	if (one.root.expires_at != 0 && one.root.expires_at <= ferry_now())
		rc = ferry_error_set(err, FERRY_EEXPIRED,
		    "root %" PRIu64 " of %s, which says whose bundles count, "
		    "expired at %s, and the clock here says %s; ask for a "
		    "bundle with a newer root",
		    one.root.number, h->origin_name,
		    ferry_time_text(one.root.expires_at, at),
		    ferry_time_text(ferry_now(), now));
	else if (s->bound < *required)
		rc = ferry_error_set(err, FERRY_ESIGNATURE,
		    "it has %" PRIu64 " of the %" PRIu64 " signatures of keys "
		    "of root %" PRIu64 " of %s that it needs; the others add "
		    "theirs with 'ferry sign'",
		    s->bound, *required, one.root.number, h->origin_name);
	ferry_roots_clear(&one);
	return rc;
}

int
ferry_trust_origin(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_error *err)
{
	const struct ferry_head *h = ferry_volume_head(v);
	size_t n = ferry_volume_signatures(v);
	struct speakers s = { 0 };
	uint64_t required;
	int rc;

	if (ferry_trust_required(st, &required, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (count_speaker(st, &s, ferry_volume_signer(v, i),
			FERRY_TRUST_BUNDLES, h->origin, err) == -1)
			return -1;
	if ((rc = apply_root(st, h, &s, &required, err)) != 0)
		return rc == -1 ? -1 : 0;
	rc = judge_speakers(
	    st, &s, FERRY_TRUST_BUNDLES, h->origin, required, err);
	for (size_t i = 0; rc == 1 && i < n; i++)
		if (bind_key(st, ferry_volume_signer(v, i), FERRY_TRUST_BUNDLES,
			h->origin, err) == -1)
			return -1;
	return rc == -1 ? -1 : 0;
}

int
ferry_trust_receipt(struct ferry_store *st, const char *site,
    struct ferry_bytes text, const struct ferry_receipt_signature *signatures,
    size_t n, struct ferry_error *err)
{
	struct tally tally = { 0 };
	struct speakers s = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		if (count_signature(st, &tally, signatures[i].signer,
			FERRY_TRUST_RECEIPTS, text, signatures[i].v,
			err) == -1 ||
		    count_speaker(st, &s, signatures[i].signer,
			FERRY_TRUST_RECEIPTS, site, err) == -1)
			return -1;
	if (decide_signatures(&tally, 1, err) == -1)
		return -1;
	rc = judge_speakers(st, &s, FERRY_TRUST_RECEIPTS, site, 1, err);
	for (size_t i = 0; rc == 1 && i < n; i++)
		if (bind_key(st, signatures[i].signer, FERRY_TRUST_RECEIPTS,
			site, err) == -1)
			return -1;
	return rc == -1 ? -1 : 0;
}
