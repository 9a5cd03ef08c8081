#include "serve/replay/cache.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "serve/http/http.h"
#include "store/base/error.h"

/* Counted for each entry besides its content: entry, body, a part of the
 * group, and what malloc rounds up. */
#define OVERHEAD 512
/* A body spills from this size on, or from a part of a small cache. */
#define SPILL_BODY (4U << 20)
#define SPILL_PART 8
/* Files without a name hold so many times what the cache does, and more. */
#define SPILL_TIMES 16
#define SPILL_MIN (256U << 20)
/* When so much is handed out besides what is cached, also smaller ones do. */
#define SHORT_MIN (32U << 20)
#define SHORT_BODY (64U << 10)

struct group;

/*
 * Invariants: 1. made is false only while a thread makes the body, and then it
 * is one of holders; 2. cost is not 0 exactly while the entry is ready and in
 * the table: then it is in the order of use, and body is there; 3. group is
 * NULL exactly when it is out of the table; 4. out of the table and without
 * holders it is freed.
 */
struct entry {
	struct entry *next; /* in its bucket */
	struct entry *newer, *older; /* by use, once it is ready */
	struct entry *group_next;
	struct group *group; /* NULL once dropped */
	uint64_t hash;
	unsigned holders; /* threads that make or wait */
	bool made;
	struct ferry_body *body; /* NULL: there is none, or it failed */
	struct ferry_error *error; /* if rc is -1; NULL: no memory for it */
	int rc;
	uint64_t cost;
	size_t name_n;
	uint8_t name[];
};

struct group {
	struct group *next; /* in its bucket */
	struct entry *entries;
	uint64_t hash;
	size_t key_n;
	uint8_t key[];
};

/* Invariant: stats.bytes, .entries, .files and .spilled are sums over the entries whose
 * cost is not 0. */
struct ferry_cache {
	pthread_mutex_t mutex;
	pthread_cond_t made;
	struct entry **entries; /* buckets; one mask for both tables */
	struct group **groups;
	size_t mask;
	struct entry *newest, *oldest;
	atomic_uint_fast64_t limit;
	uint64_t files_limit;
	int scratch; /* the folder for what spills, or -1 */
	bool in_memory; /* scratch is */
	atomic_uint_fast64_t live; /* bytes of bodies made here, in memory */
	struct ferry_cache_stats stats;
};

/* FNV-1a: short keys from upstream's names; a flood of collisions would need
 * an upstream that publishes them, and costs a longer chain. */
static uint64_t
hash(uint64_t h, struct ferry_bytes s)
{

	h = ferry_bytes_hash(h, s);
	return h ^ h >> 29;
}

