#include "sync/pull/puller.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/log.h"
#include "store/base/unix_socket.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/base/task.h"
#include "sync/pull/cache.h"
#include "sync/pull/refused.h"
#include "sync/pull/socket.h"
#include "sync/pull/wants.h"
#include "sync/upstream/run.h"

/* With nothing to do, before the store is closed: whoever else wants it is let
 * in at once, and signing keys and indexes are not fetched again. */
#define LINGER_MS 30000U
#define YIELD_MS 10000U /* for what is under way, when another wants to write */
#define LOOK_MS 50 /* how often we look for such another, or for the lock */
#define PACKAGES_MAX 20000U /* that one run looks at: it forgets nothing */
/* What a batch read once (indexes, signing keys) is read anew by the next. */
#define BATCH_MS 60000U
#define REST_MS 1000
/* What clients were answered with is durable so much later, or when nobody asks
 * for a moment: to wait for the disk costs more than all else of a small file. */
#define SYNC_MS 200U

struct puller {
	const struct ferry_puller_options *options;
	char path[FERRY_UNIX_PATH];
	struct ferry_wants *wants;
	struct ferry_pull_cache *cache;
	struct ferry_pull_socket *socket; /* NULL at the start */
	int lock; /* STORE/puller */
	uint64_t versions, bytes; /* that came, since the start */
};

/*
 * From opening the store to closing it.
 *
 * Invariant: once gives_way is set, or the batch is spent, nothing is begun.
 */
struct batch {
	struct puller *puller;
	struct ferry_conf *conf; /* owned; NULL: the options' */
	struct ferry_task task;
	struct ferry_run run;
	bool gives_way;
	bool dropped; /* the run may believe that to be here */
	bool began; /* what was wanted at its start */
	uint64_t opened_ms;
	uint64_t since_ms; /* it gives way */
	uint64_t looked_ms;
	uint64_t synced_ms; /* or before: all is durable */
};

/* One puller a store; held until the process ends. */
static int
lock_puller(struct puller *p, struct ferry_error *err)
{
	const char *store = p->options->store;
	struct ferry_buf path = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_addf(&path, err, "%s/puller", store) == -1)
		return -1;
	p->lock =
	    open((const char *)path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (p->lock == -1)
		ferry_error_errno(err, "%s", (const char *)path.p);
	else if (flock(p->lock, LOCK_EX | LOCK_NB) == 0)
		rc = 0;
	else if (errno == EWOULDBLOCK)
		ferry_error_set(
		    err, FERRY_ELOCKED, "another puller runs for %s", store);
	else
		ferry_error_errno(err, "%s", (const char *)path.p);
	ferry_buf_free(&path);
	return rc;
}

/* The run */

/* Of a batch: whether another wants to write, looked at now and then. */
static void
look_for_others(struct batch *b)
{
	uint64_t now = ferry_ticks_ms();

	if (b->gives_way || now - b->looked_ms < LOOK_MS)
		return;
	b->looked_ms = now;
	b->gives_way = ferry_store_wanted(b->run.st);
	b->since_ms = now;
}

/* It ends with what it has begun. */
static bool
is_spent(const struct batch *b)
{

	return b->began && (b->run.broken || b->dropped ||
			       b->run.packages >= PACKAGES_MAX ||
			       ferry_ticks_ms() - b->opened_ms > BATCH_MS);
}

/* What one run found is of no use to the next. */
static void
forget_notes(struct ferry_run *run)
{

	(void)json_array_clear(run->failures);
	(void)json_array_clear(run->skipped);
	(void)json_array_clear(run->taken_away);
	(void)json_array_clear(run->unknown);
}

/* What was committed soon.  Costs nothing where there is nothing. */
static int
make_durable(struct batch *b, struct ferry_error *err)
{

	b->synced_ms = ferry_ticks_ms();
	return ferry_store_pending(b->run.st) > 0
	           ? 0
	           : ferry_store_commit(b->run.st, err);
}

/* What is too much goes. */
static int
look_at_cache(struct batch *b, struct ferry_error *err)
{
	int rc = ferry_pull_cache_turn(b->puller->cache, &b->run, err);

	b->dropped = b->dropped || rc == 1;
	return rc == -1 ? -1 : 0;
}

