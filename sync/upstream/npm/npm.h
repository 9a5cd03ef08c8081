#ifndef FERRY_SYNC_UPSTREAM_NPM_NPM_H
#define FERRY_SYNC_UPSTREAM_NPM_NPM_H

/*
 * What the files of the npm upstream share: npm.c (packages and the flow),
 * npm_pick.c (which versions of a package), npm_version.c (one version),
 * npm_keys.c (signatures), npm_doc.c (reading packuments), npm_conf.c (the
 * configuration).
 */

#include "sync/upstream/npm/packument.h"
#include "sync/upstream/pull.h"
#include "sync/upstream/run.h"

/* What is wanted of one package, and by whom. */
enum npm_want_kind {
	NPM_WANT_PICK, /* what npm install NAME@SPEC would choose */
	NPM_WANT_EXACT, /* this version (lock files) */
	NPM_WANT_RANGE /* every version of a range, or its newest ones */
};
struct npm_want {
	enum npm_want_kind kind;
	char *spec; /* range, tag or version */
	char *integrity; /* what a lock file says, or NULL */
	char *by; /* for messages */
	uint64_t latest; /* RANGE: only so many; 0: all */
	bool prereleases; /* RANGE: those a range does not name, too */
	bool closure; /* and its dependencies */
	bool optional; /* not to be had is no failure */
	bool done;
};

/* A version that was dealt with in this run. */
struct npm_chosen {
	char *version;
	bool needed; /* by something that is not optional */
	bool lacking; /* upstream lacks it, which was no failure */
};

struct npm_package {
	struct npm_package *next; /* in its bucket */
	struct npm *npm;
	char *name;
	struct npm_want *wants;
	size_t wants_n, wants_cap;
	struct npm_chosen *chosen;
	size_t chosen_n, chosen_cap;
	struct ferry_digest document; /* n == 0 before it arrived */
	uint64_t document_size;
	bool asked, waiting; /* waiting: in npm->again */
	bool failed, reported; /* reported: as a failure, not as skipped */
	struct ferry_error why; /* it failed */
};

enum npm_signatures {
	NPM_SIGNATURES_OFF,
	NPM_SIGNATURES_AUTO,
	NPM_SIGNATURES_REQUIRED
};

struct npm_key {
	char *id;
	void *pkey; /* EVP_PKEY */
	int64_t expires; /* 0: never */
};

struct npm {
	struct ferry_run *run;
	struct ferry_upstream *up;
	bool dependencies, optional, peers; /* of explicit wants; locks: no */
	const char *os[16], *cpu[16], *libc[8];
	size_t os_n, cpu_n, libc_n;
	enum npm_signatures signatures;
	bool keys_known; /* the upstream publishes keys */
	struct npm_key *keys;
	size_t keys_n, keys_cap;
	struct npm_package *buckets[4096];
	struct npm_package **again; /* have a document and new wants */
	size_t again_n, again_cap;
};

/* npm.c: want more of name; duplicates are dropped.  Copies everything. */
int npm_want(struct npm *npm, const char *name, const struct npm_want *want,
    struct ferry_error *err);
/* npm.c: the same of an entry of the lock file called by. */
struct ferry_lock_wanted;
int npm_want_locked(struct npm *npm, const struct ferry_lock_wanted *entry,
    const char *by, struct ferry_error *err);
/* npm_version.c: "npm:NAME" or "npm:NAME@VERSION". */
void npm_item(char *buf, size_t size, const char *name, const char *version);
/* npm_version.c: a version was chosen: fetch it unless it is here. */
int npm_choose(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, const struct ferry_npm_version *version,
    struct ferry_error *err);

/* npm_pick.c: deal with p's new wants. */
int npm_pick(struct npm_package *p, const struct ferry_npm_doc *doc,
    struct ferry_error *err);
/* npm_pick.c: want what a version depends on.  What something optional needs
 * is optional: npm leaves it all out if a part cannot be had. */
int npm_depend(struct npm_package *p, const struct ferry_npm_version *version,
    bool optional, struct ferry_error *err);

/* npm_shrinkwrap.c: want what the tarball's own npm-shrinkwrap.json pins.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT: of this version only. */
int npm_shrinkwrap(struct npm_package *p, const char *version,
    const struct ferry_digest *sha256, struct ferry_error *err);

/* npm_conf.c: the format's options; then what is wanted, only checked or
 * passed to npm_want(). */
enum npm_wants_mode { NPM_WANTS_CHECK, NPM_WANTS_ADD };
int npm_configure(struct npm *npm, struct ferry_error *err);
int npm_wants_read(
    struct npm *npm, enum npm_wants_mode mode, struct ferry_error *err);

/* npm_keys.c */
int npm_keys_ask(struct npm *npm, struct ferry_error *err);
void npm_keys_free(struct npm *npm);
/*
 * Check the registry's signatures of a version.  Returns: 1 verified, 0 none
 * or of unknown keys (*word says which), -1 wrong (FERRY_ESIGNATURE).
 * Source: npm.md section 7.
 */
int npm_keys_check(struct npm *npm, const char *name, const char *version,
    const struct ferry_npm_dist *dist, const struct ferry_npm_doc *doc,
    const char **word, struct ferry_error *err);

#endif
