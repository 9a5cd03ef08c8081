#include "store/blob/hashing.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/pool.h"

#define THREADS_MAX 4
#define BLOCK (128U << 10) /* read at once; stays in a processor's cache */
#define TURN (4U << 20) /* then it is another file's turn */
#define LAG_MAX (64U << 20) /* written and not hashed, of a file */

/* One algorithm of one file. */
struct lane {
	struct ferry_hashing *hashing;
	enum ferry_alg alg;
	uint64_t at; /* so much is hashed */
	enum { LANE_RESTS, LANE_WAITS, LANE_RUNS } state;
	struct lane *next; /* of those that wait */
};

struct ferry_hashing {
	struct ferry_hashers *hashers;
	struct ferry_digester *digester;
	int fd;
	uint64_t size;
	bool leaving; /* nothing of it is begun any more */
	struct ferry_error error; /* the first one */
	struct lane lanes[FERRY_ALGS];
	size_t lanes_n;
};

/*
 * Invariants, with the lock:
 *  1. A lane is in the queue if and only if it waits.
 *  2. Only who made a lane run touches its digest and moves its at.
 *  3. No lane of a hashing that was freed waits or runs.
 */
struct ferry_hashers {
	pthread_mutex_t lock; /* guards all below, and lanes */
	pthread_cond_t given; /* a lane waits */
	pthread_cond_t done; /* a lane rests */
	pthread_t threads[THREADS_MAX];
	size_t threads_n;
	struct lane *first, **last;
	uint8_t *block; /* of the thread that made it */
	bool ending;
};

static void
queue_lane(struct ferry_hashers *h, struct lane *lane)
{

	assert(lane->state != LANE_WAITS);
	lane->state = LANE_WAITS;
	lane->next = NULL;
	*h->last = lane;
	h->last = &lane->next;
	(void)pthread_cond_signal(&h->given);
}

/* Take a lane out of the queue; it runs. */
static struct lane *
take_lane(struct ferry_hashers *h, struct lane **at)
{
	struct lane *lane = *at;

	assert(lane->state == LANE_WAITS);
	lane->state = LANE_RUNS;
	*at = lane->next;
	if (h->last == &lane->next)
		h->last = at;
	return lane;
}

/* Read and hash to size, without the lock. */
static int
hash_to(struct lane *lane, uint64_t *at, uint64_t size, uint8_t *block,
    struct ferry_error *err)
{
	struct ferry_hashing *g = lane->hashing;

	while (*at < size) {
		uint64_t left = size - *at;
		ssize_t n = pread(g->fd, block,
		    left < BLOCK ? (size_t)left : BLOCK, (off_t)*at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ferry_error_errno(
			    err, "reading what was just written");
		if (n == 0)
			return ferry_error_set(err, FERRY_ESYSTEM,
			    "what was just written is gone");
		ferry_digester_add(g->digester, lane->alg, block, (size_t)n);
		*at += (uint64_t)n;
	}
	return 0;
}

/* With the lock, which is let go meanwhile: some of a lane that runs. */
static void
run_lane(struct ferry_hashers *h, struct lane *lane, uint8_t *block)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_hashing *g = lane->hashing;
	uint64_t at = lane->at, from = at,
		 to = g->size - at > TURN ? at + TURN : g->size;
	int rc;

	(void)pthread_mutex_unlock(&h->lock);
	rc = hash_to(lane, &at, to, block, &why);
	/* It has to go to the disk anyway: the commit waits less. */
	if (lane == &g->lanes[0] && block != h->block)
		(void)sync_file_range(g->fd, (off_t)from, (off_t)(at - from),
		    SYNC_FILE_RANGE_WRITE);
	(void)pthread_mutex_lock(&h->lock);
	lane->at = at;
	lane->state = LANE_RESTS;
	if (rc == -1 && g->error.code == FERRY_OK)
		g->error = why;
	if (!g->leaving && g->error.code == FERRY_OK && g->size - at >= BLOCK)
		queue_lane(h, lane);
	(void)pthread_cond_broadcast(&h->done);
}

static void *
run(void *ctx)
{
	struct ferry_hashers *h = ctx;
	uint8_t *block = malloc(BLOCK);

	(void)pthread_mutex_lock(&h->lock);
	/* Without memory the others do it. */
	while (block != NULL && !h->ending) {
		if (h->first == NULL)
			(void)pthread_cond_wait(&h->given, &h->lock);
		else
			run_lane(h, take_lane(h, &h->first), block);
	}
	(void)pthread_mutex_unlock(&h->lock);
	free(block);
	return NULL;
}

