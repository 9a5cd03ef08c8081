#include "serve/replay/wished.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/out.h"
#include "store/pull/message.h"

#define NEAR 8 /* places that one wish may have */

struct wish {
	uint64_t count; /* 0: free */
	uint64_t hash;
	int64_t last; /* seconds */
	char text[FERRY_WISHED_TEXT];
};

struct ferry_wished {
	pthread_mutex_t lock;
	struct wish all[FERRY_WISHED_MAX];
};

int
ferry_wished_new(struct ferry_wished **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	if (pthread_mutex_init(&(*out)->lock, NULL) == 0)
		return 0;
	free(*out);
	*out = NULL;
	return ferry_error_set(err, FERRY_ENOMEM, "no memory for a lock");
}

void
ferry_wished_free(struct ferry_wished *w)
{

	if (w == NULL)
		return;
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Its text, and the hash of that. */
static uint64_t
say(const struct ferry_pull_want *want, char text[FERRY_WISHED_TEXT])
{

	(void)snprintf(text, FERRY_WISHED_TEXT, "%s:%.240s%s%.240s%s%.240s",
	    want->format, want->package, want->version[0] == 0 ? "" : "@",
	    want->version, want->file[0] == 0 ? "" : " ", want->file);
	return ferry_bytes_hash(FERRY_HASH_START, ferry_bytes_str(text));
}

/* The wish of that text, or else the rarest of its places, which gives way. */
static struct wish *
find(struct ferry_wished *w, uint64_t hash, const char *text)
{
	struct wish *rarest = NULL;

	for (size_t i = 0; i < NEAR; i++) {
		struct wish *one = &w->all[(hash + i) % FERRY_WISHED_MAX];

		if (one->count > 0 && one->hash == hash &&
		    strcmp(one->text, text) == 0)
			return one;
		if (rarest == NULL || one->count < rarest->count)
			rarest = one;
	}
	*rarest = (struct wish){ .hash = hash };
	(void)snprintf(rarest->text, sizeof(rarest->text), "%s", text);
	return rarest;
}

void
ferry_wished_add(struct ferry_wished *w, const struct ferry_pull_want *want)
{
	char text[FERRY_WISHED_TEXT];
	uint64_t hash = say(want, text);
	struct wish *one;

	(void)pthread_mutex_lock(&w->lock);
	one = find(w, hash, text);
	one->count++;
	one->last = ferry_now();
	(void)pthread_mutex_unlock(&w->lock);
}

void
ferry_wished_fulfil(struct ferry_wished *w, const struct ferry_pull_want *want)
{
	char text[FERRY_WISHED_TEXT];
	uint64_t hash = say(want, text);

	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < NEAR; i++) {
		struct wish *one = &w->all[(hash + i) % FERRY_WISHED_MAX];

		if (one->hash == hash && strcmp(one->text, text) == 0)
			one->count = 0;
	}
	(void)pthread_mutex_unlock(&w->lock);
}

static int
most_wanted_first(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void
write_wish(struct ferry_out *out, const struct wish *one)
{
	char at[FERRY_TIME_TEXT];

	ferry_out_fmt(out, "%8" PRIu64 "  %s  ", one->count,
	    ferry_time_text(one->last, at));
	ferry_out_html(out, ferry_bytes_str(one->text));
	ferry_out_str(out, "\n");
}

void
ferry_wished_page(struct ferry_wished *w, struct ferry_out *out, size_t max)
{
	struct wish *all = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	size_t n = 0;

	if (ferry_calloc(&all, FERRY_WISHED_MAX, sizeof(*all), &ignored) == -1)
		return;
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < FERRY_WISHED_MAX; i++)
		if (w->all[i].count > 0)
			all[n++] = w->all[i];
	(void)pthread_mutex_unlock(&w->lock);
	qsort(all, n, sizeof(*all), most_wanted_first);
	if (n > 0)
		ferry_out_str(out,
		    "<h2>asked for and not here</h2>\n<p>Since this server "
		    "started, the most wanted first: how often, and when last. "
		    "<code>ferry wishes</code> tells all of it.</p>\n<pre>");
	for (size_t i = 0; i < n && i < max; i++)
		write_wish(out, &all[i]);
	if (n > 0)
		ferry_out_str(out, "</pre>\n");
	free(all);
}
