#include "serve/replay/search.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/catalog/catalog.h"

/* A first search waits this long for the index, then answers from a part. */
#define PATIENCE_S 2
/* Packages waiting to be looked at; beyond, everything is. */
#define DIRTY_MAX 4096

/*
 * Life: quiet (nobody has searched) → started (the thread is there, and looks at
 * what changed) → stop.
 *
 * Invariants: 1. list is sorted by name, each once; 2. bytes is the sum of the
 * entries' sizes, and at most limit; 3. dirty is empty unless started; 4. only
 * the thread changes list, between started and stop.
 */
struct ferry_search {
	struct ferry_store_view *view;
	const char *format;
	ferry_search_make *on_make;
	uint64_t limit;

	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t wake; /* the thread: there is work, or an end */
	pthread_cond_t whole; /* searches: the index was made */
	bool started, stop, made, full_logged;
	bool remake; /* look at every package */
	char **dirty;
	size_t dirty_n, dirty_cap;
	pthread_t thread;
	struct ferry_search_entry *list; /* by name, in byte order */
	size_t n, cap;
	uint64_t bytes;
};

void
ferry_search_entry_free(struct ferry_search_entry *e)
{

	free(e->name);
	free(e->owner);
	free(e->text);
	free(e->answer);
}

/* What it takes, with what malloc rounds up. */
static size_t
size_of(const struct ferry_search_entry *e)
{

	return sizeof(*e) + strlen(e->name) + strlen(e->owner) +
	       strlen(e->text) + strlen(e->answer) + 64;
}

/* The index; with the lock */

static bool
find(const struct ferry_search *s, const char *name, size_t *at)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(s->list[mid].name, name);

		if (c == 0) {
			*at = mid;
			return true;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*at = low;
	return false;
}

static void
take_out(struct ferry_search *s, const char *name)
{
	size_t at;

	if (!find(s, name, &at))
		return;
	assert(s->bytes >= size_of(&s->list[at]));
	s->bytes -= size_of(&s->list[at]);
	ferry_search_entry_free(&s->list[at]);
	memmove(
	    &s->list[at], &s->list[at + 1], (--s->n - at) * sizeof(*s->list));
}

/* *Takes* the strings of e. */
static void
put_in(struct ferry_search *s, struct ferry_search_entry *e)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	size_t at;

	take_out(s, e->name);
	if (s->bytes + size_of(e) > s->limit ||
	    ferry_array_grow(
		&s->list, &s->cap, s->n + 1, sizeof(*s->list), &err) == -1) {
		if (!s->full_logged)
			ferry_log(FERRY_LOG_WARNING,
			    "the search index is full with %zu packages; "
			    "raise serve.search_index to find the rest",
			    s->n);
		s->full_logged = true;
		ferry_search_entry_free(e);
		return;
	}
	(void)find(s, e->name, &at);
	memmove(
	    &s->list[at + 1], &s->list[at], (s->n++ - at) * sizeof(*s->list));
	s->list[at] = *e;
	s->bytes += size_of(e);
	assert(s->bytes <= s->limit);
}

/* The thread */

/* owner: whose package the name means, or NULL to find out. */
static void
look_at(struct ferry_search *s, const char *name, const char *owner)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char found[FERRY_OWNER_NAME];
	struct ferry_search_entry e = { .name = NULL };
	int rc = 1;

	if (owner == NULL) {
		rc = ferry_view_owner(
		    s->view, s->format, name, FERRY_LOOKUP_CACHED, found, &err);
		owner = found;
	}
	if (rc == 1)
		rc = s->on_make(s->view, name, owner, &e, &err);
	if (rc != 1)
		ferry_search_entry_free(&e);
	if (rc == -1)
		ferry_log(FERRY_LOG_WARNING,
		    "%s; %s will not be found by searching", err.text, name);
	(void)pthread_mutex_lock(&s->mutex);
	if (rc == 1)
		put_in(s, &e);
	else
		take_out(s, name);
	(void)pthread_mutex_unlock(&s->mutex);
}

static bool
stopping(struct ferry_search *s)
{
	bool stop;

	(void)pthread_mutex_lock(&s->mutex);
	stop = s->stop;
	(void)pthread_mutex_unlock(&s->mutex);
	return stop;
}

static void
look_at_all(struct ferry_search *s)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	char last[FERRY_PACKAGE_NAME] = "";
	int rc = -1;

	(void)pthread_mutex_lock(&s->mutex);
	while (s->n > 0)
		ferry_search_entry_free(&s->list[--s->n]);
	s->bytes = 0;
	s->full_logged = false;
	(void)pthread_mutex_unlock(&s->mutex);
	if (ferry_key_make(&prefix, &err, "package", s->format, NULL) == 0 &&
	    ferry_catalog_iter_new(
		&it, ferry_store_view_store(s->view), &prefix, NULL, &err) == 0)
		while (!stopping(s) && (rc = ferry_record_iter_next(
					    it, &key, NULL, &err)) == 1) {
			const char *name = ferry_key_part(&key, 2);

			/* Several owners' packages of a name are one. */
			if (strcmp(name, last) == 0 ||
			    strlen(name) >= sizeof(last))
				continue;
			(void)snprintf(last, sizeof(last), "%s", name);
			/* The first owner is the one: as ferry_view_owner(),
			 * whose results would crowd the cache here. */
			look_at(s, name, ferry_key_part(&key, 3));
			if (s->full_logged)
				break;
		}
	if (rc == -1 && err.code != FERRY_OK)
		ferry_log(
		    FERRY_LOG_WARNING, "%s; making the search index", err.text);
	ferry_record_iter_free(it);
}