static int
on_tick(void *ctx, struct ferry_error *err)
{
	struct batch *b = ctx;
	struct puller *p = b->puller;

	if (p->socket == NULL)
		return 0;
	ferry_pull_socket_turn(p->socket, 0);
	forget_notes(&b->run);
	look_for_others(b);
	/* First what was begun: a package may be begun anew for another. */
	if (ferry_wants_settle(p->wants, &b->run, err) == -1)
		return -1;
	if (!b->gives_way && !is_spent(b) &&
	    (ferry_wants_begin(p->wants, &b->run, err) == -1 ||
		ferry_wants_settle(p->wants, &b->run, err) == -1))
		return -1;
	b->began = true;
	if (ferry_ticks_ms() - b->synced_ms > SYNC_MS &&
	    make_durable(b, err) == -1)
		return -1;
	if (look_at_cache(b, err) == -1)
		return -1;
	if (b->gives_way && ferry_ticks_ms() - b->since_ms > YIELD_MS)
		return ferry_error_set(
		    err, FERRY_ECANCELLED, "another process wants to write");
	return 0;
}

static int
open_batch(struct batch *b, struct ferry_error *err)
{
	const struct ferry_puller_options *o = b->puller->options;
	struct ferry_run *run = &b->run;
	struct ferry_conf_group *root;

	/* wants.c says what is not pulled. */
	b->task = (struct ferry_task){ .stopped = o->stopped };
	*run = (struct ferry_run){ .task = &b->task,
		.kinds = o->kinds,
		.pulls = true,
		.on_grow = ferry_wants_grow,
		.on_grow_ctx = b->puller->wants,
		.failures = json_array(),
		.skipped = json_array(),
		.taken_away = json_array(),
		.unknown = json_array(),
		.plan = json_array() };
	if (o->config_path != NULL &&
	    ferry_conf_open(&b->conf, o->config_path, err) == -1)
		return -1;
	root = ferry_conf_root(b->conf != NULL ? b->conf : o->conf);
	if (ferry_upstreams_read(run, root, NULL, 0, err) == -1 ||
	    ferry_run_operator(run, root, err) == -1 ||
	    ferry_fetch_new(&run->fetch, err) == -1 ||
	    ferry_store_open(
		&run->st, o->store, FERRY_STORE_WRITE_BETWEEN, err) == -1)
		return -1;
	b->task.st = run->st;
	for (size_t i = 0; i < run->upstreams_n; i++)
		run->upstreams[i].wanted = run->upstreams[i].pull;
	if (b->puller->socket != NULL)
		ferry_fetch_watch(
		    run->fetch, ferry_pull_socket_fd(b->puller->socket));
	return ferry_run_on_tick(run, on_tick, b, err);
}

static void
close_batch(struct batch *b)
{
	struct ferry_run *run = &b->run;

	ferry_fetch_free(run->fetch);
	ferry_upstreams_free(run);
	ferry_store_close(run->st);
	ferry_conf_free(b->conf);
	json_decref(run->failures);
	json_decref(run->skipped);
	json_decref(run->taken_away);
	json_decref(run->unknown);
	json_decref(run->plan);
}

/* Wait for more to do.  Returns: 1, there is; 0; -1. */
static int
linger(struct batch *b, struct ferry_error *err)
{
	uint64_t until = ferry_ticks_ms() + LINGER_MS;
	struct puller *p = b->puller;

	while (ferry_ticks_ms() < until && !p->options->stopped()) {
		ferry_pull_socket_turn(p->socket, LOOK_MS);
		if (ferry_wants_count(p->wants) > 0)
			return 1;
		look_for_others(b);
		if (b->gives_way)
			return 0;
		if (make_durable(b, err) == -1)
			return -1;
		if (look_at_cache(b, err) == -1)
			return -1;
		if (b->dropped)
			return 0;
	}
	return 0;
}

