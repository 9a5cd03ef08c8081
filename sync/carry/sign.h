#ifndef FERRY_SYNC_CARRY_SIGN_H
#define FERRY_SYNC_CARRY_SIGN_H

/* Signing a bundle that another store wrote, with a file beside its volumes. */

#include "store/bundle/keys.h"
#include "sync/carry/find.h"

#define FERRY_SIGN_NAME 4096

/*
 * Read every volume of a bundle whole, and then sign its head with all keys
 * that sign.  What was signed already is signed again.  The files are written
 * into dir, or beside the first volume if that is NULL; file gets the name of
 * the last.
 * Errors: as of reading volumes; FERRY_EMISSING (a volume is), FERRY_ESYSTEM.
 */
int ferry_sign(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, const struct ferry_keys *keys,
    const char *dir, char file[FERRY_SIGN_NAME], struct ferry_error *err);

/* Whether a bundle has a right signature of key: 1, 0, -1. */
int ferry_sign_has(const struct ferry_found_bundle *bundle,
    const struct ferry_public *key, struct ferry_error *err);

#endif
