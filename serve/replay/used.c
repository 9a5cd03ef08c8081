#include "serve/replay/used.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/ages.h"
#include "store/base/clock.h"
#include "store/base/error.h"

#define USES_MAX 512U /* that wait to be told */
#define USES_MANY (USES_MAX / 4)
#define TOLD_SLOTS 8192U /* a power of two */
#define TOLD_MS 300000U /* so long is a use not told again */

struct told {
	uint64_t hash;
	uint64_t until_ms;
};

struct counted {
	struct ferry_pull_count all;
	struct ferry_pull_count told; /* of these */
};

struct ferry_used {
	pthread_mutex_t lock;
	struct ferry_pull_use uses[USES_MAX];
	size_t n;
	struct told told[TOLD_SLOTS];
	struct counted counts[FERRY_USED_UPSTREAMS];
	size_t counts_n;
};

int
ferry_used_new(struct ferry_used **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

void
ferry_used_free(struct ferry_used *used)
{

	if (used == NULL)
		return;
	(void)pthread_mutex_destroy(&used->lock);
	free(used);
}

static uint64_t
hash_of(const struct ferry_pull_use *use)
{
	const char *const parts[] = { use->format, use->upstream, use->package,
		use->what };

	return ferry_ages_hash(parts, sizeof(parts) / sizeof(parts[0]));
}

/* The counts of an upstream; NULL: there are too many. */
static struct counted *
find_counts(struct ferry_used *used, const struct ferry_pull_use *use)
{
	struct counted *c;

	for (size_t i = 0; i < used->counts_n; i++) {
		c = &used->counts[i];
		if (strcmp(c->all.upstream, use->upstream) == 0 &&
		    strcmp(c->all.format, use->format) == 0)
			return c;
	}
	if (used->counts_n == FERRY_USED_UPSTREAMS)
		return NULL;
	c = &used->counts[used->counts_n++];
	memcpy(c->all.upstream, use->upstream, sizeof(c->all.upstream));
	memcpy(c->all.format, use->format, sizeof(c->all.format));
	c->told = c->all;
	return c;
}

static void
add_use(struct ferry_used *used, const struct ferry_pull_use *use)
{
	uint64_t hash = hash_of(use), now = ferry_ticks_ms();
	struct told *told = &used->told[hash >> 1 & (TOLD_SLOTS - 1)];

	if (used->n == USES_MAX || (told->hash == hash && now < told->until_ms))
		return;
	*told = (struct told){ hash, now + TOLD_MS };
	used->uses[used->n++] = *use;
}

bool
ferry_used_add(struct ferry_used *used, const struct ferry_pull_use *use,
    enum ferry_was was, uint64_t saved)
{
	struct counted *c;
	bool many;

	(void)pthread_mutex_lock(&used->lock);
	if ((c = find_counts(used, use)) != NULL) {
		c->all.hits += was == FERRY_WAS_HERE;
		c->all.misses += was == FERRY_WAS_ASKED_FOR;
		c->all.saved += saved;
	}
	/* Of what it was asked for the puller knows. */
	if (use->what[0] != 0 && was == FERRY_WAS_HERE)
		add_use(used, use);
	many = used->n >= USES_MANY;
	(void)pthread_mutex_unlock(&used->lock);
	return many;
}

/* What was counted and not told. */
static size_t
take_counts(struct ferry_used *used, struct ferry_pull_count *out)
{
	size_t n = 0;

	for (size_t i = 0; i < used->counts_n && n < FERRY_PULL_COUNTS; i++) {
		struct counted *c = &used->counts[i];

		out[n] = c->all;
		out[n].hits -= c->told.hits;
		out[n].misses -= c->told.misses;
		out[n].saved -= c->told.saved;
		if (out[n].hits + out[n].misses == 0)
			continue;
		c->told = c->all;
		n++;
	}
	return n;
}

int
ferry_used_take(
    struct ferry_used *used, struct ferry_buf *packet, struct ferry_error *err)
{
	struct ferry_pull_count counts[FERRY_PULL_COUNTS];
	size_t counts_n;
	int rc = 0;

	(void)pthread_mutex_lock(&used->lock);
	counts_n = take_counts(used, counts);
	if (used->n + counts_n > 0 &&
	    (rc = ferry_pull_uses_write(
		 used->uses, used->n, counts, counts_n, packet, err)) != -1) {
		used->n -= (size_t)rc;
		memmove(used->uses, used->uses + rc,
		    used->n * sizeof(used->uses[0]));
		rc = 1;
	} else if (rc == -1) {
		/* What cannot be told must not keep the rest. */
		used->n = 0;
	}
	(void)pthread_mutex_unlock(&used->lock);
	return rc;
}

size_t
ferry_used_counts(
    struct ferry_used *used, struct ferry_pull_count *out, size_t max)
{
	size_t n;

	(void)pthread_mutex_lock(&used->lock);
	for (n = 0; n < used->counts_n && n < max; n++)
		out[n] = used->counts[n].all;
	(void)pthread_mutex_unlock(&used->lock);
	return n;
}