/* Pull until there is nothing to do for a while, or another wants to write. */
static int
work(struct batch *b, struct ferry_error *err)
{
	struct puller *p = b->puller;
	int rc = ferry_run_begin(&b->run, err);

	while (rc != -1) {
		if ((rc = ferry_run_turn(&b->run, err)) != 0)
			continue;
		if (b->gives_way ||
		    (is_spent(b) && ferry_wants_begun(p->wants) == 0))
			break;
		/* What was begun and has no transfer is settled in a tick. */
		if (ferry_wants_begun(p->wants) > 0)
			(void)poll(NULL, 0, 1);
		else if (ferry_wants_count(p->wants) == 0 &&
			 (rc = linger(b, err)) != 1)
			break;
	}
	/* Stopped, or given way: what was not done is begun anew. */
	return rc == -1 && err->code == FERRY_ECANCELLED ? 0 : rc;
}

/* What `ferry status` says of the puller. */
static int
keep_last(struct batch *b, struct ferry_error *err)
{
	struct puller *p = b->puller;
	const struct ferry_wants_counts *c = ferry_wants_counts(p->wants);
	char size[FERRY_SIZE_TEXT], text[200];
	struct ferry_key key;

	p->versions += b->run.added;
	p->bytes += ferry_fetch_counts(b->run.fetch)->bytes;
	(void)snprintf(text, sizeof(text),
	    "since its start: %" PRIu64 " found, %" PRIu64 " absent, %" PRIu64
	    " refused, %" PRIu64 " failed; %" PRIu64 " versions and %s pulled",
	    c->here, c->absent, c->refused, c->failed, p->versions,
	    ferry_size_text(p->bytes, size));
	if (ferry_refused_keep(ferry_wants_refused(p->wants), b->run.st, err) ==
		-1 ||
	    ferry_pull_cache_note(p->cache, &b->run, err) == -1 ||
	    ferry_key_named(&key, FERRY_KIND_LAST, "pull", NULL, err) == -1 ||
	    ferry_local_put_new(b->run.st, &key,
		json_pack("{s:I,s:s}", "at", (json_int_t)ferry_now(), "summary",
		    text),
		err) == -1)
		return -1;
	return ferry_store_commit(b->run.st, err);
}

/* Open the store, pull, close it.  Errors: FERRY_ELOCKED, and all others. */
static int
run_batch(struct puller *p, struct ferry_error *err)
{
	struct batch b = { .puller = p, .opened_ms = ferry_ticks_ms() };
	int rc = open_batch(&b, err);

	if (rc == 0 && (rc = work(&b, err)) == 0)
		rc = keep_last(&b, err);
	close_batch(&b);
	ferry_wants_put_back(p->wants);
	return rc;
}

/* What was told and never noted, as nothing opened the store since. */
static void
note_rest(struct puller *p)
{
	struct batch b = { .puller = p };
	struct ferry_error err = FERRY_ERROR_INIT;

	ferry_pull_socket_turn(p->socket, 0);
	if (!ferry_pull_cache_waits(p->cache))
		return;
	if (open_batch(&b, &err) == -1 || keep_last(&b, &err) == -1)
		ferry_log(FERRY_LOG_INFO,
		    "what clients used lately is not noted: %s", err.text);
	close_batch(&b);
}

/* The start */

/* Say in the store which upstreams are pulled through, and which are no more. */
static int
put_known(struct ferry_run *run, struct ferry_error *err)
{

	for (size_t i = 0; i < run->upstreams_n; i++) {
		const struct ferry_upstream *up = &run->upstreams[i];
		struct ferry_key key;

		if (ferry_key_named(
			&key, FERRY_KIND_PULL, up->name, NULL, err) == -1)
			return -1;
		if ((up->pull ? ferry_local_put_new(run->st, &key,
				    json_pack("{s:s,s:I}", "format",
					up->kind->format, "max_age",
					(json_int_t)up->max_age),
				    err)
			      : ferry_local_delete(run->st, &key, err)) == -1)
			return -1;
	}
	return ferry_store_commit(run->st, err);
}

/*
 * Before anybody asks: who may read an upstream stands in the store before
 * anything of it does.  That an upstream cannot be reached now is no reason not
 * to start.
 */
