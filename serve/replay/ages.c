#include "serve/replay/ages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"

#define SLOTS 32768U /* a power of two */

/* Of two documents in one slot the later one's. */
struct age {
	uint64_t hash;
	uint64_t until_ms;
	enum ferry_age age;
};

struct ferry_ages {
	pthread_mutex_t lock;
	struct age slots[SLOTS];
};

int
ferry_ages_new(struct ferry_ages **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

void
ferry_ages_free(struct ferry_ages *ages)
{

	if (ages == NULL)
		return;
	(void)pthread_mutex_destroy(&ages->lock);
	free(ages);
}

/* Each with the NUL behind it. */
uint64_t
ferry_ages_hash(const char *const *texts, size_t n)
{
	uint64_t hash = FERRY_HASH_START;

	for (size_t i = 0; i < n; i++)
		hash = ferry_bytes_hash(
		    hash, ferry_bytes_of(texts[i], strlen(texts[i]) + 1));
	return hash | 1;
}

static uint64_t
hash_of(const char *owner, const struct ferry_pull_want *want)
{
	const char *const parts[] = { want->format, owner, want->package,
		want->version };

	return ferry_ages_hash(parts, sizeof(parts) / sizeof(parts[0]));
}

enum ferry_age
ferry_ages_get(struct ferry_ages *ages, const char *owner,
    const struct ferry_pull_want *want)
{
	uint64_t hash = hash_of(owner, want);
	const struct age *slot = &ages->slots[hash >> 1 & (SLOTS - 1)];
	enum ferry_age age = FERRY_AGE_UNKNOWN;

	(void)pthread_mutex_lock(&ages->lock);
	if (slot->hash == hash && ferry_ticks_ms() < slot->until_ms)
		age = slot->age;
	(void)pthread_mutex_unlock(&ages->lock);
	return age;
}

void
ferry_ages_set(struct ferry_ages *ages, const char *owner,
    const struct ferry_pull_want *want, enum ferry_age age, uint64_t seconds)
{
	uint64_t hash = hash_of(owner, want);

	(void)pthread_mutex_lock(&ages->lock);
	ages->slots[hash >> 1 & (SLOTS - 1)] =
	    (struct age){ hash, ferry_ticks_ms() + seconds * 1000, age };
	(void)pthread_mutex_unlock(&ages->lock);
}
