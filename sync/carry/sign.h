#ifndef FERRY_SYNC_CARRY_SIGN_H
#define FERRY_SYNC_CARRY_SIGN_H

/* Signing a bundle that another store wrote, with a file beside its volumes. */

#include "store/bundle/keys.h"
#include "sync/carry/find.h"

#define FERRY_SIGN_NAME 4096

/*
 * Sign the head of a bundle, which the caller has checked (check.h), with all
 * keys that sign.  What was signed already is signed again.  The files are written
 * into dir, or beside the first volume if that is NULL; file gets the name of
 * the last.
 * Errors: FERRY_EDIGEST (the head is another one now), FERRY_ESYSTEM, those of
 *     ferry_keys_sign().
 */
int ferry_sign(const struct ferry_found_bundle *bundle,
    const struct ferry_keys *keys, const char *dir, char file[FERRY_SIGN_NAME],
    struct ferry_error *err);

/* Whether a bundle has a right signature of key: 1, 0, -1. */
int ferry_sign_has(const struct ferry_found_bundle *bundle,
    const struct ferry_public *key, struct ferry_error *err);

#endif
