#include "serve/replay/guard.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/net.h"
#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/error.h"

#define SETS 1024
#define WAYS 4

/* count == 0: free. */
struct slot {
	uint8_t address[16];
	uint64_t since; /* when its minute began */
	unsigned count;
};

struct ferry_guard {
	pthread_mutex_t mutex;
	uint64_t key; /* so that nobody chooses whom to push out */
	struct slot sets[SETS][WAYS];
};

int
ferry_guard_new(struct ferry_guard **out, struct ferry_error *err)
{
	struct ferry_guard *g;
	uint8_t random[8];

	if (ferry_calloc(&g, 1, sizeof(*g), err) == -1)
		return -1;
	if (ferry_random(random, sizeof(random), err) == -1) {
		free(g);
		return -1;
	}
	g->key = ferry_get_be64(random);
	(void)pthread_mutex_init(&g->mutex, NULL);
	*out = g;
	return 0;
}

void
ferry_guard_free(struct ferry_guard *g)
{

	if (g == NULL)
		return;
	(void)pthread_mutex_destroy(&g->mutex);
	free(g);
}

/* The slot of an address, or the one it gets: with the lock. */
static struct slot *
find(struct ferry_guard *g, const uint8_t address[16])
{
	uint64_t h = g->key;
	struct slot *set, *worst;

	for (size_t i = 0; i < 16; i++)
		h = (h ^ address[i]) * UINT64_C(0x9e3779b97f4a7c15);
	worst = set = g->sets[(h >> 40) % SETS];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].count > 0 &&
		    memcmp(set[i].address, address, 16) == 0)
			return &set[i];
		if (worst->count > 0 &&
		    (set[i].count == 0 || set[i].since < worst->since))
			worst = &set[i];
	}
	*worst = (struct slot){ .count = 0 };
	memcpy(worst->address, address, 16);
	return worst;
}

static void
read_peer(const char *peer, uint8_t address[16])
{

	/* Whatever is no address is all one. */
	if (!ferry_address_parse(peer, address))
		memset(address, 0, 16);
	ferry_address_customer(address);
}

unsigned
ferry_guard_wait(
    struct ferry_guard *g, const char *peer, unsigned limit, uint64_t now)
{
	const struct slot *slot;
	uint8_t address[16];
	unsigned wait = 0;

	if (limit == 0)
		return 0;
	read_peer(peer, address);
	(void)pthread_mutex_lock(&g->mutex);
	slot = find(g, address);
	if (slot->count >= limit && now < slot->since + FERRY_GUARD_WINDOW_S)
		wait = (unsigned)(slot->since + FERRY_GUARD_WINDOW_S - now);
	(void)pthread_mutex_unlock(&g->mutex);
	return wait;
}

unsigned
ferry_guard_bad(struct ferry_guard *g, const char *peer, unsigned limit,
    uint64_t now, bool *first)
{
	uint8_t address[16];
	struct slot *slot;
	unsigned wait = 0;

	*first = false;
	if (limit == 0)
		return 0;
	read_peer(peer, address);
	(void)pthread_mutex_lock(&g->mutex);
	slot = find(g, address);
	if (slot->count == 0 || now >= slot->since + FERRY_GUARD_WINDOW_S) {
		slot->since = now;
		slot->count = 0;
	}
	if (slot->count < limit) {
		slot->count++;
	} else {
		*first = slot->count == limit;
		slot->count = limit + 1;
		wait = (unsigned)(slot->since + FERRY_GUARD_WINDOW_S - now);
	}
	assert(slot->count > 0 && wait <= FERRY_GUARD_WINDOW_S);
	(void)pthread_mutex_unlock(&g->mutex);
	return wait;
}