static void *
work(void *ctx)
{
	struct ferry_search *s = ctx;

	(void)pthread_mutex_lock(&s->mutex);
	while (!s->stop) {
		if (s->remake) {
			s->remake = false;
			(void)pthread_mutex_unlock(&s->mutex);
			look_at_all(s);
			(void)pthread_mutex_lock(&s->mutex);
		} else if (s->dirty_n > 0) {
			char *name = s->dirty[--s->dirty_n];

			(void)pthread_mutex_unlock(&s->mutex);
			look_at(s, name, NULL);
			free(name);
			(void)pthread_mutex_lock(&s->mutex);
		} else {
			s->made = true;
			(void)pthread_cond_broadcast(&s->whole);
			(void)pthread_cond_wait(&s->wake, &s->mutex);
		}
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return NULL;
}

int
ferry_search_new(struct ferry_search **out, struct ferry_store_view *view,
    const char *format, ferry_search_make *on_make, uint64_t bytes,
    struct ferry_error *err)
{
	struct ferry_search *s;
	pthread_condattr_t attr;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->view = view;
	s->format = format;
	s->on_make = on_make;
	s->limit = bytes;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_cond_init(&s->whole, &attr);
	(void)pthread_condattr_destroy(&attr);
	*out = s;
	return 0;
}

void
ferry_search_changed(void *search, const char *package)
{
	struct ferry_search *s = search;
	struct ferry_error err = FERRY_ERROR_INIT;

	(void)pthread_mutex_lock(&s->mutex);
	if (s->started && !s->remake) {
		if (package == NULL || s->dirty_n == DIRTY_MAX ||
		    ferry_array_grow(&s->dirty, &s->dirty_cap, s->dirty_n + 1,
			sizeof(*s->dirty), &err) == -1 ||
		    ferry_strdup(&s->dirty[s->dirty_n], package, &err) == -1)
			s->remake = true;
		else
			s->dirty_n++;
		(void)pthread_cond_signal(&s->wake);
	}
	(void)pthread_mutex_unlock(&s->mutex);
}

void
ferry_search_free(void *search)
{
	struct ferry_search *s = search;

	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->mutex);
	s->stop = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->mutex);
	if (s->started)
		(void)pthread_join(s->thread, NULL);
	while (s->n > 0)
		ferry_search_entry_free(&s->list[--s->n]);
	while (s->dirty_n > 0)
		free(s->dirty[--s->dirty_n]);
	(void)pthread_cond_destroy(&s->whole);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s->list);
	free(s->dirty);
	free(s);
}

/* Searching */

/* The list is in the order of names, so places in it tell that order, too:
 * 100,000 hits are sorted without looking at their names. */
static int
compare_hits(const void *a, const void *b)
{
	const struct ferry_search_hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

/* 0: not found.  Every word must be there; the name counts most. */
static unsigned
score(const struct ferry_search_entry *e, const char *const words[], size_t n)
{
	size_t name_n = strlen(e->name);
	unsigned sum = 1;

	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(e->text, words[i]);
		size_t offset = at == NULL ? 0 : (size_t)(at - e->text);

		if (at == NULL)
			return 0;
		if (offset == 0 && strlen(words[i]) == name_n)
			sum += 1000;
		else if (offset == 0)
			sum += 100;
		else if (offset < name_n)
			sum += 50;
		else
			sum += 1;
	}
	return sum;
}

static void
wait_for_index(struct ferry_search *s, struct ferry_error *err)
{
	struct timespec until;
	int rc = 0;

	if (!s->started) {
		s->remake = true;
		if ((errno = pthread_create(&s->thread, NULL, work, s)) != 0) {
			ferry_error_errno(err, "cannot start a thread");
			return;
		}
		s->started = true;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	while (!s->made && rc == 0)
		rc = pthread_cond_timedwait(&s->whole, &s->mutex, &until);
}

int
ferry_search_find(struct ferry_search *s, const struct ferry_permit *permit,
    const char *const words[], size_t n, ferry_search_hits *on_hits, void *ctx,
    struct ferry_error *err)
{
	struct ferry_search_hit *hits = NULL;
	unsigned last = UINT_MAX;
	bool in_order = true;
	size_t hits_n = 0;
	int rc = -1;

	(void)pthread_mutex_lock(&s->mutex);
	wait_for_index(s, err);
	if (s->started &&
	    ferry_calloc(&hits, s->n + 1, sizeof(*hits), err) == 0) {
		for (size_t i = 0; i < s->n; i++) {
			const struct ferry_search_entry *e = &s->list[i];
			unsigned points = score(e, words, n);

			if (points == 0 || !ferry_access_sees(permit, s->format,
					       e->owner, e->name))
				continue;
			hits[hits_n++] = (struct ferry_search_hit){ e, points };
			in_order = in_order && points <= last;
			last = points;
		}
		if (!in_order)
			qsort(hits, hits_n, sizeof(*hits), compare_hits);
		rc = on_hits(ctx, hits, hits_n, err);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	free(hits);
	return rc;
}
