#ifndef FERRY_ACCESS_CREDENTIAL_H
#define FERRY_ACCESS_CREDENTIAL_H

/*
 * The header Authorization, as the clients send it: Bearer (npm, docker),
 * "token" (GitHub's API), Basic (the rest, and npm with _auth).
 *
 * Source: RFC 9110, 11.4; RFC 7617; RFC 6750;
 *     store/access/PROTOCOL.md, section 4 (the user's name is not looked at).
 * Observed: podman sends Basic with neither user nor password for nobody
 *     (store/format/oci/PROTOCOL.md, section 4).
 */

#include <stdbool.h>

#include "store/base/bytes.h"

#define FERRY_CREDENTIAL_MAX 8192 /* bytes of the header */

enum ferry_credential_kind {
	FERRY_CREDENTIAL_NONE,
	FERRY_CREDENTIAL_SECRET,
	FERRY_CREDENTIAL_BAD /* what is none of these */
};
struct ferry_credential {
	enum ferry_credential_kind kind;
	bool basic;
	char user[100]; /* of Basic; "" if there is none, or it is longer */
	char secret[256]; /* what a token fits into; longer ones are none */
};

/* header may be NULL.  Cannot fail: what cannot be read is bad. */
void ferry_credential_read(struct ferry_credential *out, const char *header);

#endif
