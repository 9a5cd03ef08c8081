#ifndef FERRY_BUNDLE_KEYS_H
#define FERRY_BUNDLE_KEYS_H

/*
 * Ed25519: the keys that a store signs with, or that somebody names.
 *
 *	STORE/keys/<id>.pem	signs (PKCS#8, mode 0600)
 *	STORE/keys/<id>.uri	signs, and is elsewhere (remote.h): a line with its
 *				URI, and the public key in PEM
 *	STORE/keys/<id>.retired	signed once
 *
 * Whom to trust is not decided here: see sync/carry/trust.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/bundle/public.h"

struct ferry_error;
struct ferry_store;

#define FERRY_KEYS_MAX 16

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
