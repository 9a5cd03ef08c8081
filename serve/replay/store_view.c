#include "serve/replay/store_view.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/http/http.h"
#include "serve/replay/absent.h"
#include "store/access/access.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define FOLLOW_MS 250
/* From this many records on, dropping everything is cheaper than looking. */
#define RECORDS_MAX 20000
/* Damaged files that are remembered as logged. */
#define DAMAGED 64

/*
 * Life: open → following (a thread looks four times a second) → open.
 *
 * Invariant: what is in the cache was made from records up to seq or later
 * ones, never from older: seq moves only after what the records name was
 * dropped, with follow held.  The same holds of absent.
 */
struct ferry_store_view {
	struct ferry_store *store;
	struct ferry_access *access;
	struct ferry_cache *cache;
	struct ferry_absent *absent;
	ferry_store_view_changed *on_changed;
	void *ctx;
	uint64_t blobs; /* ferry_blob_changes(), with the lock */
	char damaged[DAMAGED][FERRY_ETAG]; /* a ring, with damaged_lock */
	size_t damaged_n;
	pthread_mutex_t damaged_lock;
	pthread_mutex_t follow; /* one thread catches up at a time */
	atomic_uint_fast64_t seq;
	atomic_uint_fast64_t followed_at; /* ferry_ticks_ms() */
	bool failing; /* so that a lasting failure is logged once */
	bool following;
	bool hides_known;
	pthread_t thread;
	pthread_mutex_t stop_mutex;
	pthread_cond_t stop_cond;
	bool stop;
};

int
ferry_store_view_open(struct ferry_store_view **out, const char *path,
    uint64_t cache_bytes, unsigned files, struct ferry_error *err)
{
	struct ferry_store_totals totals;
	struct ferry_store_view *lib;
	pthread_condattr_t attr;

	if (ferry_calloc(&lib, 1, sizeof(*lib), err) == -1)
		return -1;
	if (ferry_store_open(&lib->store, path, FERRY_STORE_READ, err) == -1 ||
	    ferry_store_totals(lib->store, &totals, err) == -1 ||
	    ferry_blob_changes(lib->store, &lib->blobs, err) == -1 ||
	    ferry_access_open(&lib->access, lib->store, err) == -1 ||
	    ferry_cache_new(&lib->cache, cache_bytes, files, err) == -1 ||
	    ferry_absent_new(&lib->absent, err) == -1) {
		ferry_cache_free(lib->cache);
		ferry_access_close(lib->access);
		ferry_store_close(lib->store);
		free(lib);
		return -1;
	}
	(void)pthread_mutex_init(&lib->follow, NULL);
	(void)pthread_mutex_init(&lib->damaged_lock, NULL);
	(void)pthread_mutex_init(&lib->stop_mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&lib->stop_cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	atomic_init(&lib->seq, totals.records);
	atomic_init(&lib->followed_at, ferry_ticks_ms());
	*out = lib;
	return 0;
}

static int
add_group(struct ferry_buf *buf, const char *format, const char *package,
    struct ferry_error *err)
{

	return ferry_buf_add(buf, format, strlen(format) + 1, err) == -1
	           ? -1
	           : ferry_buf_adds(buf, package, err);
}

int
ferry_store_view_get(struct ferry_store_view *lib, struct ferry_body **out,
    ferry_cache_make *on_make, void *ctx, struct ferry_error *err,
    const char *format, const char *package, ...)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *part;
	size_t group_n;
	va_list ap;
	int rc = add_group(&buf, format, package, err);

	/* Both names in one buffer: this is on every request's way. */
	group_n = buf.n;
	va_start(ap, package);
	while (rc == 0 && (part = va_arg(ap, const char *)) != NULL)
		rc = ferry_buf_adds(&buf, part, err) == -1
		         ? -1
		         : ferry_buf_adds(&buf, "\n", err);
	va_end(ap);
	if (rc == 0)
		rc = ferry_cache_get(lib->cache, ferry_bytes_of(buf.p, group_n),
		    ferry_bytes_of(buf.p + group_n, buf.n - group_n), on_make,
		    ctx, out, err);
	ferry_buf_free(&buf);
	return rc;
}

