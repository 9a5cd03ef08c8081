#ifndef FERRY_BUNDLE_ROOT_H
#define FERRY_BUNDLE_ROOT_H

/*
 * A root: which keys sign for an origin, signed by keys that do nothing else
 * (FORMAT.md, "Roots").  Its text is a line of JSON, and a line for each
 * signature.  Whom to trust is not decided here: see sync/carry/roots.h.
 *
 * Source: The Update Framework specification 1.0.33, 4.3 and 5.3: roles, keys
 *     and thresholds; version N is signed by a threshold of N - 1 and its own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/keys.h"

struct ferry_error;

#define FERRY_ROOT_MAX 16384 /* bytes of a file */
#define FERRY_ROOT_KEYS 16
#define FERRY_ROOT_SIGNATURES 32 /* of the keys before, and of its own */
#define FERRY_ROOT_NUMBER_MAX 999999

enum ferry_root_role {
	FERRY_ROOT_ROOT, /* signs roots */
	FERRY_ROOT_BUNDLE, /* signs bundles, and receipts */
	FERRY_ROOT_ROLES
};

struct ferry_root_key {
	struct ferry_public key;
	char name[FERRY_NAME]; /* "" if nobody gave one */
	bool role[FERRY_ROOT_ROLES]; /* at least one */
	int64_t expires_at; /* 0: never */
};

struct ferry_root_signature {
	char signer[FERRY_KEYID];
	uint8_t v[FERRY_SIGNATURE];
};

/*
 * Invariants: no key, and no signer, is there twice; but in a draft each
 * threshold is 1 to the number of keys of its role.
 */
struct ferry_root {
	char origin[FERRY_STORE_ID];
	char origin_name[FERRY_NAME];
	uint64_t number; /* from 1 */
	int64_t created_at;
	int64_t expires_at; /* 0: never */
	uint64_t threshold[FERRY_ROOT_ROLES];
	struct ferry_root_key keys[FERRY_ROOT_KEYS];
	size_t keys_n;
	struct ferry_bytes line; /* what is signed; borrowed from the text */
	struct ferry_root_signature signatures[FERRY_ROOT_SIGNATURES];
	size_t signatures_n;
};

/*
 * A draft, which nobody signs yet, may have fewer keys than its thresholds.
 * Nothing but the form is checked; out->line is borrowed from text.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENEWER (a version or a member that
 *     this ferry does not know).
 */
enum ferry_root_state { FERRY_ROOT_WHOLE, FERRY_ROOT_DRAFT };
int ferry_root_parse(struct ferry_root *out, struct ferry_bytes text,
    enum ferry_root_state state, struct ferry_error *err);
/* Whose root it says to be, of whatever version.  Errors: FERRY_EFORMAT,
 * FERRY_ELIMIT. */
int ferry_root_origin(struct ferry_bytes text, char origin[FERRY_STORE_ID],
    struct ferry_error *err);
/* Append the first line, with its newline, and no signatures. */
int ferry_root_write(struct ferry_buf *buf, const struct ferry_root *root,
    struct ferry_error *err);
/* Append a line with the signature of key i. */
int ferry_root_sign(struct ferry_buf *text, const struct ferry_root *root,
    const struct ferry_keys *keys, size_t i, struct ferry_error *err);

/*
 * How many root keys of by signed root; by may be root itself.
 * Errors: FERRY_ESIGNATURE: one of these signatures is wrong.
 */
int ferry_root_count(const struct ferry_root *root, const struct ferry_root *by,
    uint64_t *out, struct ferry_error *err);
/* The key called id, or NULL. */
const struct ferry_root_key *
ferry_root_find(const struct ferry_root *root, const char *id);
/* "root" or "bundle", and back: 1 and *out, or 0. */
const char *ferry_root_role_name(enum ferry_root_role role);
int ferry_root_role_find(const char *name, enum ferry_root_role *out);
/* How many keys have a role. */
uint64_t
ferry_root_keys_of(const struct ferry_root *root, enum ferry_root_role role);

#endif
