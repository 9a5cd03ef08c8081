#ifndef FERRY_SYNC_CARRY_LIMITS_H
#define FERRY_SYNC_CARRY_LIMITS_H

/*
 * What a trusted key may speak for, as the paths of TUF's delegations say it.
 * A key without limits speaks for whatever its origin brings.  Local records:
 *
 *	limits KEYID		{"upstreams":["gh"],"packages":["@octo/x"]}
 *
 * upstreams are names as they are here (after an alias); packages are patterns
 * (store/base/glob.h) for names whatever their case.  A list that is absent
 * limits nothing.  Only packages limit packages: permissions of an upstream are for
 * whoever may speak for the upstream.
 *
 * Source: The Update Framework specification, 4.5, "delegations": a role is
 *     trusted only for the target paths that it was given.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync/carry/trust.h"

struct ferry_error;
struct ferry_key;
struct ferry_store;

/* *Takes* limits, as in the record; one without members forgets what there
 * was.  Part of the next ferry_store_commit(). */
int ferry_limits_put(struct ferry_store *st, const char *key, json_t *limits,
    struct ferry_error *err);
/* 1 and *out, the caller's; 0 (and NULL) if the key has none; -1. */
int ferry_limits_get(struct ferry_store *st, const char *key, json_t **out,
    struct ferry_error *err);

/* Those of the keys that signed one bundle and speak for its origin: what another
 * store's key signed as well lifts no limit. */
struct ferry_limits {
	json_t *v[FERRY_SIGNATURES_MAX]; /* NULL: none */
	size_t n;
	uint64_t required; /* so many of them must allow a thing */
};
int ferry_limits_load(struct ferry_limits *out, struct ferry_store *st,
    const char *origin, const struct ferry_signers *signers,
    struct ferry_error *err);
void ferry_limits_clear(struct ferry_limits *limits);
/* Whether enough of the signers may bring a record of the catalog. */
bool ferry_limits_allow(
    const struct ferry_limits *limits, const struct ferry_key *key);
/* Whether they may bring anything of upstream. */
bool ferry_limits_allow_upstream(
    const struct ferry_limits *limits, const char *upstream);

#endif