void
ferry_store_view_damaged(struct ferry_store_view *lib, const char *format,
    const char *package, const char *etag)
{
	struct ferry_buf group = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	size_t i = 0;

	if (add_group(&group, format, package, &ignored) == 0)
		ferry_cache_drop(lib->cache, ferry_bytes_buf(&group));
	ferry_buf_free(&group);
	(void)pthread_mutex_lock(&lib->damaged_lock);
	while (i < DAMAGED && strcmp(lib->damaged[i], etag) != 0)
		i++;
	if (i == DAMAGED)
		(void)snprintf(lib->damaged[lib->damaged_n++ % DAMAGED],
		    FERRY_ETAG, "%s", etag);
	(void)pthread_mutex_unlock(&lib->damaged_lock);
	if (i == DAMAGED)
		ferry_log(FERRY_LOG_WARNING,
		    "a file of %s, %s, is damaged or gone and not served; "
		    "'ferry verify' says more",
		    package, etag);
}

static int
drop(struct ferry_store_view *lib, const struct ferry_key *key,
    struct ferry_error *err)
{
	const char *what = ferry_key_part(key, 0);
	const char *format = ferry_key_part(key, 1);
	const char *package = ferry_key_part(key, 2);
	struct ferry_buf group = FERRY_BUF_INIT;

	if (strcmp(what, "upstream") == 0) {
		/* Its documents (signing keys) belong to no package. */
		ferry_cache_drop_all(lib->cache);
		return 0;
	}
	if (key->n < 3)
		return 0;
	if (add_group(&group, format, package, err) == -1)
		return -1;
	ferry_cache_drop(lib->cache, ferry_bytes_buf(&group));
	ferry_buf_free(&group);
	if (lib->on_changed != NULL)
		lib->on_changed(lib->ctx, format, package);
	return 0;
}

static void
drop_all(struct ferry_store_view *lib)
{

	ferry_cache_drop_all(lib->cache);
	ferry_absent_changed(lib->absent);
	if (lib->on_changed != NULL)
		lib->on_changed(lib->ctx, NULL, NULL);
}

/* With the lock: drop what the records after lib->seq name. */
static int
drop_changed(struct ferry_store_view *lib, struct ferry_error *err)
{
	uint64_t seq = atomic_load(&lib->seq);
	struct ferry_journal_iter *it = NULL;
	struct ferry_journal_record record;
	struct ferry_store_totals totals;
	struct ferry_key last = { 0 };
	int rc = -1, found = 0;

	if (ferry_store_totals(lib->store, &totals, err) == -1)
		return -1;
	if (totals.records == seq)
		return 0;
	if (totals.records < seq || totals.records - seq > RECORDS_MAX) {
		drop_all(lib);
		atomic_store(&lib->seq, totals.records);
		return 0;
	}
	if (ferry_journal_iter_new(&it, lib->store, seq + 1, err) == -1)
		return -1;
	while ((found = ferry_journal_iter_next(it, &record, err)) == 1) {
		seq = record.seq;
		/* A package's records come in a row: look at its name once. */
		if (last.n >= 3 && record.key.n >= 3 &&
		    strcmp(ferry_key_part(&last, 2),
			ferry_key_part(&record.key, 2)) == 0 &&
		    strcmp(ferry_key_part(&last, 1),
			ferry_key_part(&record.key, 1)) == 0)
			continue;
		if (drop(lib, &record.key, err) == -1)
			goto out;
		last = record.key;
	}
	if (found == -1)
		goto out;
	ferry_absent_changed(lib->absent);
	atomic_store(&lib->seq, seq);
	rc = 0;
out:
	ferry_journal_iter_free(it);
	return rc;
}

/* With the lock: verify, a repair and gc make no journal records. */
static int
drop_lost(struct ferry_store_view *lib, struct ferry_error *err)
{
	uint64_t count;

	if (ferry_blob_changes(lib->store, &count, err) == -1)
		return -1;
	if (count != lib->blobs) {
		drop_all(lib);
		/* What breaks again is said again. */
		(void)pthread_mutex_lock(&lib->damaged_lock);
		memset(lib->damaged, 0, sizeof(lib->damaged));
		(void)pthread_mutex_unlock(&lib->damaged_lock);
	}
	lib->blobs = count;
	return 0;
}

