#ifndef FERRY_UPSTREAM_RUN_H
#define FERRY_UPSTREAM_RUN_H

/*
 * One run of `ferry sync`: what every upstream shares, whatever its format.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "sync/fetch/fetch.h"

struct ferry_conf_group;
struct ferry_progress;
struct ferry_run;
struct ferry_upstream;

/*
 * What a format brings: one file in sync/upstream and a row in upstream.c.
 *
 * configure reads the format's own options from up->group.
 * sync adds the first requests; the rest happens in their callbacks while
 * ferry_run_work() runs.  after is called when no transfer is left, and may
 * add more (returning 1) or be done (0).
 */
struct ferry_upstream_kind {
	const char *format;
	int (*configure)(struct ferry_upstream *up, struct ferry_error *err);
	int (*sync)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	int (*after)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	void (*free)(struct ferry_upstream *up);
};

/* One upstream of the configuration. */
struct ferry_upstream {
	const struct ferry_upstream_kind *kind;
	struct ferry_conf_group *group;
	const char *name;
	const char *url; /* without a slash at its end */
	struct ferry_fetch_origin origin;
	struct ferry_fetch_origin elsewhere; /* other hosts: no credentials */
	char *token; /* owned; origin borrows it */
	const char **protect; /* name patterns bound to it */
	size_t protect_n;
	bool wanted; /* synced in this run */
	void *state; /* of the kind */
};

struct ferry_run {
	struct ferry_store *st;
	struct ferry_fetch *fetch;
	struct ferry_progress *progress;
	struct ferry_upstream *upstreams;
	size_t upstreams_n;
	bool dry_run;

	uint64_t committed_ms;
	uint64_t files, files_total; /* for progress */
	uint64_t files_bytes;
	uint64_t packages; /* looked at */
	uint64_t added; /* versions that are new */
	uint64_t present; /* versions that were here */
	json_t *failures; /* {"item","code","text"} */
	json_t *skipped; /* what cannot be mirrored, same shape */
	json_t *plan; /* dry run: {"item","url","size"} */
	uint64_t incidents;
	struct ferry_error fatal; /* the store failed: stop */
};

/*
 * Read the upstreams of the configuration.  names, if any, are the wanted
 * ones.  Errors: FERRY_ECONFIG, FERRY_EUSAGE (no such upstream).
 */
int ferry_upstreams_read(struct ferry_run *run, struct ferry_conf_group *root,
    char **names, int names_n, struct ferry_error *err);
void ferry_upstreams_free(struct ferry_run *run);

/*
 * Whether up may supply the package called name: no other upstream has it
 * under protection.  Returns 0, or -1 with err (FERRY_EDENIED) naming it.
 */
int ferry_upstream_may(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name, struct ferry_error *err);

/* Run every upstream to its end.  -1 only when the store or the user stops
 * it: what failed upstream is in run->failures. */
int ferry_run_work(struct ferry_run *run, struct ferry_error *err);

/* Note what went wrong with one item, and go on. */
void ferry_run_fail(
    struct ferry_run *run, const char *item, const struct ferry_error *why);
/* Note what cannot be mirrored; not a failure. */
void ferry_run_skip(struct ferry_run *run, const char *item, const char *text);
/*
 * Changed bytes under a known name: record (until the versions agree again)
 * and fail.  key is the version's.
 */
void ferry_run_incident(struct ferry_run *run, const struct ferry_key *key,
    const char *item, const char *text);

/*
 * Pull one URL into a blob.
 *
 * A document is asked for conditionally with the validators of the last time,
 * handed over whole for a look before it is stored, and kept in the index; a
 * file is checked against want and streamed.
 */
struct ferry_pulled {
	struct ferry_error error; /* FERRY_OK, or why not */
	bool not_modified; /* documents: as last time */
	struct ferry_bytes view; /* documents: the bytes, during the call */
	struct ferry_digest sha256, sha1, sha512; /* n = 0 if not computed */
	uint64_t size;
};
struct ferry_pull {
	struct ferry_upstream *up;
	const char *url;
	const char *accept;
	enum ferry_blob_kind kind;
	struct ferry_digest want[6]; /* all must match */
	size_t want_n;
	uint64_t max_size;
	void *ctx;
	/* Documents: -1 refuses the bytes, which are then fetched once more. */
	int (*on_check)(
	    void *ctx, struct ferry_bytes view, struct ferry_error *err);
	void (*on_done)(void *ctx, const struct ferry_pulled *pulled);
	void (*on_drop)(void *ctx); /* instead of on_done; may be NULL */
};
/* on_done is called once from ferry_run_work(), or on_drop when that ends
 * early. */
int ferry_run_pull(struct ferry_run *run, const struct ferry_pull *pull,
    struct ferry_error *err);

#endif
