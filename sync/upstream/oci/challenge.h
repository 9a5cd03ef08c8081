#ifndef FERRY_SYNC_UPSTREAM_OCI_CHALLENGE_H
#define FERRY_SYNC_UPSTREAM_OCI_CHALLENGE_H

/*
 * WWW-Authenticate: how a registry wants to be asked.
 *
 * Source: RFC 9110, 11.2 to 11.6 and 5.6; the parameters of Bearer: the
 *     distribution project's "Token Authentication Specification".
 */

#include "store/base/bytes.h"

struct ferry_error;

enum ferry_challenge_scheme {
	FERRY_CHALLENGE_NONE, /* none that is known */
	FERRY_CHALLENGE_BASIC,
	FERRY_CHALLENGE_BEARER
};

/* Parameters that are not given are "".  They have no control characters. */
struct ferry_challenge {
	enum ferry_challenge_scheme scheme;
	char realm[1024];
	char service[256];
	char scope[1024];
	char error[64];
};

/*
 * Read one header's value, which may have several challenges: the first Bearer
 * wins, else the first Basic.  Unknown schemes are skipped.
 * Returns: 0 and *out, or -1.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT (a parameter is longer than its field).
 */
int ferry_challenge_parse(struct ferry_challenge *out, struct ferry_bytes value,
    struct ferry_error *err);

#endif
