#include "serve/replay/absent.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

/* 1.2 MB in all, of which only what is used is memory. */
#define SLOTS 4096
#define ABSENT_NAME 280 /* longer ones are looked for each time */
#define LOCKS 16

/* Names are kept whole: a hash alone could be met by a name that is here. */
struct slot {
	uint64_t at; /* the state of the store; 0: nothing was here yet */
	uint16_t n;
	uint8_t name[ABSENT_NAME];
};

struct ferry_absent {
	atomic_uint_fast64_t now; /* from 1 on */
	pthread_mutex_t locks[LOCKS]; /* of every LOCKS-th slot */
	struct slot slots[SLOTS];
};

int
ferry_absent_new(struct ferry_absent **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	atomic_init(&(*out)->now, 1);
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&(*out)->locks[i], NULL);
	return 0;
}

void
ferry_absent_free(struct ferry_absent *absent)
{

	if (absent == NULL)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_destroy(&absent->locks[i]);
	free(absent);
}

uint64_t
ferry_absent_now(const struct ferry_absent *absent)
{

	return atomic_load(&absent->now);
}

void
ferry_absent_changed(struct ferry_absent *absent)
{

	atomic_fetch_add(&absent->now, 1);
}

/* Names that meet in a slot only drive each other out. */
static size_t
slot_of(struct ferry_bytes name)
{
	uint64_t h = ferry_bytes_hash(FERRY_HASH_START, name);

	return (size_t)(h ^ h >> 29) % SLOTS;
}

void
ferry_absent_add(
    struct ferry_absent *absent, uint64_t now, struct ferry_bytes name)
{
	size_t i = slot_of(name);
	struct slot *slot = &absent->slots[i];

	if (name.n == 0 || name.n > ABSENT_NAME)
		return;
	(void)pthread_mutex_lock(&absent->locks[i % LOCKS]);
	slot->at = now;
	slot->n = (uint16_t)name.n;
	memcpy(slot->name, name.p, name.n);
	(void)pthread_mutex_unlock(&absent->locks[i % LOCKS]);
}

bool
ferry_absent_has(struct ferry_absent *absent, struct ferry_bytes name)
{
	size_t i = slot_of(name);
	const struct slot *slot = &absent->slots[i];
	bool has;

	if (name.n == 0)
		return false;
	(void)pthread_mutex_lock(&absent->locks[i % LOCKS]);
	has = slot->at == ferry_absent_now(absent) && slot->n == name.n &&
	      memcmp(slot->name, name.p, name.n) == 0;
	(void)pthread_mutex_unlock(&absent->locks[i % LOCKS]);
	return has;
}
