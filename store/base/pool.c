#include "store/base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/*
 * Jobs are numbered; number i is in slot i % FERRY_POOL_JOBS.
 *
 * Invariants: first <= begun <= last, and last - first <= FERRY_POOL_JOBS.
 * Those from first to begun are done or being worked on, those behind wait.
 */
struct ferry_pool {
	ferry_pool_work *work;
	pthread_t ids[FERRY_POOL_THREADS];
	size_t threads;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t given, done;
	struct {
		void *job;
		bool done;
	} slots[FERRY_POOL_JOBS];
	size_t first, begun, last;
	size_t skipped; /* jobs before are not begun any more */
	bool ending;
};

/* Work on the oldest job that waits, under the lock. */
static void
work_on_one(struct ferry_pool *p)
{
	size_t i = p->begun % FERRY_POOL_JOBS;

	if (p->begun++ >= p->skipped) {
		(void)pthread_mutex_unlock(&p->lock);
		p->work(p->slots[i].job);
		(void)pthread_mutex_lock(&p->lock);
	}
	p->slots[i].done = true;
	(void)pthread_cond_signal(&p->done);
}

static void *
run(void *ctx)
{
	struct ferry_pool *p = ctx;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->begun == p->last && !p->ending)
			(void)pthread_cond_wait(&p->given, &p->lock);
		if (p->begun == p->last)
			break;
		work_on_one(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are for the thread that made the pool. */
static void
start_threads(struct ferry_pool *p, size_t n)
{
	sigset_t all, old;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
		return;
	while (p->threads < n &&
	       pthread_create(&p->ids[p->threads], NULL, run, p) == 0)
		p->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Waiting for it has an end by a clock that nobody sets. */
static void
init_done(struct ferry_pool *p)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->done, &attr);
	(void)pthread_condattr_destroy(&attr);
}

/* What our control group may use; UINT64_MAX if it says no limit.
 * Source: cgroups(7), version 2. */
static uint64_t
group_limit(void)
{
	char group[512] = "", path[600];
	unsigned long long limit = 0;
	FILE *f = fopen("/proc/self/cgroup", "re");
	int n = 0;

	if (f != NULL) {
		n = fscanf(f, "0::%511s", group);
		(void)fclose(f);
	}
	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max",
	    n == 1 ? group : "");
	if ((f = fopen(path, "re")) == NULL)
		return UINT64_MAX;
	n = fscanf(f, "%llu", &limit);
	(void)fclose(f);
	return n == 1 ? limit : UINT64_MAX;
}

size_t
ferry_pool_threads(uint64_t job_bytes)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN),
	     pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t memory = pages < 1 || page < 1
	                      ? 0
	                      : (uint64_t)pages * (uint64_t)page,
		 limit = group_limit(), most;

	most = (memory < limit ? memory : limit) / 4 / job_bytes;
	if (most > (uint64_t)(cpus < 1 ? 1 : cpus))
		most = (uint64_t)(cpus < 1 ? 1 : cpus);
	return most < 1 ? 1 : (size_t)most;
}

int
ferry_pool_new(struct ferry_pool **out, size_t threads, ferry_pool_work *work,
    struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->work = work;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	(void)pthread_cond_init(&(*out)->given, NULL);
	init_done(*out);
	start_threads(
	    *out, threads < FERRY_POOL_THREADS ? threads : FERRY_POOL_THREADS);
	return 0;
}

void
ferry_pool_free(struct ferry_pool *p)
{

	if (p == NULL)
		return;
	assert(p->first == p->last);
	(void)pthread_mutex_lock(&p->lock);
	p->ending = true;
	(void)pthread_cond_broadcast(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->threads; i++)
		(void)pthread_join(p->ids[i], NULL);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

size_t
ferry_pool_count(const struct ferry_pool *p)
{

	/* Only the pool's own thread changes these two. */
	return p->last - p->first;
}

void
ferry_pool_put(struct ferry_pool *p, void *job)
{
	size_t i = p->last % FERRY_POOL_JOBS;

	assert(job != NULL && ferry_pool_count(p) < FERRY_POOL_JOBS);
	(void)pthread_mutex_lock(&p->lock);
	p->slots[i].job = job;
	p->slots[i].done = false;
	p->last++;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
}

bool
ferry_pool_ready(struct ferry_pool *p)
{

	return ferry_pool_wait(p, 0);
}

bool
ferry_pool_wait(struct ferry_pool *p, unsigned ms)
{
	size_t i = p->first % FERRY_POOL_JOBS;
	struct timespec until;
	bool ready;

	if (p->first == p->last)
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_mutex_lock(&p->lock);
	/* Nobody else works: _next will. */
	while (!p->slots[i].done && ms > 0 && p->threads > 0)
		if (pthread_cond_timedwait(&p->done, &p->lock, &until) != 0)
			break;
	ready = p->slots[i].done || (p->threads == 0 && ms > 0);
	(void)pthread_mutex_unlock(&p->lock);
	return ready;
}

void *
ferry_pool_next(struct ferry_pool *p)
{
	size_t i = p->first % FERRY_POOL_JOBS;

	if (p->first == p->last)
		return NULL;
	(void)pthread_mutex_lock(&p->lock);
	if (p->threads == 0 && !p->slots[i].done)
		work_on_one(p);
	while (!p->slots[i].done)
		(void)pthread_cond_wait(&p->done, &p->lock);
	p->first++;
	(void)pthread_mutex_unlock(&p->lock);
	return p->slots[i].job;
}

void
ferry_pool_stop(struct ferry_pool *p)
{

	(void)pthread_mutex_lock(&p->lock);
	p->skipped = p->last;
	(void)pthread_mutex_unlock(&p->lock);
}
