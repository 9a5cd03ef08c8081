/* Work beside each other comes back in the order in which it was given. */

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "store/base/pool.h"
#include "tests/unit/unit.h"

static struct ferry_error err;

struct job {
	unsigned number;
	unsigned done; /* how often */
	bool blocked; /* signals */
};

static void
work(void *ctx)
{
	struct job *job = ctx;
	struct timespec ts = { 0, (long)(job->number * 7919 % 13) * 100000 };
	sigset_t blocked;

	(void)nanosleep(&ts, NULL);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	job->blocked = sigismember(&blocked, SIGINT) == 1;
	job->done++;
}

static void
test_pool_keeps_the_order(void **state)
{
	struct job jobs[200] = { { 0 } };
	struct ferry_pool *p;
	unsigned next = 0;

	(void)state;
	assert_ok(ferry_pool_new(&p, 4, work, &err), &err);
	assert_null(ferry_pool_next(p));
	assert_false(ferry_pool_ready(p));
	assert_false(ferry_pool_wait(p, 1000));
	for (unsigned i = 0; i < 200; i++) {
		jobs[i].number = i;
		if (ferry_pool_count(p) == FERRY_POOL_JOBS)
			assert_ptr_equal(ferry_pool_next(p), &jobs[next++]);
		ferry_pool_put(p, &jobs[i]);
	}
	while (!ferry_pool_wait(p, 5))
		continue;
	assert_true(ferry_pool_ready(p));
	for (; next < 200; next++)
		assert_ptr_equal(ferry_pool_next(p), &jobs[next]);
	assert_int_equal(ferry_pool_count(p), 0);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(jobs[i].done, 1);
		assert_true(jobs[i].blocked);
	}
	ferry_pool_free(p);
}

/* What was not begun comes back as it was; what comes later is worked on. */
static void
test_pool_stops(void **state)
{
	struct job jobs[FERRY_POOL_JOBS] = { { 0 } }, *job;
	struct ferry_pool *p;
	unsigned undone = 0;

	(void)state;
	assert_ok(ferry_pool_new(&p, 1, work, &err), &err);
	for (unsigned i = 0; i < FERRY_POOL_JOBS; i++) {
		jobs[i].number = i;
		ferry_pool_put(p, &jobs[i]);
	}
	ferry_pool_stop(p);
	while ((job = ferry_pool_next(p)) != NULL) {
		assert_true(job->done <= 1);
		undone += job->done == 0 ? 1 : 0;
	}
	assert_true(undone >= FERRY_POOL_JOBS - 2);
	jobs[0].done = 0;
	ferry_pool_put(p, &jobs[0]);
	assert_ptr_equal(ferry_pool_next(p), &jobs[0]);
	assert_int_equal(jobs[0].done, 1);
	ferry_pool_free(p);
}

/* At least one, and no more than the memory has room for. */
static void
test_threads(void **state)
{

	(void)state;
	assert_int_equal(ferry_pool_threads(UINT64_MAX), 1);
	assert_true(ferry_pool_threads(1) >= 1);
	assert_true(ferry_pool_threads(1) >= ferry_pool_threads(1U << 30));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_pool_keeps_the_order),
		cmocka_unit_test(test_pool_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
