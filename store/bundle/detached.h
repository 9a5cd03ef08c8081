#ifndef FERRY_BUNDLE_DETACHED_H
#define FERRY_BUNDLE_DETACHED_H

/*
 * A signature of a bundle in a file of its own, by somebody who did not write
 * it: a scanner, an approver.  It lies beside the volumes and signs the same
 * bytes as the signatures within, the head's (FORMAT.md):
 *
 *	ferry signature 1
 *	bundle sha256:<hex of the head's SHA-256>
 *	key <id>
 *	<base64 of the 64 bytes>
 */

#include <stdint.h>

#include "store/base/digest.h"
#include "store/bundle/keys.h"

struct ferry_error;

#define FERRY_DETACHED_MAX 512 /* bytes of such a file */
#define FERRY_DETACHED_SUFFIX ".sig"

struct ferry_detached {
	struct ferry_digest bundle;
	char signer[FERRY_KEYID];
	uint8_t v[FERRY_SIGNATURE];
};

/* Append the text of such a file. */
int ferry_detached_write(struct ferry_buf *out,
    const struct ferry_detached *signature, struct ferry_error *err);
/* Errors: FERRY_EFORMAT. */
int ferry_detached_parse(struct ferry_detached *out, struct ferry_bytes text,
    struct ferry_error *err);

#endif
