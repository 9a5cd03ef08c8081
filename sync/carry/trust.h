#ifndef FERRY_CARRY_TRUST_H
#define FERRY_CARRY_TRUST_H

/*
 * Whose signatures count.  Kept as local records:
 *
 *	trust KEYID		{"key":"<base64>","name":…,"use":…,"store":…,
 *				"role":…,"added_at":…,"revoked_at":…,
 *				"expires_at":…}
 *	policy signatures	{"require":N,"roles":{"scanner":1}}
 *
 * A key speaks for one store, as origin and as site.  Which one, the file says
 * that `ferry key export` wrote; a key whose file did not say is bound to the
 * store whose bundle or receipt it signs first, if no other key is bound to
 * that store, or one that is signed as well.  So a site that may send receipts
 * cannot speak for the origin, nor one origin for another.
 *
 * A key with a role ("scanner", "approver") speaks for no store.  It signs what
 * others made ('ferry sign'), and counts where bundles need signatures of its
 * role, beside those of the origin.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/volume.h"

struct ferry_error;
struct ferry_receipt_signature;
struct ferry_store;

/* What a key may sign.  A set. */
#define FERRY_TRUST_BUNDLES 1U
#define FERRY_TRUST_RECEIPTS 2U

struct ferry_trust {
	struct ferry_public key;
	char name[FERRY_NAME]; /* what people call its owner; may be "" */
	char store[FERRY_STORE_ID]; /* that it speaks for; "": not yet bound */
	char role[FERRY_NAME]; /* "": speaks for a store */
	unsigned use;
	int64_t added_at;
	int64_t revoked_at; /* 0: trusted */
	int64_t expires_at; /* by its origin's root; 0: never */
};

/* Returns: 1 and *out if the key is known, even if revoked; 0; -1. */
int ferry_trust_get(struct ferry_store *st, const char *id,
    struct ferry_trust *out, struct ferry_error *err);
/* All of them; the caller frees *out. */
int ferry_trust_list(struct ferry_store *st, struct ferry_trust **out,
    size_t *n, struct ferry_error *err);
/*
 * Writer; _add is part of the next commit, _revoke commits.  Of t: key, use, and name and store, which "" leaves
 * as they were.  Adding a revoked key is FERRY_EREVOKED: a key that was once
 * in wrong hands does not come back.
 */
int ferry_trust_add(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err);
int ferry_trust_revoke(
    struct ferry_store *st, const char *id, struct ferry_error *err);
/* As it is, also a revoked one.  Part of the next commit. */
int ferry_trust_put(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err);
/* How many trusted signatures of its origin a bundle needs; 1 unless set. */
int ferry_trust_required(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err);
/* How many of each role: *out is an object of numbers, the caller's. */
int ferry_trust_required_roles(
    struct ferry_store *st, json_t **out, struct ferry_error *err);
/* role "" means the origin.  Errors: FERRY_EUSAGE: fewer such keys are trusted
 * than would be needed, so that nothing could be imported. */
int ferry_trust_require(struct ferry_store *st, const char *role, uint64_t n,
    struct ferry_error *err);

/* The trusted keys without a role that signed a bundle. */
struct ferry_signers {
	char id[FERRY_SIGNATURES_MAX][FERRY_KEYID];
	size_t n;
};

/*
 * Decide whether v is from somebody who is trusted, and who that is.  Unknown
 * keys are skipped; a wrong signature in the name of a trusted key refuses even
 * if others are right, since someone made it up.
 * Errors: FERRY_ESIGNATURE, FERRY_EREVOKED (enough signatures but for revoked
 *     keys), with what to do.
 */
int ferry_trust_volume(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_signers *out, struct ferry_error *err);
/*
 * Once its head was read: whether those who signed v may speak for its origin.
 * With a root (roots.h) as many of its keys as it asks for; else
 * binds keys, part of the next commit.  Errors: FERRY_ESIGNATURE, FERRY_EEXPIRED
 * (the root).
 */
int ferry_trust_origin(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_error *err);
/* A receipt of the store called site needs one signature.  As both above. */
int ferry_trust_receipt(struct ferry_store *st, const char *site,
    struct ferry_bytes text, const struct ferry_receipt_signature *signatures,
    size_t n, struct ferry_error *err);

#endif
