#ifndef FERRY_CARRY_TRUST_H
#define FERRY_CARRY_TRUST_H

/*
 * Whose signatures count.  Kept as local records:
 *
 *	trust KEYID		{"key":"<base64>","name":…,"use":…,
 *				"added_at":…,"revoked_at":…}
 *	policy signatures	{"require":N}
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/keys.h"

struct ferry_error;
struct ferry_receipt_signature;
struct ferry_store;
struct ferry_volume;

/* What a key may sign.  A set. */
#define FERRY_TRUST_BUNDLES 1U
#define FERRY_TRUST_RECEIPTS 2U

struct ferry_trust {
	struct ferry_public key;
	char name[FERRY_NAME]; /* what people call its owner; may be "" */
	unsigned use;
	int64_t added_at;
	int64_t revoked_at; /* 0: trusted */
};

/* Returns: 1 and *out if the key is known, even if revoked; 0; -1. */
int ferry_trust_get(struct ferry_store *st, const char *id,
    struct ferry_trust *out, struct ferry_error *err);
/* All of them; the caller frees *out. */
int ferry_trust_list(struct ferry_store *st, struct ferry_trust **out,
    size_t *n, struct ferry_error *err);
/*
 * Writer; each is committed.  Adding a revoked key is FERRY_EREVOKED: a key
 * that was once in wrong hands does not come back.
 */
int ferry_trust_add(struct ferry_store *st, const struct ferry_public *key,
    const char *name, unsigned use, struct ferry_error *err);
int ferry_trust_revoke(
    struct ferry_store *st, const char *id, struct ferry_error *err);
/* How many trusted signatures a bundle needs; 1 unless set. */
int ferry_trust_required(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err);
int ferry_trust_require(
    struct ferry_store *st, uint64_t n, struct ferry_error *err);

/*
 * Decide.  Unknown keys are passed over; a wrong signature in the name of a
 * trusted key refuses even if others are right, since someone made it up.
 * Errors: FERRY_ESIGNATURE, FERRY_EREVOKED (enough signatures but for revoked
 *     keys), with what to do.
 */
int ferry_trust_volume(struct ferry_store *st, const struct ferry_volume *v,
    struct ferry_error *err);
/* A receipt needs one signature. */
int ferry_trust_receipt(struct ferry_store *st, struct ferry_bytes text,
    const struct ferry_receipt_signature *signatures, size_t n,
    struct ferry_error *err);

#endif
