#ifndef FERRY_POOL_H
#define FERRY_POOL_H

/*
 * Work that threads do beside each other, and that comes back in the order in
 * which it was given.
 *
 * A pool belongs to the thread that made it: only work runs in others, with all
 * signals blocked.  So work must not touch what belongs to one thread, as the
 * handle of a store that is written does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_pool;

/* One a processor, but each wants its memory. */
#define FERRY_POOL_THREADS 8
#define FERRY_POOL_JOBS 64 /* that a pool holds at most */

/*
 * How many threads pay: one a processor, but no more than take a quarter of the
 * machine's memory, or of what our control group may use, where each needs
 * job_bytes; at least 1.
 */
size_t ferry_pool_threads(uint64_t job_bytes);

/*
 * threads: how many to start; at most FERRY_POOL_THREADS.  Where none can be started the pool works all the same, in
 * ferry_pool_next().
 * Errors: FERRY_ENOMEM.
 */
typedef void ferry_pool_work(void *job);
int ferry_pool_new(struct ferry_pool **out, size_t threads,
    ferry_pool_work *work, struct ferry_error *err);
/* Waits for what has begun.  No job may be left. */
void ferry_pool_free(struct ferry_pool *p);

/* How many jobs were given and did not come back. */
size_t ferry_pool_count(const struct ferry_pool *p);
/* Give a job, at most FERRY_POOL_JOBS. */
void ferry_pool_put(struct ferry_pool *p, void *job);
/* Whether the oldest job is done, so that _next does not wait. */
bool ferry_pool_ready(struct ferry_pool *p);
/* The same after at most so many milliseconds, as soon as it is. */
bool ferry_pool_wait(struct ferry_pool *p, unsigned ms);
/* The oldest job, once it is done; NULL if there is none. */
void *ferry_pool_next(struct ferry_pool *p);
/* Those jobs that were not begun come back without having been worked on. */
void ferry_pool_stop(struct ferry_pool *p);

#endif
