#ifndef FERRY_BUNDLE_KEYS_H
#define FERRY_BUNDLE_KEYS_H

/*
 * Ed25519: the keys that a store signs with, and public keys of others.
 *
 *	STORE/keys/<id>.pem	signs (PKCS#8, mode 0600)
 *	STORE/keys/<id>.uri	signs, and is elsewhere (remote.h): a line with its
 *				URI, and the public key in PEM
 *	STORE/keys/<id>.retired	signed once
 *
 * The id of a key is the first 32 hexadecimal digits of the SHA-256 of its 32
 * bytes.  Whom to trust is not decided here: see sync/carry/trust.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_store;

#define FERRY_KEYID 33 /* an id and NUL */
#define FERRY_FINGERPRINT 80 /* "SHA256:…", as people compare it */
#define FERRY_SIGNATURE 64
#define FERRY_KEYS_MAX 16

struct ferry_public {
	char id[FERRY_KEYID];
	uint8_t raw[32];
};

/* From the 32 bytes of an Ed25519 key.  Errors: FERRY_EFORMAT. */
int ferry_public_from_raw(
    struct ferry_public *out, struct ferry_bytes raw, struct ferry_error *err);
/* From a PEM "PUBLIC KEY".  Errors: FERRY_EFORMAT. */
int ferry_public_from_pem(
    struct ferry_public *out, struct ferry_bytes pem, struct ferry_error *err);
/* Append the PEM. */
int ferry_public_pem(struct ferry_buf *buf, const struct ferry_public *key,
    struct ferry_error *err);
/* All digits of the SHA-256 of the key in groups of four.  Returns buf. */
const char *ferry_public_fingerprint(
    const struct ferry_public *key, char buf[FERRY_FINGERPRINT]);
/* Returns: 1 if signature is key's over text, 0 if not, -1. */
int ferry_public_verify(const struct ferry_public *key, struct ferry_bytes text,
    const uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err);
/* Whether id is 32 lower-case hexadecimal digits. */
bool ferry_keyid_ok(const char *id);

/*
 * The store's own keys, in the order of their ids.
 * Errors: FERRY_ESYSTEM, FERRY_EFORMAT (a file is damaged), FERRY_ESTORE (there
 *     is none: a new one, which nobody trusts, is made on request only).
 */
struct ferry_keys;
int ferry_keys_open(
    struct ferry_keys **out, struct ferry_store *st, struct ferry_error *err);
/*
 * One key that is not the store's: a file in PEM, or the URI of one elsewhere.
 * A passphrase or PIN is asked for on the terminal.
 * Errors: FERRY_EUSAGE (there is none), FERRY_EFORMAT (of another kind).
 */
int ferry_keys_open_uri(
    struct ferry_keys **out, const char *uri, struct ferry_error *err);
void ferry_keys_free(struct ferry_keys *keys);
size_t ferry_keys_count(const struct ferry_keys *keys);
const struct ferry_public *
ferry_keys_public(const struct ferry_keys *keys, size_t i);
/* Whether key i signs (is not retired). */
bool ferry_keys_active(const struct ferry_keys *keys, size_t i);
/* Of a key in a token or an agent, or NULL; borrowed. */
const char *ferry_keys_uri(const struct ferry_keys *keys, size_t i);
/* Errors: of a key elsewhere those of ferry_remote_open() and _sign(). */
int ferry_keys_sign(const struct ferry_keys *keys, size_t i,
    struct ferry_bytes text, uint8_t signature[FERRY_SIGNATURE],
    struct ferry_error *err);

/* Make the first key of a new store, if it has none.  Needs no writer's handle.
 */
int ferry_keys_ensure(struct ferry_store *st, struct ferry_error *err);
/* Make one more; from now on both sign. */
int ferry_keys_add(
    struct ferry_store *st, struct ferry_public *out, struct ferry_error *err);
/* The same of a key elsewhere, which is there already. */
int ferry_keys_add_uri(struct ferry_store *st, const char *uri,
    struct ferry_public *out, struct ferry_error *err);
/* Sign no more with it.  Errors: FERRY_ENOTFOUND; FERRY_EUSAGE if it is the
 * last one that signs. */
int ferry_keys_retire(
    struct ferry_store *st, const char *id, struct ferry_error *err);

#endif
