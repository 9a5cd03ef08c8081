#ifndef FERRY_SYNC_UPSTREAM_PULL_H
#define FERRY_SYNC_UPSTREAM_PULL_H

/* One URL into a blob. */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/blob/blob.h"

struct ferry_fetch_result;
struct ferry_run;
struct ferry_upstream;

/*
 * A document is asked for conditionally with the validators of the last time,
 * handed over whole for a look before it is stored, and kept in the index; a
 * file is checked against want and streamed.
 */
struct ferry_pulled {
	struct ferry_error error; /* FERRY_OK, or why not */
	bool not_modified; /* documents: as last time */
	struct ferry_bytes view; /* documents: the bytes, during the call */
	struct ferry_digest sha256;
	struct ferry_digest digests[FERRY_ALGS]; /* n = 0 if not asked for */
	uint64_t size;
	int64_t modified; /* last, as upstream says; seconds, 0: not told */
	const struct ferry_fetch_result *answer; /* during the call */
};
enum ferry_pull_login {
	FERRY_PULL_AS_CONFIGURED, /* on up's own host; else anonymously */
	FERRY_PULL_ANONYMOUSLY
};
#define FERRY_PULL_WANT_MAX 12
struct ferry_pull {
	struct ferry_upstream *up;
	const char *url;
	const char *accept;
	const char *scope; /* for the gate of up->origin, or NULL */
	enum ferry_pull_login login;
	enum ferry_blob_kind kind;
	unsigned algs; /* files: FERRY_ALG()s to compute beside SHA-256 */
	/*
	 * What upstream declares, and from want[second] on what a lock file
	 * does: of each one's strongest algorithm one must match, as clients
	 * want it; weaker ones that do not are noted.  A document that has any
	 * needs no validators.
	 */
	struct ferry_digest want[FERRY_PULL_WANT_MAX];
	size_t want_n, second; /* second 0: upstream's all */
	uint64_t max_size;
	void *ctx;
	/* Documents: -1 refuses the bytes, which are then fetched once more. */
	int (*on_check)(
	    void *ctx, struct ferry_bytes view, struct ferry_error *err);
	void (*on_done)(void *ctx, const struct ferry_pulled *pulled);
	/* More of a file was written; NULL: what came so far was for nothing.
	 * May be NULL. */
	void (*on_grow)(void *ctx, const struct ferry_blob_writer *writer);
	void (*on_drop)(void *ctx); /* instead of on_done; may be NULL */
};
/* on_done is called once from ferry_run_work(), or on_drop when that ends
 * early. */
int ferry_run_pull(struct ferry_run *run, const struct ferry_pull *pull,
    struct ferry_error *err);

#endif