static int
refresh(struct ferry_store_view *lib, bool all, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	int rc = 0;

	(void)pthread_mutex_lock(&lib->follow);
	if ((all ? ferry_store_catch_up_now(lib->store, err)
		 : ferry_store_catch_up(lib->store, err)) == -1)
		rc = -1;
	else if (drop_changed(lib, err) == -1 || drop_lost(lib, err) == -1) {
		/* What changed is unknown: nothing may stay. */
		drop_all(lib);
		rc = -1;
	}
	/* Also where nothing changed, or could not be read: tokens are files,
	 * and what was revoked must not wait for the index. */
	if (ferry_access_follow(lib->access, rc == 0 ? err : &ignored) == -1)
		rc = -1;
	if (rc == 0)
		atomic_store(&lib->followed_at, ferry_ticks_ms());
	(void)pthread_mutex_unlock(&lib->follow);
	return rc;
}

int
ferry_store_view_refresh(struct ferry_store_view *lib, struct ferry_error *err)
{

	return refresh(lib, false, err);
}

int
ferry_store_view_refresh_all(
    struct ferry_store_view *lib, struct ferry_error *err)
{

	return refresh(lib, true, err);
}

/* Returns false when it is time to stop. */
static bool
sleep_until_next(struct ferry_store_view *lib)
{
	struct timespec until;
	bool stop;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += FOLLOW_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&lib->stop_mutex);
	while (!lib->stop && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(
		    &lib->stop_cond, &lib->stop_mutex, &until);
	stop = lib->stop;
	(void)pthread_mutex_unlock(&lib->stop_mutex);
	return !stop;
}

static void *
follow(void *ctx)
{
	struct ferry_store_view *lib = ctx;

	while (sleep_until_next(lib)) {
		struct ferry_error err = FERRY_ERROR_INIT;
		int rc = ferry_store_view_refresh(lib, &err);

		if (rc == -1 && !lib->failing)
			ferry_log(FERRY_LOG_WARNING, "%s; following the store",
			    err.text);
		if (rc == 0 && lib->failing)
			ferry_log(FERRY_LOG_INFO, "following the store again");
		lib->failing = rc == -1;
	}
	return NULL;
}

int
ferry_store_view_follow(struct ferry_store_view *lib,
    ferry_store_view_changed *on_changed, void *ctx, struct ferry_error *err)
{

	lib->on_changed = on_changed;
	lib->ctx = ctx;
	if ((errno = pthread_create(&lib->thread, NULL, follow, lib)) != 0)
		return ferry_error_errno(err, "cannot start a thread");
	lib->following = true;
	return 0;
}

void
ferry_store_view_unfollow(struct ferry_store_view *lib)
{

	if (!lib->following)
		return;
	(void)pthread_mutex_lock(&lib->stop_mutex);
	lib->stop = true;
	(void)pthread_cond_signal(&lib->stop_cond);
	(void)pthread_mutex_unlock(&lib->stop_mutex);
	(void)pthread_join(lib->thread, NULL);
	lib->following = false;
	lib->on_changed = NULL;
}

void
ferry_store_view_close(struct ferry_store_view *lib)
{

	if (lib == NULL)
		return;
	ferry_store_view_unfollow(lib);
	(void)pthread_cond_destroy(&lib->stop_cond);
	(void)pthread_mutex_destroy(&lib->damaged_lock);
	(void)pthread_mutex_destroy(&lib->stop_mutex);
	(void)pthread_mutex_destroy(&lib->follow);
	ferry_absent_free(lib->absent);
	ferry_cache_free(lib->cache);
	ferry_access_close(lib->access);
	ferry_store_close(lib->store);
	free(lib);
}

struct ferry_access *
ferry_store_view_access(struct ferry_store_view *lib)
{

	return lib->access;
}

void
ferry_store_view_hide_known(struct ferry_store_view *view)
{

	view->hides_known = true;
}

bool
ferry_store_view_hides_known(const struct ferry_store_view *view)
{

	return view->hides_known;
}

struct ferry_store *
ferry_store_view_store(struct ferry_store_view *lib)
{

	return lib->store;
}

struct ferry_absent *
ferry_store_view_absent(struct ferry_store_view *lib)
{

	return lib->absent;
}

struct ferry_cache *
ferry_store_view_cache(struct ferry_store_view *lib)
{

	return lib->cache;
}

uint64_t
ferry_store_view_seq(struct ferry_store_view *lib)
{

	return atomic_load(&lib->seq);
}

uint64_t
ferry_store_view_age_ms(struct ferry_store_view *lib)
{

	return ferry_ticks_ms() - atomic_load(&lib->followed_at);
}
