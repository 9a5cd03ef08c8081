/*
 * Searching npm packages by words in name, description and keywords.
 *
 * The index is made when somebody first searches, by a thread of its own that
 * then follows the changes: for each package what is searched and, ready, what
 * is answered.  It holds no more than the configured bytes; packages that do
 * not fit are not found by searching, which the log says once.
 *
 * A search looks through the whole index: 32,000 packages are some ten
 * megabytes, read in a few milliseconds.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/npm/entry.h"
#include "serve/replay/npm/npm.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/base/log.h"
#include "store/catalog/catalog.h"

#define RESULTS_MAX 250
#define RESULTS_DEFAULT 20
#define WORDS_MAX 8
/* A first search waits this long for the index, then answers from a part. */
#define PATIENCE_S 2
/* Packages waiting to be looked at; beyond, everything is. */
#define DIRTY_MAX 4096

struct ferry_npm_search {
	struct ferry_store_view *view;
	uint64_t limit;

	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t wake; /* the thread: there is work, or an end */
	pthread_cond_t whole; /* searches: the index was made */
	bool started, stop, made, full_logged;
	bool remake; /* look at every package */
	char **dirty;
	size_t dirty_n, dirty_cap;
	pthread_t thread;
	struct ferry_npm_entry *list; /* by name, in byte order */
	size_t n, cap;
	uint64_t bytes;
};

/* The index; with the lock */

static bool
find(const struct ferry_npm_search *s, const char *name, size_t *at)
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
take_out(struct ferry_npm_search *s, const char *name)
{
	size_t at;

	if (!find(s, name, &at))
		return;
	s->bytes -= s->list[at].size;
	ferry_npm_entry_free(&s->list[at]);
	memmove(
	    &s->list[at], &s->list[at + 1], (--s->n - at) * sizeof(*s->list));
}

/* *Takes* e. */
static void
put_in(struct ferry_npm_search *s, struct ferry_npm_entry *e)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	size_t at;

	take_out(s, e->name);
	if (s->bytes + e->size > s->limit ||
	    ferry_array_grow(
		&s->list, &s->cap, s->n + 1, sizeof(*s->list), &err) == -1) {
		if (!s->full_logged)
			ferry_log(FERRY_LOG_WARNING,
			    "the search index is full with %zu packages; "
			    "raise serve.search_index to find the rest",
			    s->n);
		s->full_logged = true;
		ferry_npm_entry_free(e);
		return;
	}
	(void)find(s, e->name, &at);
	memmove(
	    &s->list[at + 1], &s->list[at], (s->n++ - at) * sizeof(*s->list));
	s->list[at] = *e;
	s->bytes += e->size;
}

/* The thread */

/* owner: whose package the name means, or NULL to find out. */
static void
look_at(struct ferry_npm_search *s, const char *name, const char *owner)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char found[FERRY_OWNER_NAME];
	struct ferry_npm_entry e;
	int rc = 1;

	if (owner == NULL) {
		rc = ferry_view_owner(
		    s->view, "npm", name, FERRY_LOOKUP_CACHED, found, &err);
		owner = found;
	}
	if (rc == 1)
		rc = ferry_npm_entry_make(s->view, name, owner, &e, &err);

	if (rc == -1)
		ferry_log(FERRY_LOG_WARNING,
		    "%s; %s will not be found by "
		    "searching",
		    err.text, name);
	(void)pthread_mutex_lock(&s->mutex);
	if (rc == 1)
		put_in(s, &e);
	else
		take_out(s, name);
	(void)pthread_mutex_unlock(&s->mutex);
}

static bool
stopping(struct ferry_npm_search *s)
{
	bool stop;

	(void)pthread_mutex_lock(&s->mutex);
	stop = s->stop;
	(void)pthread_mutex_unlock(&s->mutex);
	return stop;
}