static int
introduce(struct puller *p, struct ferry_error *err)
{
	struct batch b = { .puller = p };
	size_t n = 0;
	int rc = open_batch(&b, err);

	for (size_t i = 0; rc == 0 && i < b.run.upstreams_n; i++)
		n += b.run.upstreams[i].pull;
	if (rc == 0 && n == 0)
		rc = ferry_error_set(err, FERRY_ECONFIG,
		    "no upstream of the configuration has 'pull = true'");
	if (rc == 0)
		rc = ferry_run_work(&b.run, err);
	if (rc == 0)
		rc = put_known(&b.run, err);
	close_batch(&b);
	return rc;
}

/* The same, once others let us. */
static int
introduce_when_free(struct puller *p, struct ferry_error *err)
{
	bool told = false;
	int rc;

	while ((rc = introduce(p, err)) == -1 && err->code == FERRY_ELOCKED &&
	       !p->options->stopped()) {
		if (!told)
			ferry_log(FERRY_LOG_INFO, "waiting: %s", err->text);
		told = true;
		*err = (struct ferry_error)FERRY_ERROR_INIT;
		(void)poll(NULL, 0, LOOK_MS);
	}
	return rc;
}

static void
serve(struct puller *p)
{

	while (!p->options->stopped()) {
		struct ferry_error err = FERRY_ERROR_INIT;

		ferry_pull_socket_turn(
		    p->socket, ferry_wants_count(p->wants) > 0 ? 0 : REST_MS);
		if ((ferry_wants_count(p->wants) == 0 &&
			!ferry_pull_cache_is_due(p->cache)) ||
		    run_batch(p, &err) == 0)
			continue;
		if (err.code == FERRY_ELOCKED) {
			ferry_pull_socket_turn(p->socket, 0);
			(void)poll(NULL, 0, LOOK_MS);
			continue;
		}
		ferry_log(
		    FERRY_LOG_ERROR, "%s; those who wait are told", err.text);
		ferry_wants_fail(p->wants, &err);
	}
}

/* The group pull; *cache is made, *socket a view or NULL. */
static int
read_group(struct ferry_conf *conf, struct ferry_pull_cache **cache,
    const char **socket, struct ferry_error *err)
{
	struct ferry_conf_group *group;

	return ferry_conf_group(ferry_conf_root(conf), "pull", &group, err) ==
	                   -1 ||
	               ferry_conf_path(group, "socket", NULL, socket, err) ==
	                   -1 ||
	               ferry_pull_cache_new(cache, group, err) == -1
	           ? -1
	           : ferry_conf_finish(group, err);
}

int
ferry_puller_check(struct ferry_conf *conf, struct ferry_error *err)
{
	struct ferry_pull_cache *cache = NULL;
	const char *socket;
	int rc = read_group(conf, &cache, &socket, err);

	ferry_pull_cache_free(cache);
	return rc;
}

int
ferry_puller_run(
    const struct ferry_puller_options *options, struct ferry_error *err)
{
	struct puller p = { .options = options, .lock = -1 };
	struct ferry_pull_told told;
	const char *socket;
	int rc = -1;

	if (read_group(options->conf, &p.cache, &socket, err) == -1 ||
	    ferry_unix_path(p.path, "pull", socket, options->store, err) ==
		-1 ||
	    ferry_wants_new(&p.wants, err) == -1)
		goto out;
	told = (struct ferry_pull_told){ ferry_wants_ask, p.wants,
		{ ferry_pull_cache_on_use, ferry_pull_cache_on_count,
		    p.cache } };
	ferry_wants_tell(p.wants, &told.uses);
	if (lock_puller(&p, err) == -1 || introduce_when_free(&p, err) == -1 ||
	    ferry_pull_socket_open(&p.socket, p.path, &told, err) == -1)
		goto out;
	ferry_wants_answer(p.wants, p.socket);
	if (options->on_ready != NULL)
		options->on_ready(options->ctx, p.path);
	serve(&p);
	note_rest(&p);
	rc = 0;
out:
	/* Stopped while waiting is an end like any other. */
	if (rc == -1 && options->stopped())
		rc = 0;
	ferry_pull_socket_close(p.socket);
	ferry_wants_free(p.wants);
	ferry_pull_cache_free(p.cache);
	if (p.lock != -1)
		(void)close(p.lock);
	return rc;
}
