#ifndef FERRY_STORE_ACCESS_CLAIM_H
#define FERRY_STORE_ACCESS_CLAIM_H

/* Who a client says that it is, once its credential was looked up. */

#include <stdint.h>

#include "store/access/snapshot.h"

/* What a token may be used for, as GitHub calls it.  A set. */
#define FERRY_SCOPE_READ 1U /* read:packages */
#define FERRY_SCOPE_WRITE 2U /* write:packages, contains read */
#define FERRY_SCOPE_DELETE 4U /* delete:packages */
#define FERRY_SCOPE_REPO 8U /* opens nothing by itself */
#define FERRY_SCOPE_ORG 32U /* read:org: the same; `gh` wants to see it */
#define FERRY_SCOPE_METRICS 16U /* read:metrics, which GitHub has not */

enum ferry_claim_kind {
	FERRY_CLAIM_NONE, /* no credential */
	FERRY_CLAIM_BAD, /* invalid, expired or revoked */
	FERRY_CLAIM_SUSPENDED, /* a good one, of an account that is suspended */
	FERRY_CLAIM_FINE, /* a fine-grained token: opens no registry */
	FERRY_CLAIM_USER,
	FERRY_CLAIM_WORKFLOW
};

/* Who asks, after the credential was looked up. */
struct ferry_claim {
	enum ferry_claim_kind kind;
	char
	    realm[256]; /* whose number it is: see struct ferry_snapshot_meta */
	uint64_t user; /* of a user's token */
	char login[100]; /* of this site's own: see people.h; else "" */
	unsigned scopes;
	uint64_t repo; /* of a workflow's */
	enum ferry_role job; /* its permission for packages */
};

#endif