/* Signals are for the thread that made them. */
static void
start_threads(struct ferry_hashers *h, size_t n)
{
	sigset_t all, old;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
		return;
	while (h->threads_n < n &&
	       pthread_create(&h->threads[h->threads_n], NULL, run, h) == 0)
		h->threads_n++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int
ferry_hashers_new(struct ferry_hashers **out, struct ferry_error *err)
{
	size_t n = ferry_pool_threads(BLOCK);
	struct ferry_hashers *h;

	if (ferry_calloc(&h, 1, sizeof(*h), err) == -1)
		return -1;
	if (ferry_calloc(&h->block, 1, BLOCK, err) == -1) {
		free(h);
		return -1;
	}
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->given, NULL);
	(void)pthread_cond_init(&h->done, NULL);
	h->last = &h->first;
	start_threads(h, n < THREADS_MAX ? n : THREADS_MAX);
	*out = h;
	return 0;
}

void
ferry_hashers_free(struct ferry_hashers *h)
{

	if (h == NULL)
		return;
	assert(h->first == NULL);
	(void)pthread_mutex_lock(&h->lock);
	h->ending = true;
	(void)pthread_cond_broadcast(&h->given);
	(void)pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < h->threads_n; i++)
		(void)pthread_join(h->threads[i], NULL);
	(void)pthread_cond_destroy(&h->done);
	(void)pthread_cond_destroy(&h->given);
	(void)pthread_mutex_destroy(&h->lock);
	free(h->block);
	free(h);
}

int
ferry_hashing_new(struct ferry_hashing **out, struct ferry_hashers *hashers,
    struct ferry_digester *digester, int fd, uint64_t from,
    struct ferry_error *err)
{
	struct ferry_hashing *g;

	if (ferry_calloc(&g, 1, sizeof(*g), err) == -1)
		return -1;
	g->hashers = hashers;
	g->digester = digester;
	g->fd = fd;
	g->size = from;
	for (int alg = 0; alg < FERRY_ALGS; alg++)
		if (ferry_digester_has(digester, (enum ferry_alg)alg))
			g->lanes[g->lanes_n++] = (struct lane){ g,
				(enum ferry_alg)alg, from, LANE_RESTS, NULL };
	*out = g;
	return 0;
}

/* Where in the queue lane waits. */
static struct lane **
place_of(struct ferry_hashers *h, const struct lane *lane)
{
	struct lane **at = &h->first;

	while (*at != lane)
		at = &(*at)->next;
	return at;
}

/* With the lock: a lane that is behind size and in that state, or NULL. */
static struct lane *
behind(struct ferry_hashing *g, uint64_t size, bool runs)
{

	for (size_t i = 0; i < g->lanes_n; i++)
		if (g->lanes[i].at < size &&
		    (g->lanes[i].state == LANE_RUNS) == runs)
			return &g->lanes[i];
	return NULL;
}

/* With the lock: until each lane has all before size.  What no thread is at is
 * done here. */
static int
catch_up(struct ferry_hashing *g, uint64_t size, struct ferry_error *err)
{
	struct ferry_hashers *h = g->hashers;
	struct lane *lane;

	while (g->error.code == FERRY_OK) {
		if ((lane = behind(g, size, false)) != NULL) {
			if (lane->state == LANE_WAITS)
				(void)take_lane(h, place_of(h, lane));
			lane->state = LANE_RUNS;
			run_lane(h, lane, h->block);
		} else if (behind(g, size, true) != NULL) {
			(void)pthread_cond_wait(&h->done, &h->lock);
		} else {
			return 0;
		}
	}
	*err = g->error;
	return -1;
}

int
ferry_hashing_grow(
    struct ferry_hashing *g, uint64_t size, struct ferry_error *err)
{
	struct ferry_hashers *h = g->hashers;
	int rc = 0;

	(void)pthread_mutex_lock(&h->lock);
	assert(size >= g->size);
	g->size = size;
	for (size_t i = 0; i < g->lanes_n; i++)
		if (g->lanes[i].state == LANE_RESTS &&
		    size - g->lanes[i].at >= BLOCK)
			queue_lane(h, &g->lanes[i]);
	if (g->error.code != FERRY_OK || size > LAG_MAX)
		rc = catch_up(g, size > LAG_MAX ? size - LAG_MAX : 0, err);
	(void)pthread_mutex_unlock(&h->lock);
	return rc;
}

int
ferry_hashing_wait(struct ferry_hashing *g, struct ferry_error *err)
{
	int rc;

	(void)pthread_mutex_lock(&g->hashers->lock);
	rc = catch_up(g, g->size, err);
	(void)pthread_mutex_unlock(&g->hashers->lock);
	return rc;
}

void
ferry_hashing_free(struct ferry_hashing *g)
{
	struct ferry_hashers *h;

	if (g == NULL)
		return;
	h = g->hashers;
	(void)pthread_mutex_lock(&h->lock);
	g->leaving = true;
	for (size_t i = 0; i < g->lanes_n; i++) {
		struct lane *lane = &g->lanes[i];

		if (lane->state == LANE_WAITS)
			take_lane(h, place_of(h, lane))->state = LANE_RESTS;
	}
	for (size_t i = 0; i < g->lanes_n; i++)
		while (g->lanes[i].state != LANE_RESTS)
			(void)pthread_cond_wait(&h->done, &h->lock);
	(void)pthread_mutex_unlock(&h->lock);
	free(g);
}
