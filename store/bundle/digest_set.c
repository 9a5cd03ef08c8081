#include "store/bundle/digest_set.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

static const uint8_t nothing[FERRY_DIGEST_SET_HALF];

/* Where a digest is, or would be. */
static size_t
slot_of(const struct ferry_digest_set *set, const uint8_t *half)
{
	uint64_t i;

	memcpy(&i, half, sizeof(i));
	for (;; i++) {
		const uint8_t *v = set->v[i & (set->cap - 1)];

		if (memcmp(v, half, FERRY_DIGEST_SET_HALF) == 0 ||
		    memcmp(v, nothing, FERRY_DIGEST_SET_HALF) == 0)
			return (size_t)(i & (set->cap - 1));
	}
}

static int
grow(struct ferry_digest_set *set, struct ferry_error *err)
{
	struct ferry_digest_set more = { NULL, set->n,
		set->cap == 0 ? 64 : set->cap * 2 };

	if (ferry_calloc(&more.v, more.cap, sizeof(more.v[0]), err) == -1)
		return -1;
	for (size_t i = 0; i < set->cap; i++)
		if (memcmp(set->v[i], nothing, FERRY_DIGEST_SET_HALF) != 0)
			memcpy(more.v[slot_of(&more, set->v[i])], set->v[i],
			    FERRY_DIGEST_SET_HALF);
	free(set->v);
	*set = more;
	return 0;
}

int
ferry_digest_set_add(struct ferry_digest_set *set,
    const struct ferry_digest *sha256, struct ferry_error *err)
{

	if (ferry_digest_set_has(set, sha256))
		return 0;
	if (set->n == FERRY_DIGEST_SET_MAX)
		ferry_digest_set_reset(set);
	if (2 * (set->n + 1) > set->cap && grow(set, err) == -1)
		return -1;
	memcpy(
	    set->v[slot_of(set, sha256->v)], sha256->v, FERRY_DIGEST_SET_HALF);
	set->n++;
	return 0;
}

bool
ferry_digest_set_has(
    const struct ferry_digest_set *set, const struct ferry_digest *sha256)
{

	return set->n > 0 && memcmp(set->v[slot_of(set, sha256->v)], nothing,
				 FERRY_DIGEST_SET_HALF) != 0;
}

void
ferry_digest_set_reset(struct ferry_digest_set *set)
{

	if (set->cap > 0)
		memset(set->v, 0, set->cap * sizeof(set->v[0]));
	set->n = 0;
}

void
ferry_digest_set_free(struct ferry_digest_set *set)
{

	free(set->v);
	*set = (struct ferry_digest_set)FERRY_DIGEST_SET_INIT;
}
