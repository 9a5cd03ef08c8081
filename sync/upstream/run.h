#ifndef FERRY_SYNC_UPSTREAM_RUN_H
#define FERRY_SYNC_UPSTREAM_RUN_H

/*
 * One run of `ferry sync`: what every upstream shares, whatever its format.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "sync/fetch/fetch.h"
#include "sync/upstream/upstream.h"

struct ferry_blob_writer;
struct ferry_operator;
struct ferry_task;

/* Called whenever transfers have moved: for what callbacks only put into a
 * queue.  0, or -1 to end the run. */
typedef int ferry_run_tick(void *ctx, struct ferry_error *err);
struct ferry_run_ticker {
	ferry_run_tick *on_tick;
	void *ctx;
};

/*
 * Invariants:
 *  1. upstreams do not move once they are configured: transfers borrow them.
 *  2. fatal is the first reason to stop, and stays.
 *  3. files <= files_total.
 */
struct ferry_run {
	const struct ferry_task *task; /* who started it; its store is st */
	struct ferry_store *st;
	struct ferry_fetch *fetch;
	const struct ferry_upstream_kind *const *kinds; /* up to a NULL */
	struct ferry_upstream *upstreams;
	size_t upstreams_n;
	struct ferry_operator *op; /* the operator's file, or NULL */
	bool dry_run;
	/* Of a puller (sync/pull): what the configuration wants is left alone,
	 * and documents that were checked lately are not asked for. */
	bool pulls;

	struct ferry_run_ticker *tickers;
	size_t tickers_n, tickers_cap;

	uint64_t committed_ms;
	uint64_t files, files_total; /* for progress */
	uint64_t files_bytes;
	uint64_t packages; /* looked at */
	uint64_t added; /* versions that are new */
	uint64_t present; /* versions that were here */
	uint64_t withdrawn; /* here, and upstream lists them no more */
	uint64_t removed; /* left alone, as the operator removed them */
	/* A check's: one text for each upstream that is wrong.  NULL: the first
	 * mistake ends the reading. */
	json_t *mistakes;
	json_t *failures; /* {"item","code","text"} */
	json_t *skipped; /* what cannot be mirrored, same shape */
	json_t *taken_away; /* by upstream since the last run, same shape */
	json_t *unknown; /* permissions that could not be read, same shape */
	json_t *plan; /* dry run: {"item","size"} (or "unpacked", "note") */
	const char *plan_lacks; /* what it does not count; NULL: nothing */
	uint64_t incidents;
	/* For a puller: as on_grow of pull.h, of a file of a version. */
	void (*on_grow)(void *ctx, const struct ferry_upstream *up,
	    const char *package, const char *version, const char *file,
	    bool is_main, const struct ferry_blob_writer *writer);
	void *on_grow_ctx;
	uint64_t settled; /* counts what came to an end, for who waits */
	bool broken; /* of an upstream nothing can be had in this run */
	/* What is wanted, is here, and was withdrawn: what it needs is not known
	 * to this run.  The first of them; "": there is none. */
	char withheld[300];
	struct ferry_error fatal; /* the store failed: stop */
};

/* From a kind's sync on: call on_tick until the run's end. */
int ferry_run_on_tick(struct ferry_run *run, ferry_run_tick *on_tick, void *ctx,
    struct ferry_error *err);

/*
 * The same in steps, for who adds wants meanwhile: _begin each upstream; _turn
 * until no transfer is left, commit, and do what waited for that (1: there will
 * be more, 0); _end.
 */
int ferry_run_begin(struct ferry_run *run, struct ferry_error *err);
int ferry_run_turn(struct ferry_run *run, struct ferry_error *err);
int ferry_run_end(struct ferry_run *run, struct ferry_error *err);
/* Run every upstream to its end.  -1 only when the store or the user stops
 * it: what failed upstream is in run->failures. */
int ferry_run_work(struct ferry_run *run, struct ferry_error *err);

/* The store failed, or memory: the run ends at its next tick. */
void ferry_run_fatal(struct ferry_run *run, const struct ferry_error *why);
/* Note what went wrong with one item, and go on. */
void ferry_run_fail(
    struct ferry_run *run, const char *item, const struct ferry_error *why);
/* Note what cannot be mirrored; not a failure. */
void ferry_run_skip(struct ferry_run *run, const char *item, const char *text);
/* Note what upstream lists no more; not a failure. */
void
ferry_run_taken_away(struct ferry_run *run, const char *item, const char *text);
/* A mistake of the operator's file: a failure.  run is a struct ferry_run. */
void ferry_run_mistake(void *run, const struct ferry_error *mistake);
/* Note what of the permissions could not be read, and what follows. */
void
ferry_run_unknown(struct ferry_run *run, const char *item, const char *text);

#endif
