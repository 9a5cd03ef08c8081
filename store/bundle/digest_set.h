#ifndef FERRY_BUNDLE_DIGEST_SET_H
#define FERRY_BUNDLE_DIGEST_SET_H

/* Which blobs there are in a volume, in bounded memory. */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/digest.h"

struct ferry_error;

/*
 * By the first half of their SHA-256.  Above FERRY_DIGEST_SET_MAX (16 MiB) it
 * forgets all and begins anew: what it says it has it has, but not the reverse.
 */
#define FERRY_DIGEST_SET_MAX (1U << 19)
#define FERRY_DIGEST_SET_HALF (FERRY_SHA256_SIZE / 2)
struct ferry_digest_set {
	uint8_t (*v)[FERRY_DIGEST_SET_HALF]; /* zeros: free */
	size_t n, cap; /* a power of two, at least twice n */
};
#define FERRY_DIGEST_SET_INIT                                                  \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Errors: FERRY_ENOMEM. */
int ferry_digest_set_add(struct ferry_digest_set *set,
    const struct ferry_digest *sha256, struct ferry_error *err);
bool ferry_digest_set_has(
    const struct ferry_digest_set *set, const struct ferry_digest *sha256);
void ferry_digest_set_reset(struct ferry_digest_set *set);
void ferry_digest_set_free(struct ferry_digest_set *set);

#endif
