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
struct ferry_operator;
struct ferry_task;
struct ferry_upstream_kind;
struct ferry_run;
struct ferry_upstream;

/*
 * What a format brings: one file in sync/upstream and a row in upstream.c.
 *
 * configure reads the format's own options from up->group.
 * sync adds the first requests; the rest happens in their callbacks while
 * ferry_run_work() runs.  after is called when no transfer is left, and may
 * add more (returning 1) or be done (0).
 *
 * A kind may drive others (GitHub Packages speak npm and OCI): it owns upstreams
 * of theirs, made with ferry_upstream_delegate(), passes sync and after on to them
 * and says what it wants of them.
 */
enum ferry_want { FERRY_WANT, FERRY_WANT_IF_THERE /* else it is skipped */ };
struct ferry_upstream_kind {
	const char *format;
	const char *const *drives; /* formats, up to a NULL; or NULL */
	int (*configure)(struct ferry_upstream *up, struct ferry_error *err);
	int (*sync)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	int (*after)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	/* For a driver, from its after on: every version of a package. */
	int (*want)(struct ferry_run *run, struct ferry_upstream *up,
	    const char *name, enum ferry_want how, struct ferry_error *err);
	void (*free)(struct ferry_upstream *up);
};

/* One upstream of the configuration. */
struct ferry_upstream {
	const struct ferry_upstream_kind *const *kinds; /* all of them */
	const struct ferry_upstream_kind *kind;
	struct ferry_conf_group *group;
	const char *name;
	const char *url; /* without a slash at its end */
	/* Of all its packages; NULL where they have each their own. */
	const char *visibility;
	struct ferry_fetch_origin origin;
	struct ferry_fetch_origin elsewhere; /* other hosts: no credentials */
	char *token; /* owned; origin borrows it */
	char **protect; /* owned: name patterns bound to it */
	size_t protect_n, protect_cap;
	bool wanted; /* synced in this run */
	void *state; /* of the kind */
	json_t *said; /* what its record has besides format and url */

	/* Of one that is driven: by whom, and what its driver knows.  name, group
	 * and token are the driver's or parts of it. */
	struct ferry_upstream *driver;
	const char *host; /* by which clients know it */
	const char *user; /* for a registry that wants one beside the token */
};

struct ferry_run {
	const struct ferry_task *task; /* who started it; its store is st */
	struct ferry_store *st;
	struct ferry_fetch *fetch;
	const struct ferry_upstream_kind *const *kinds; /* up to a NULL */
	struct ferry_upstream *upstreams;
	size_t upstreams_n;
	struct ferry_operator *op; /* the operator's file, or NULL */
	bool dry_run;

	uint64_t committed_ms;
	uint64_t files, files_total; /* for progress */
	uint64_t files_bytes;
	uint64_t packages; /* looked at */
	uint64_t added; /* versions that are new */
	uint64_t present; /* versions that were here */
	uint64_t removed; /* left alone, as the operator removed them */
	json_t *failures; /* {"item","code","text"} */
	json_t *skipped; /* what cannot be mirrored, same shape */
	json_t *unknown; /* permissions that could not be read, same shape */
	json_t *plan; /* dry run: {"item","size"} (or "unpacked", "note") */
	const char *plan_lacks; /* what it does not count; NULL: nothing */
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
/* Open the operator's file, if the configuration names one (option access),
 * and check that the upstreams it names are there.  Freed with the upstreams. */
int ferry_run_operator(struct ferry_run *run, struct ferry_conf_group *root,
    struct ferry_error *err);

/*
 * Make *out an upstream of format, at url, for its driver `by`: same name, same
 * credentials.  Its options are the group called group below the driver's.
 * host and user (or NULL) are borrowed.  Errors: FERRY_ECONFIG, FERRY_ENOMEM.
 */
int ferry_upstream_delegate(struct ferry_upstream *out,
    struct ferry_upstream *by, const char *format, const char *group,
    const char *url, const char *host, const char *user,
    struct ferry_error *err);
void ferry_upstream_delegate_free(struct ferry_upstream *driven);

/* Bind names to up: a name, or with a '*' at its end the beginning of names. */
int ferry_upstream_protect(
    struct ferry_upstream *up, const char *pattern, struct ferry_error *err);
/*
 * Whether up may supply the package called name: no other upstream has it
 * under protection.  Returns 0, or -1 with err (FERRY_EDENIED) naming it.
 */
int ferry_upstream_may(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name, struct ferry_error *err);

/*
 * Record where the packages of up come from: "format" and "url", and the
 * members of more (NULL: none), added to what was said in this run.  Of one that
 * is driven they are its driver's.  Nothing in a dry run.
 */
int ferry_upstream_put(struct ferry_run *run, struct ferry_upstream *up,
    json_t *more, struct ferry_error *err);

/* Run every upstream to its end.  -1 only when the store or the user stops
 * it: what failed upstream is in run->failures. */
int ferry_run_work(struct ferry_run *run, struct ferry_error *err);

/* Note what went wrong with one item, and go on. */
void ferry_run_fail(
    struct ferry_run *run, const char *item, const struct ferry_error *why);
/* Note what cannot be mirrored; not a failure. */
void ferry_run_skip(struct ferry_run *run, const char *item, const char *text);
/* A mistake of the operator's file: a failure.  run is a struct ferry_run. */
void ferry_run_mistake(void *run, const struct ferry_error *mistake);
/* Note what of the permissions could not be read, and what follows. */
void
ferry_run_unknown(struct ferry_run *run, const char *item, const char *text);
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
	const struct ferry_fetch_result *answer; /* during the call */
};
enum ferry_pull_login {
	FERRY_PULL_AS_CONFIGURED, /* on up's own host; else anonymously */
	FERRY_PULL_ANONYMOUSLY
};
struct ferry_pull {
	struct ferry_upstream *up;
	const char *url;
	const char *accept;
	const char *scope; /* for the gate of up->origin, or NULL */
	enum ferry_pull_login login;
	enum ferry_blob_kind kind;
	/* All must match; a document that has any needs no validators. */
	struct ferry_digest want[6];
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

/*
 * Ask for something small that is not kept: a list, a token, a header.  The
 * answer's body is handed over whole; that of anything but a 200, and of head,
 * is empty.
 */
struct ferry_ask {
	struct ferry_fetch_origin *origin;
	const char *url;
	const char *accept;
	const char *scope; /* for origin's gate, or NULL */
	enum { FERRY_ASK_GET, FERRY_ASK_HEAD } method;
	uint64_t max_size;
	void *ctx;
	void (*on_done)(void *ctx, const struct ferry_fetch_result *result,
	    struct ferry_bytes body);
	void (*on_drop)(void *ctx); /* instead of on_done; may be NULL */
};
int ferry_run_ask(struct ferry_run *run, const struct ferry_ask *ask,
    struct ferry_error *err);
/*
 * The next page that the answer to url names by its Link header: 1 and *out
 * (absolute, of base's host; the caller frees), 0 if there is none, -1.
 */
int ferry_answer_next(const struct ferry_fetch_result *result, const char *base,
    const char *url, char **out, struct ferry_error *err);
/* The media type of an answer without its parameters, in lower case; "" if it
 * has none or a longer one. */
#define FERRY_MEDIA_TYPE_MAX 128
const char *ferry_answer_type(
    const struct ferry_fetch_result *result, char buf[FERRY_MEDIA_TYPE_MAX]);

#endif