/* Where the service manager keeps what may go, or where everybody does. */
static void
open_scratch(struct ferry_cache *cache)
{
	const char *path = getenv("CACHE_DIRECTORY");
	struct statfs fs;

	if (path == NULL)
		path = getenv("TMPDIR");
	cache->scratch = open(
	    path == NULL ? "/tmp" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Files of a tmpfs are memory, too. */
	cache->in_memory = cache->scratch != -1 &&
	                   fstatfs(cache->scratch, &fs) == 0 &&
	                   fs.f_type == TMPFS_MAGIC;
}

static uint64_t
spill_limit(const struct ferry_cache *cache)
{
	uint64_t limit = atomic_load(&cache->limit);

	return cache->in_memory ? limit : SPILL_TIMES * limit + SPILL_MIN;
}

int
ferry_cache_new(struct ferry_cache **out, uint64_t bytes, unsigned files,
    struct ferry_error *err)
{
	struct ferry_cache *cache;
	size_t buckets = 4096;

	if (ferry_calloc(&cache, 1, sizeof(*cache), err) == -1)
		return -1;
	while (buckets < bytes / 8192 && buckets < (1U << 22))
		buckets *= 2;
	cache->mask = buckets - 1;
	atomic_init(&cache->limit, bytes);
	cache->files_limit = files;
	if (ferry_calloc(
		&cache->entries, buckets, sizeof(*cache->entries), err) == -1 ||
	    ferry_calloc(
		&cache->groups, buckets, sizeof(*cache->groups), err) == -1) {
		free(cache->entries);
		free(cache);
		return -1;
	}
	open_scratch(cache);
	(void)pthread_mutex_init(&cache->mutex, NULL);
	(void)pthread_cond_init(&cache->made, NULL);
	*out = cache;
	return 0;
}

static void
release(struct entry *e)
{

	assert(e->holders == 0 && e->group == NULL && e->cost == 0);
	ferry_body_unref(e->body);
	free(e->error);
	free(e);
}

static void
unlink_use(struct ferry_cache *cache, struct entry *e)
{

	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		cache->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		cache->oldest = e->newer;
	e->newer = e->older = NULL;
}

static void
link_newest(struct ferry_cache *cache, struct entry *e)
{

	e->newer = NULL;
	e->older = cache->newest;
	if (cache->newest != NULL)
		cache->newest->newer = e;
	else
		cache->oldest = e;
	cache->newest = e;
}

/* Bytes in a file without a name. */
static uint64_t
spilled(const struct entry *e)
{

	return e->body->spills && e->body->fd != -1 ? e->body->size : 0;
}

/* Out of the bucket and, if it is ready, out of the accounts. */
static void
forget(struct ferry_cache *cache, struct entry *e)
{
	struct entry **p = &cache->entries[e->hash & cache->mask];

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	e->group = NULL;
	if (e->cost != 0) {
		assert(e->made && e->body != NULL);
		assert(cache->stats.bytes >= e->cost);
		assert(cache->stats.entries > 0);
		assert(e->body->fd == -1 || cache->stats.files > 0);
		unlink_use(cache, e);
		cache->stats.bytes -= e->cost;
		cache->stats.entries--;
		if (e->body->fd != -1)
			cache->stats.files--;
		cache->stats.spilled -= spilled(e);
		e->cost = 0;
	}
	if (e->holders == 0)
		release(e);
}

static void
free_group(struct ferry_cache *cache, struct group *g)
{
	struct group **p = &cache->groups[g->hash & cache->mask];

	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	free(g);
}

/* One entry, and its group with the last of them. */
static void
drop_entry(struct ferry_cache *cache, struct entry *e)
{
	struct group *g = e->group;
	struct entry **p = &g->entries;

	while (*p != e)
		p = &(*p)->group_next;
	*p = e->group_next;
	forget(cache, e);
	if (g->entries == NULL)
		free_group(cache, g);
}

static void
drop_entries(struct ferry_cache *cache, struct group *g)
{
	struct entry *e, *next;

	for (e = g->entries; e != NULL; e = next) {
		next = e->group_next;
		forget(cache, e);
	}
}

static struct group *
find_group(const struct ferry_cache *cache, struct ferry_bytes key, uint64_t h)
{
	struct group *g = cache->groups[h & cache->mask];

	while (g != NULL &&
	       (g->hash != h ||
		   !ferry_bytes_equal(ferry_bytes_of(g->key, g->key_n), key)))
		g = g->next;
	return g;
}

static struct entry *
find_entry(const struct ferry_cache *cache, struct ferry_bytes group,
    struct ferry_bytes name, uint64_t h)
{
	struct entry *e = cache->entries[h & cache->mask];

	while (
	    e != NULL &&
	    (e->hash != h ||
		!ferry_bytes_equal(ferry_bytes_of(e->name, e->name_n), name) ||
		!ferry_bytes_equal(
		    ferry_bytes_of(e->group->key, e->group->key_n), group)))
		e = e->next;
	return e;
}

static struct entry *
insert(struct ferry_cache *cache, struct ferry_bytes group, uint64_t group_hash,
    struct ferry_bytes name, uint64_t h, struct ferry_error *err)
{
	struct group *g = find_group(cache, group, group_hash);
	struct entry *e;

	if (ferry_calloc(&e, 1, sizeof(*e) + name.n, err) == -1)
		return NULL;
	if (g == NULL) {
		if (ferry_calloc(&g, 1, sizeof(*g) + group.n, err) == -1) {
			free(e);
			return NULL;
		}
		g->hash = group_hash;
		g->key_n = group.n;
		memcpy(g->key, group.p, group.n);
		g->next = cache->groups[group_hash & cache->mask];
		cache->groups[group_hash & cache->mask] = g;
	}
	e->hash = h;
	e->name_n = name.n;
	memcpy(e->name, name.p, name.n);
	e->group = g;
	e->group_next = g->entries;
	g->entries = e;
	e->next = cache->entries[h & cache->mask];
	cache->entries[h & cache->mask] = e;
	return e;
}

static void
evict(struct ferry_cache *cache)
{

	while (cache->oldest != NULL &&
	       (cache->stats.bytes > cache->limit ||
		   cache->stats.spilled > spill_limit(cache) ||
		   cache->stats.files > cache->files_limit)) {
		cache->stats.evictions++;
		drop_entry(cache, cache->oldest);
	}
}

/* Account for a body that was made, unless the entry was dropped meanwhile. */
static void
keep(struct ferry_cache *cache, struct entry *e)
{
	uint64_t cost;

	assert(e->made && e->holders > 0 && e->cost == 0);
	if (e->group == NULL)
		return;
	if (e->rc != 1) {
		drop_entry(cache, e);
		return;
	}
	cost = OVERHEAD + e->name_n + e->group->key_n + e->body->bytes.n;
	if (cost > cache->limit) {
		drop_entry(cache, e);
		return;
	}
	e->cost = cost;
	cache->stats.bytes += cost;
	cache->stats.entries++;
	if (e->body->fd != -1)
		cache->stats.files++;
	cache->stats.spilled += spilled(e);
	link_newest(cache, e);
	evict(cache);
}

bool
ferry_cache_is_short(const struct ferry_cache *cache)
{

	return atomic_load(&cache->live) >
	       atomic_load(&cache->limit) + SHORT_MIN;
}

/* Move the bytes of a body that is nobody else's yet to a file; if that fails
 * they stay. */
static void
spill(const struct ferry_cache *cache, struct ferry_body *body)
{
	int fd =
	    openat(cache->scratch, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	size_t done = 0;
	ssize_t n = 0;

	if (fd == -1)
		return;
	while (
	    done < body->bytes.n &&
	    ((n = write(fd, body->bytes.p + done, body->bytes.n - done)) > 0 ||
		(n == -1 && errno == EINTR)))
		done += n > 0 ? (size_t)n : 0;
	if (done < body->bytes.n) {
		(void)close(fd);
		return;
	}
	ferry_buf_free(&body->bytes);
	body->fd = fd;
}

/* A body that on_make made: count it, or put it away. */
static void
take_body(struct ferry_cache *cache, struct ferry_body *body)
{
	uint64_t limit = atomic_load(&cache->limit) / SPILL_PART;

	if (body->fd != -1)
		return;
	if (body->spills &&
	    body->bytes.n > (ferry_cache_is_short(cache) ? SHORT_BODY
				: limit < SPILL_BODY     ? limit
							 : SPILL_BODY))
		spill(cache, body);
	body->memory = &cache->live;
	atomic_fetch_add(&cache->live, body->bytes.n);
}

/* With the lock; e is made or dropped when it returns. */
static void
make(struct ferry_cache *cache, struct entry *e, ferry_cache_make *on_make,
    void *ctx)
{
	struct ferry_error error = FERRY_ERROR_INIT;
	struct ferry_body *body = NULL;
	int rc;

	(void)pthread_mutex_unlock(&cache->mutex);
	rc = on_make(ctx, &body, &error);
	assert((rc == 1) == (body != NULL));
	if (rc == 1)
		take_body(cache, body);
	(void)pthread_mutex_lock(&cache->mutex);
	assert(!e->made);
	e->rc = rc;
	e->body = body;
	if (rc == -1 && (e->error = malloc(sizeof(error))) != NULL)
		*e->error = error;
	e->made = true;
	keep(cache, e);
	(void)pthread_cond_broadcast(&cache->made);
}

int
ferry_cache_get(struct ferry_cache *cache, struct ferry_bytes group,
    struct ferry_bytes name, ferry_cache_make *on_make, void *ctx,
    struct ferry_body **out, struct ferry_error *err)
{
	uint64_t group_hash = hash(FERRY_HASH_START, group);
	uint64_t h = hash(group_hash, name);
	struct entry *e;
	int rc;

	(void)pthread_mutex_lock(&cache->mutex);
	e = find_entry(cache, group, name, h);
	if (e != NULL && e->cost != 0) {
		cache->stats.hits++;
		if (cache->newest != e) {
			unlink_use(cache, e);
			link_newest(cache, e);
		}
		*out = ferry_body_ref(e->body);
		(void)pthread_mutex_unlock(&cache->mutex);
		return 1;
	}
	if (e == NULL) {
		cache->stats.misses++;
		e = insert(cache, group, group_hash, name, h, err);
		if (e == NULL) {
			(void)pthread_mutex_unlock(&cache->mutex);
			return -1;
		}
		e->holders++;
		make(cache, e, on_make, ctx);
	} else {
		cache->stats.hits++;
		e->holders++;
		while (!e->made)
			(void)pthread_cond_wait(&cache->made, &cache->mutex);
	}
	rc = e->rc;
	if (rc == 1)
		*out = ferry_body_ref(e->body);
	else if (rc == -1 && e->error != NULL)
		*err = *e->error;
	else if (rc == -1)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	assert(e->holders > 0);
	if (--e->holders == 0 && e->group == NULL)
		release(e);
	(void)pthread_mutex_unlock(&cache->mutex);
	return rc;
}

void
ferry_cache_drop(struct ferry_cache *cache, struct ferry_bytes group)
{
	struct group *g;

	(void)pthread_mutex_lock(&cache->mutex);
	g = find_group(cache, group, hash(FERRY_HASH_START, group));
	if (g != NULL) {
		drop_entries(cache, g);
		free_group(cache, g);
	}
	(void)pthread_mutex_unlock(&cache->mutex);
}

void
ferry_cache_drop_all(struct ferry_cache *cache)
{
	struct group *g;

	(void)pthread_mutex_lock(&cache->mutex);
	for (size_t i = 0; i <= cache->mask; i++)
		while ((g = cache->groups[i]) != NULL) {
			cache->groups[i] = g->next;
			drop_entries(cache, g);
			free(g);
		}
	(void)pthread_mutex_unlock(&cache->mutex);
}

void
ferry_cache_resize(struct ferry_cache *cache, uint64_t bytes)
{

	(void)pthread_mutex_lock(&cache->mutex);
	cache->limit = bytes;
	evict(cache);
	(void)pthread_mutex_unlock(&cache->mutex);
}

void
ferry_cache_stats(struct ferry_cache *cache, struct ferry_cache_stats *out)
{

	(void)pthread_mutex_lock(&cache->mutex);
	*out = cache->stats;
	out->limit = cache->limit;
	out->live = atomic_load(&cache->live);
	(void)pthread_mutex_unlock(&cache->mutex);
}

void
ferry_cache_free(struct ferry_cache *cache)
{

	if (cache == NULL)
		return;
	ferry_cache_drop_all(cache);
	if (cache->scratch != -1)
		(void)close(cache->scratch);
	(void)pthread_cond_destroy(&cache->made);
	(void)pthread_mutex_destroy(&cache->mutex);
	free(cache->groups);
	free(cache->entries);
	free(cache);
}
