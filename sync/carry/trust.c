#include "sync/carry/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/bundle/receipt.h"
#include "store/bundle/volume.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

/* Records */

static int
read_key(struct ferry_trust *out, const json_t *record, struct ferry_error *err)
{
	struct ferry_buf raw = FERRY_BUF_INIT;
	const char *key, *name, *store, *role;
	uint64_t use, added_at, revoked_at;
	int rc = -1;

	if (ferry_json_str(record, "key", &key, err) == 0 &&
	    ferry_json_str_opt(record, "name", "", &name, err) == 0 &&
	    ferry_json_str_opt(record, "store", "", &store, err) == 0 &&
	    ferry_json_str_opt(record, "role", "", &role, err) == 0 &&
	    ferry_json_u64(record, "use", 3, &use, err) == 0 &&
	    ferry_json_u64(record, "added_at", INT64_MAX, &added_at, err) ==
		0 &&
	    ferry_json_u64_opt(
		record, "revoked_at", INT64_MAX, 0, &revoked_at, err) == 0 &&
	    ferry_base64_decode(&raw, ferry_bytes_str(key), err) == 0 &&
	    ferry_public_from_raw(&out->key, ferry_bytes_buf(&raw), err) == 0) {
		(void)snprintf(out->name, sizeof(out->name), "%s", name);
		(void)snprintf(out->store, sizeof(out->store), "%s", store);
		(void)snprintf(out->role, sizeof(out->role), "%s", role);
		out->use = (unsigned)use;
		out->added_at = (int64_t)added_at;
		out->revoked_at = (int64_t)revoked_at;
		rc = 0;
	}
	ferry_buf_free(&raw);
	return rc;
}

static int
put_key(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err)
{
	struct ferry_buf raw = FERRY_BUF_INIT;
	int rc = ferry_base64_add(
	    &raw, ferry_bytes_of(t->key.raw, sizeof(t->key.raw)), err);

	if (rc == 0)
		rc = ferry_local_named_put(st, FERRY_KIND_TRUST, t->key.id,
		    json_pack("{s:s,s:s,s:s,s:s,s:i,s:I,s:I}", "key",
			(char *)raw.p, "name", t->name, "store", t->store,
			"role", t->role, "use", (int)t->use, "added_at",
			(json_int_t)t->added_at, "revoked_at",
			(json_int_t)t->revoked_at),
		    err);
	ferry_buf_free(&raw);
	return rc;
}

