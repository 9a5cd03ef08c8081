#include "sync/pull/cache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/log.h"
#include "store/catalog/cached.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/pull/evict.h"
#include "sync/upstream/run.h"

#define USES_MAX 4096U /* that wait to be noted */
#define COUNTS_MAX 64U
#define LOOK_MS 1000U
#define NOTE_MS                                                                \
	600000U /* uses wait at most so long for another reason to open */
#define KEEP_S 3600
#define AGAIN_S 60 /* until it is looked again whether something may go */
#define COARSE_S 600 /* a later use is noted only after that */

struct ferry_pull_cache {
	struct ferry_evict_limits limits; /* bytes 0: there is none */
	struct ferry_pull_use *uses;
	size_t uses_n;
	struct ferry_pull_count counts[COUNTS_MAX];
	size_t counts_n;
	bool over; /* more is here than should be: something was used lately */
	uint64_t looked_ms, noted_ms;
};

int
ferry_pull_cache_new(struct ferry_pull_cache **out,
    struct ferry_conf_group *group, struct ferry_error *err)
{
	struct ferry_pull_cache *c;

	if (ferry_calloc(&c, 1, sizeof(*c), err) == -1)
		return -1;
	c->noted_ms = ferry_ticks_ms();
	if (ferry_calloc(&c->uses, USES_MAX, sizeof(*c->uses), err) == -1 ||
	    ferry_conf_size(group, "cache_size", 0, INT64_MAX, 0,
		&c->limits.bytes, err) == -1 ||
	    ferry_conf_u64(group, "cache_keep", 0, 365 * 86400, KEEP_S,
		&c->limits.keep_s, err) == -1) {
		ferry_pull_cache_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void
ferry_pull_cache_free(struct ferry_pull_cache *cache)
{

	if (cache == NULL)
		return;
	free(cache->uses);
	free(cache);
}

int
ferry_pull_cache_on_use(
    void *ctx, const struct ferry_pull_use *use, struct ferry_error *err)
{
	struct ferry_pull_cache *c = ctx;

	(void)err;
	/* One that is lost makes something look a little older. */
	if (c->uses_n < USES_MAX)
		c->uses[c->uses_n++] = *use;
	return 0;
}

int
ferry_pull_cache_on_count(
    void *ctx, const struct ferry_pull_count *count, struct ferry_error *err)
{
	struct ferry_pull_cache *c = ctx;
	size_t i = 0;

	(void)err;
	while (i < c->counts_n &&
	       strcmp(c->counts[i].upstream, count->upstream) != 0)
		i++;
	if (i == COUNTS_MAX)
		return 0;
	if (i == c->counts_n) {
		c->counts[c->counts_n++] = *count;
		return 0;
	}
	c->counts[i].hits += count->hits;
	c->counts[i].misses += count->misses;
	c->counts[i].saved += count->saved;
	return 0;
}

bool
ferry_pull_cache_waits(const struct ferry_pull_cache *cache)
{

	return cache->uses_n + cache->counts_n > 0;
}

bool
ferry_pull_cache_is_due(const struct ferry_pull_cache *cache)
{
	uint64_t now = ferry_ticks_ms(), since = now - cache->noted_ms;
	uint64_t again_s =
	    cache->limits.keep_s < AGAIN_S ? cache->limits.keep_s + 1 : AGAIN_S;

	return cache->uses_n > USES_MAX / 2 ||
	       (cache->over && now - cache->looked_ms > again_s * 1000) ||
	       (ferry_pull_cache_waits(cache) && since > NOTE_MS);
}

/* What the upstream's records have: a version, a tag's, or those that name a
 * blob. */
static int
note_use(const struct ferry_pull_cache *c, struct ferry_store *st,
    const struct ferry_pull_use *use, int64_t now, struct ferry_error *err)
{
	int64_t coarse_s = COARSE_S;
	struct ferry_evict_use found = { .st = st, .at = now };

	/* Never so coarse that what is used looks old enough to go. */
	if ((int64_t)c->limits.keep_s / 4 < coarse_s)
		coarse_s = (int64_t)c->limits.keep_s / 4;
	found.coarse_s = coarse_s;
	return ferry_evict_note_use(&found, use, err);
}

/* Add what was counted to what the store has of an upstream: "traffic". */
static int
note_count(struct ferry_run *run, const struct ferry_pull_count *count,
    struct ferry_error *err)
{
	struct ferry_upstream *up = NULL;
	json_t *old = NULL;
	int rc;

	for (size_t i = 0; i < run->upstreams_n; i++)
		if (strcmp(run->upstreams[i].name, count->upstream) == 0)
			up = &run->upstreams[i];
	/* What ferryd makes up is nobody's. */
	if (up == NULL)
		return 0;
	if (ferry_local_named_get(
		run->st, FERRY_KIND_TRAFFIC, up->name, &old, err) == -1)
		return -1;
#define SUM(name, more)                                                        \
	json_integer_value(json_object_get(old, name)) + (json_int_t)(more)
	rc = ferry_local_named_put(run->st, FERRY_KIND_TRAFFIC, up->name,
	    json_pack("{s:s,s:I,s:I,s:I,s:I}", "format", up->kind->format,
		"hits", SUM("hits", count->hits), "misses",
		SUM("misses", count->misses), "bytes", SUM("bytes", up->bytes),
		"saved", SUM("saved", count->saved)),
	    err);
#undef SUM
	up->bytes = 0;
	json_decref(old);
	return rc;
}

static int
note_all(
    struct ferry_pull_cache *c, struct ferry_run *run, struct ferry_error *err)
{
	int64_t now = ferry_now();

	c->noted_ms = ferry_ticks_ms();
	for (size_t i = 0; i < c->uses_n; i++)
		if (note_use(c, run->st, &c->uses[i], now, err) == -1)
			return -1;
	c->uses_n = 0;
	for (size_t i = 0; i < c->counts_n; i++)
		if (note_count(run, &c->counts[i], err) == -1)
			return -1;
	c->counts_n = 0;
	for (size_t i = 0; i < run->upstreams_n; i++) {
		struct ferry_pull_count none = { .hits = 0 };

		if (run->upstreams[i].bytes == 0)
			continue;
		memcpy(none.upstream, run->upstreams[i].name,
		    strnlen(run->upstreams[i].name, FERRY_PULL_NAME - 1));
		if (note_count(run, &none, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_pull_cache_note(
    struct ferry_pull_cache *c, struct ferry_run *run, struct ferry_error *err)
{
	struct ferry_cached_totals totals;

	if (note_all(c, run, err) == -1)
		return -1;
	if (c->limits.bytes == 0)
		return 0;
	/* What came after the last look counts, too: the next run is to look. */
	if (ferry_cached_totals(run->st, &totals, err) == -1)
		return -1;
	c->over = totals.bytes > c->limits.bytes;
	return 0;
}

static void
tell(const struct ferry_pull_cache *c, const struct ferry_evicted *out)
{
	char dropped[FERRY_SIZE_TEXT], freed[FERRY_SIZE_TEXT];
	char is[FERRY_SIZE_TEXT], limit[FERRY_SIZE_TEXT];
	char n[FERRY_COUNT_TEXT], at[FERRY_TIME_TEXT];

	if (out->versions > 0)
		ferry_log(FERRY_LOG_INFO,
		    "dropped %s (%s), last used before %s: what clients asked "
		    "for takes %s now, of %s ('cache_size'); %s were freed",
		    ferry_count_text(out->versions, "version", n),
		    ferry_size_text(out->bytes, dropped),
		    ferry_time_text(out->last_used, at),
		    ferry_size_text(out->left, is),
		    ferry_size_text(c->limits.bytes, limit),
		    ferry_size_text(out->freed, freed));
}

int
ferry_pull_cache_turn(
    struct ferry_pull_cache *c, struct ferry_run *run, struct ferry_error *err)
{
	struct ferry_evicted out = { .versions = 0 };
	uint64_t now = ferry_ticks_ms();

	if (now - c->looked_ms < LOOK_MS)
		return 0;
	c->looked_ms = now;
	if (c->limits.bytes == 0) {
		c->uses_n = 0;
		return 0;
	}
	if (c->uses_n > 0 && (note_all(c, run, err) == -1 ||
				 ferry_store_commit(run->st, err) == -1))
		return -1;
	if (ferry_evict(run, &c->limits, &out, err) == -1)
		return -1;
	c->over = out.left > c->limits.bytes;
	tell(c, &out);
	return out.versions > 0;
}
