#ifndef FERRY_BUNDLE_PUBLIC_H
#define FERRY_BUNDLE_PUBLIC_H

/*
 * Public keys, Ed25519.  The id of a key is the first 32 hexadecimal digits of the
 * SHA-256 of its 32 bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_KEYID 33 /* an id and NUL */
#define FERRY_FINGERPRINT 80 /* "SHA256:…", as people compare it */
#define FERRY_SIGNATURE 64

struct ferry_public {
	char id[FERRY_KEYID];
	uint8_t raw[32];
};

/* From the 32 bytes of an Ed25519 key.  Errors: FERRY_EFORMAT. */
int ferry_public_from_raw(
    struct ferry_public *out, struct ferry_bytes raw, struct ferry_error *err);
/* Of a key of OpenSSL's (EVP_PKEY), public or private.  Errors: FERRY_EFORMAT. */
struct evp_pkey_st;
int ferry_public_of(struct ferry_public *out, struct evp_pkey_st *pkey,
    struct ferry_error *err);
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

#endif