static void
look_at_all(struct ferry_npm_search *s)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	char last[FERRY_PACKAGE_NAME] = "";
	int rc = -1;

	(void)pthread_mutex_lock(&s->mutex);
	while (s->n > 0)
		ferry_npm_entry_free(&s->list[--s->n]);
	s->bytes = 0;
	s->full_logged = false;
	(void)pthread_mutex_unlock(&s->mutex);
	if (ferry_key_make(&prefix, &err, "package", "npm", NULL) == 0 &&
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
	struct ferry_npm_search *s = ctx;

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
ferry_npm_search_start(void **state, struct ferry_store_view *view,
    uint64_t bytes, struct ferry_error *err)
{
	struct ferry_npm_search *s;
	pthread_condattr_t attr;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->view = view;
	s->limit = bytes;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_cond_init(&s->whole, &attr);
	(void)pthread_condattr_destroy(&attr);
	*state = s;
	return 0;
}

void
ferry_npm_search_changed(void *state, const char *package)
{
	struct ferry_npm_search *s = state;
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
ferry_npm_search_stop(void *state)
{
	struct ferry_npm_search *s = state;

	(void)pthread_mutex_lock(&s->mutex);
	s->stop = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->mutex);
	if (s->started)
		(void)pthread_join(s->thread, NULL);
	while (s->n > 0)
		ferry_npm_entry_free(&s->list[--s->n]);
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

struct hit {
	const struct ferry_npm_entry *entry;
	unsigned score;
};

static int
compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return strcmp(x->entry->name, y->entry->name);
}

/* Split the query into lower-case words; qualifiers lose their names. */
static size_t
split(char *query, const char *words[WORDS_MAX])
{
	static const char *const qualifiers[] = {
		"keywords:", "scope:", "author:", "maintainer:", "name:"
	};
	size_t n = 0;
	char *p = query;

	while (n < WORDS_MAX) {
		p += strspn(p, " \t\r\n,\"");
		if (*p == 0)
			break;
		for (size_t i = 0;
		     i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++)
			if (strncmp(p, qualifiers[i], strlen(qualifiers[i])) ==
			    0)
				p += strlen(qualifiers[i]);
		words[n] = p;
		p += strcspn(p, " \t\r\n,\"");
		if (*p != 0)
			*p++ = 0;
		if (words[n][0] != 0)
			n++;
	}
	return n;
}

/* 0: not found.  Every word must be there; the name counts most. */
static unsigned
score(const struct ferry_npm_entry *e, const char *const words[], size_t n)
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
wait_for_index(struct ferry_npm_search *s, struct ferry_error *err)
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

static int
add_hits(struct ferry_buf *out, const struct hit *hits, size_t n, size_t from,
    size_t size, struct ferry_error *err)
{
	char now[FERRY_TIME_TEXT];

	if (ferry_buf_adds(out, "{\"objects\":[", err) == -1)
		return -1;
	for (size_t i = from; i < n && i - from < size; i++)
		if (ferry_buf_addf(out, err,
			"%s{\"package\":", i == from ? "" : ",") == -1 ||
		    ferry_buf_adds(out, hits[i].entry->json, err) == -1 ||
		    ferry_buf_addf(out, err,
			",\"score\":{\"final\":%u,\"detail\":{\"quality\":0,"
			"\"popularity\":0,\"maintenance\":0}},"
			"\"searchScore\":%u}",
			hits[i].score, hits[i].score) == -1)
			return -1;
	return ferry_buf_addf(out, err, "],\"total\":%zu,\"time\":\"%s\"}\n", n,
	    ferry_time_text(ferry_now(), now));
}

int
ferry_npm_search(struct ferry_npm_search *s, const struct ferry_request *rq,
    const struct ferry_permit *permit, struct ferry_buf *out,
    struct ferry_error *err)
{
	uint64_t size = ferry_request_query_u64(
	    rq, "size", 0, RESULTS_MAX, RESULTS_DEFAULT);
	uint64_t from = ferry_request_query_u64(rq, "from", 0, 1U << 30, 0);
	struct ferry_buf query = FERRY_BUF_INIT;
	const char *words[WORDS_MAX];
	struct hit *hits = NULL;
	size_t n = 0, words_n;
	int rc = -1;

	if (ferry_request_query(rq, "text", &query, err) == -1 ||
	    ferry_buf_adds(&query, "", err) == -1)
		goto out;
	for (size_t i = 0; i < query.n; i++)
		query.p[i] = (uint8_t)tolower(query.p[i]);
	words_n = query.n == 0 ? 0 : split((char *)query.p, words);
	(void)pthread_mutex_lock(&s->mutex);
	wait_for_index(s, err);
	if (s->started &&
	    ferry_calloc(&hits, s->n + 1, sizeof(*hits), err) == 0) {
		for (size_t i = 0; i < s->n; i++) {
			const struct ferry_npm_entry *e = &s->list[i];
			unsigned points = score(e, words, words_n);

			if (points > 0 &&
			    ferry_access_sees(permit, "npm", e->owner, e->name))
				hits[n++] = (struct hit){ e, points };
		}
		qsort(hits, n, sizeof(*hits), compare_hits);
		rc = add_hits(out, hits, n, (size_t)from, (size_t)size, err);
	}
	(void)pthread_mutex_unlock(&s->mutex);
out:
	free(hits);
	ferry_buf_free(&query);
	return rc;
}