int
ferry_trust_get(struct ferry_store *st, const char *id, struct ferry_trust *out,
    struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(st, FERRY_KIND_TRUST, id, &record, err);

	if (rc == 1 && read_key(out, record, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_trust_list(struct ferry_store *st, struct ferry_trust **out, size_t *n,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_trust *list = NULL;
	struct ferry_key prefix, key;
	size_t cap = 0;
	json_t *record;
	int rc = -1;

	*n = 0;
	ferry_key_all(&prefix, FERRY_KIND_TRUST);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		if (ferry_array_grow(&list, &cap, *n + 1, sizeof(*list), err) ==
			-1 ||
		    read_key(&list[*n], record, err) == -1)
			rc = -1;
		json_decref(record);
		if (rc == -1)
			break;
		*n += 1;
	}
	ferry_record_iter_free(it);
	if (rc == -1) {
		free(list);
		return -1;
	}
	*out = list;
	return 0;
}

int
ferry_trust_add(struct ferry_store *st, const struct ferry_trust *want,
    struct ferry_error *err)
{
	struct ferry_trust t = { 0 };
	int rc = ferry_trust_get(st, want->key.id, &t, err);

	if (rc == -1)
		return -1;
	if (rc == 1 && t.revoked_at != 0)
		return ferry_error_set(err, FERRY_EREVOKED,
		    "key %s was revoked here and stays so; let its owner make "
		    "a new one with 'ferry key new'",
		    want->key.id);
	if (strspn(want->name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-@+") != strlen(want->name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a key's name has only letters, digits and '._-@+'");
	if (rc == 0)
		t.added_at = ferry_now();
	t.key = want->key;
	t.use = want->use;
	if (want->name[0] != 0)
		memcpy(t.name, want->name, sizeof(t.name));
	if (want->store[0] != 0)
		memcpy(t.store, want->store, sizeof(t.store));
	/* A key has one or the other; what nobody says stays. */
	if (want->role[0] != 0 || want->store[0] != 0)
		memcpy(t.role, want->role, sizeof(t.role));
	if (t.role[0] != 0) {
		t.store[0] = 0;
		t.use = FERRY_TRUST_BUNDLES;
	}
	return put_key(st, &t, err);
}

int
ferry_trust_revoke(
    struct ferry_store *st, const char *id, struct ferry_error *err)
{
	struct ferry_trust t;
	int rc = ferry_trust_get(st, id, &t, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "no key '%s' is known here; see 'ferry trust list'", id);
	if (t.revoked_at != 0)
		return 0;
	t.revoked_at = ferry_now();
	if (put_key(st, &t, err) == -1)
		return -1;
	return ferry_store_commit(st, err);
}

static int
get_policy(struct ferry_store *st, json_t **out, struct ferry_error *err)
{

	return ferry_local_named_get(
	    st, FERRY_KIND_POLICY, "signatures", out, err);
}

int
ferry_trust_required(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	json_t *record;
	int rc = get_policy(st, &record, err);

	*out = 1;
	if (rc == 1)
		rc = ferry_json_u64(
		    record, "require", FERRY_SIGNATURES_MAX, out, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_trust_required_roles(
    struct ferry_store *st, json_t **out, struct ferry_error *err)
{
	json_t *record, *roles;
	int rc = get_policy(st, &record, err);

	if (rc == -1)
		return -1;
	roles = json_incref(json_object_get(record, "roles"));
	json_decref(record);
	*out = roles != NULL ? roles : json_object();
	return *out != NULL ? 0
	                    : ferry_error_set(err, FERRY_ENOMEM, "no memory");
}

/* Whether so many keys of role may sign bundles. */
static int
check_enough(struct ferry_store *st, const char *role, uint64_t wanted,
    struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	char text[FERRY_COUNT_TEXT];
	uint64_t have = 0;
	size_t n;

	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (keys[i].revoked_at == 0 &&
		    (keys[i].use & FERRY_TRUST_BUNDLES) != 0 &&
		    strcmp(keys[i].role, role) == 0)
			have++;
	free(keys);
	if (have >= wanted)
		return 0;
	return ferry_error_set(err, FERRY_EUSAGE,
	    "only %s%s%s could sign bundles here, so none could be imported; "
	    "'ferry trust add' the others first",
	    ferry_count_text(have, "trusted key", text),
	    role[0] == 0 ? "" : " of role ", role);
}

int
ferry_trust_require(struct ferry_store *st, const char *role, uint64_t n,
    struct ferry_error *err)
{
	json_t *roles = NULL, *record = NULL;
	uint64_t required;
	int rc = -1;

	if (check_enough(st, role, n, err) == -1 ||
	    ferry_trust_required(st, &required, err) == -1 ||
	    ferry_trust_required_roles(st, &roles, err) == -1)
		return -1;
	if (role[0] == 0)
		required = n;
	else if (n == 0)
		(void)json_object_del(roles, role);
	else if (ferry_json_set(
		     roles, role, json_integer((json_int_t)n), err) == -1)
		goto out;
	record = json_pack(
	    "{s:I,s:O}", "require", (json_int_t)required, "roles", roles);
	rc = ferry_local_named_put(
		 st, FERRY_KIND_POLICY, "signatures", record, err) == -1
	         ? -1
	         : ferry_store_commit(st, err);
out:
	json_decref(roles);
	return rc;
}

/* Deciding */

/* What was found among the signatures of one text. */
struct tally {
	struct ferry_signers good;
	json_t *roles; /* those that are needed still; NULL: none are */
	uint64_t revoked, unknown, other_use;
	char revoked_id[FERRY_KEYID], unknown_id[FERRY_KEYID];
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
	char text[FERRY_COUNT_TEXT];

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
	if (t.revoked_at != 0 || (t.use & use) == 0 || t.role[0] != 0)
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
	return put_key(st, &t, err);
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

int
ferry_trust_origin(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_error *err)
{
	const char *origin = ferry_volume_head(v)->origin;
	size_t n = ferry_volume_signatures(v);
	struct speakers s = { 0 };
	uint64_t required;
	int rc;

	if (ferry_trust_required(st, &required, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (count_speaker(st, &s, ferry_volume_signer(v, i),
			FERRY_TRUST_BUNDLES, origin, err) == -1)
			return -1;
	rc = judge_speakers(st, &s, FERRY_TRUST_BUNDLES, origin, required, err);
	for (size_t i = 0; rc == 1 && i < n; i++)
		if (bind_key(st, ferry_volume_signer(v, i), FERRY_TRUST_BUNDLES,
			origin, err) == -1)
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
