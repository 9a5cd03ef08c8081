#include "serve/replay/through.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"

#define UPSTREAMS_MAX 64

struct upstreams {
	struct upstream {
		char format[32];
		char name[FERRY_PULL_NAME];
	} list[UPSTREAMS_MAX];
	size_t n;
};

struct ferry_through {
	pthread_mutex_t lock;
	struct upstreams upstreams;
	atomic_bool any; /* upstreams.n > 0, for who has no time to lock */
};

int
ferry_through_new(struct ferry_through **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

void
ferry_through_free(struct ferry_through *through)
{

	if (through == NULL)
		return;
	(void)pthread_mutex_destroy(&through->lock);
	free(through);
}

static int
add_upstream(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct upstreams *ups = ctx;
	const char *format =
	    json_string_value(json_object_get(record, "format"));
	struct upstream *up = &ups->list[ups->n];

	(void)err;
	if (ups->n == UPSTREAMS_MAX || format == NULL ||
	    strlen(format) >= sizeof(up->format) ||
	    strlen(ferry_key_part(key, 1)) >= sizeof(up->name))
		return 0;
	(void)snprintf(up->format, sizeof(up->format), "%s", format);
	(void)snprintf(
	    up->name, sizeof(up->name), "%s", ferry_key_part(key, 1));
	ups->n++;
	return 0;
}

void
ferry_through_follow(struct ferry_through *through, struct ferry_store *st)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct upstreams ups = { .n = 0 };
	struct ferry_key prefix;

	ferry_key_all(&prefix, FERRY_KIND_PULL);
	/* What cannot be read now can be in a second. */
	if (ferry_local_each(st, &prefix, add_upstream, &ups, &ignored) == -1)
		return;
	(void)pthread_mutex_lock(&through->lock);
	through->upstreams = ups;
	atomic_store(&through->any, ups.n > 0);
	(void)pthread_mutex_unlock(&through->lock);
}

size_t
ferry_through_of(struct ferry_through *through, const char *format,
    char names[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME])
{
	const struct upstreams *ups = &through->upstreams;
	size_t n = 0;

	if (!atomic_load_explicit(&through->any, memory_order_relaxed))
		return 0;
	(void)pthread_mutex_lock(&through->lock);
	for (size_t i = 0; i < ups->n && n < FERRY_PULL_UPSTREAMS; i++)
		if (strcmp(ups->list[i].format, format) == 0)
			memcpy(names[n++], ups->list[i].name, sizeof(names[0]));
	(void)pthread_mutex_unlock(&through->lock);
	return n;
}
