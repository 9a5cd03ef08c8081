#ifndef FERRY_BUNDLE_TOKEN_H
#define FERRY_BUNDLE_TOKEN_H

/*
 * An Ed25519 key in a PKCS#11 token (an HSM, a smart card), named by a URI:
 *
 *	pkcs11:token=vault;object=near?pin-source=file:/etc/ferry/vault.pin
 *
 * Of the path: token, manufacturer, model, serial, object, id, type=private.
 * Of the query: module-path, else p11-kit, which knows what is installed;
 * pin-source, else the PIN is asked for on the terminal; never pin-value.
 *
 * The module is loaded here and nowhere else: ferry needs none.  One thread.
 * Source: RFC 7512 (the URI); PKCS#11 3.0, 2.3.14 (CKM_EDDSA: with no parameter
 *     Ed25519 as of RFC 8032) and 2.3.3 (CKA_EC_POINT: an OCTET STRING of the
 *     point).
 * Observed: SoftHSM 2.6.1 gives keys of 'softhsm2-util --import' an EC_POINT
 *     without the OCTET STRING: tests/bundle/155.
 */

#include "store/bundle/public.h"

struct ferry_error;
struct ferry_token;

/* Whether key names one of these. */
bool ferry_token_is_uri(const char *key);

/*
 * Log in and find the key.  *public is what the token says, and what each
 * signature is checked against.
 * Errors: FERRY_EUSAGE (the URI; no such token or key, or several; a wrong
 *     PIN), FERRY_EFORMAT (the key is of another kind), FERRY_ESYSTEM (the
 *     module cannot be loaded, or fails).
 */
int ferry_token_open(struct ferry_token **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err);
void ferry_token_free(struct ferry_token *token);
int ferry_token_sign(struct ferry_token *token, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err);

#endif
