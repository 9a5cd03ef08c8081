#ifndef FERRY_SYNC_UPSTREAM_UPSTREAM_H
#define FERRY_SYNC_UPSTREAM_UPSTREAM_H

/* The upstreams of the configuration, and what a format brings to them. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/error.h"
#include "store/format/licence.h"
#include "store/pull/message.h"
#include "sync/fetch/fetch.h"

struct ferry_conf_group;
struct ferry_package_format;
struct ferry_run;
struct ferry_upstream;

/* What became of something that a puller wants. */
enum ferry_pull_state {
	FERRY_PULL_WAITS, /* it is under way */
	FERRY_PULL_HERE, /* to be seen with the next commit */
	FERRY_PULL_LACKS /* out->why says why */
};
struct ferry_pull_end {
	struct ferry_error why;
	int64_t checked_at; /* of a document: seconds since the epoch */
};

/*
 * What a format brings: a folder in sync/upstream and a row in sync/kinds.c.
 *
 * configure reads the format's own options from up->group.
 * sync adds the first requests; the rest happens in their callbacks while
 * ferry_run_work() runs.  after is called when no transfer is left, and may
 * add more (returning 1) or be done (0).
 *
 * A kind may delegate to others (GitHub Packages speak the protocols of several
 * formats): it owns upstreams of theirs, made with ferry_upstream_delegate(),
 * passes sync and after on to them and says what it wants of them.
 */
enum ferry_want { FERRY_WANT, FERRY_WANT_IF_THERE /* else it is skipped */ };
/* What a delegator's list says of a package besides its name; borrowed. */
struct ferry_want_about {
	const char *called; /* its name as the list has it */
	const char *repository; /* "OWNER/REPO" that it is linked to, or NULL */
};
struct ferry_upstream_kind {
	const char *format;
	const char *const *delegates; /* to formats, up to a NULL; or NULL */
	/* Of the engine in package/, whose functions the others are; or NULL. */
	const struct ferry_package_format *package;
	int (*configure)(struct ferry_upstream *up, struct ferry_error *err);
	int (*sync)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	int (*after)(struct ferry_run *run, struct ferry_upstream *up,
	    struct ferry_error *err);
	/* For a delegator, from its after on: every version of a package. */
	int (*want)(struct ferry_run *run, struct ferry_upstream *up,
	    const char *name, const struct ferry_want_about *about,
	    enum ferry_want how, struct ferry_error *err);
	/*
	 * For a puller: want one thing, besides what it needs, and say what
	 * became of it.  What came to an end is begun anew when it is wanted
	 * again.  NULL: the kind cannot.
	 */
	int (*pull)(struct ferry_run *run, struct ferry_upstream *up,
	    const struct ferry_pull_want *want, struct ferry_error *err);
	enum ferry_pull_state (*pulled)(struct ferry_upstream *up,
	    const struct ferry_pull_want *want, struct ferry_pull_end *out);
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
	struct ferry_reach *reach; /* owned; origins borrow it */
	uint64_t document_max; /* bytes of what is kept in memory */
	bool without_digests; /* files that nobody declares a digest of come */
	char *token; /* owned; origin borrows it */
	char **protect; /* owned: name patterns bound to it */
	size_t protect_n, protect_cap;
	int64_t keep_s; /* what nothing wants any more, so long; 0: for ever */
	int64_t recheck_s; /* of documents that can bring nothing */
	bool wanted; /* synced in this run */
	bool pull; /* what is asked for is pulled: sync/pull */
	uint64_t max_age; /* seconds until a document is asked for again */
	int64_t
	    min_age; /* seconds that a version must have been out; 0: none */
	struct ferry_licences licences; /* that may come */
	/* Names that may be pulled (none: all), and those of them that may not. */
	const char *pull_allow[64], *pull_deny[64];
	size_t pull_allow_n, pull_deny_n;
	uint64_t bytes; /* that came from it; whoever looks starts it anew */
	void *state; /* of the kind */
	json_t *said; /* what its record has besides format and url */

	/* Of a delegate: for whom it works, and what that knows.  name, group
	 * and token are the delegator's or parts of it. */
	struct ferry_upstream *delegator;
	const char *host; /* by which clients know it */
	const char *user; /* for a registry that wants one beside the token */
};

/*
 * Read the upstreams of the configuration.  names, if any, are the wanted
 * ones.  With run->mistakes the mistakes of each are noted there.
 * Errors: FERRY_ECONFIG, FERRY_EUSAGE (no such upstream).
 */
int ferry_upstreams_read(struct ferry_run *run, struct ferry_conf_group *root,
    char **names, int names_n, struct ferry_error *err);
void ferry_upstreams_free(struct ferry_run *run);
/* Open the operator's file, if the configuration names one (option access),
 * and check that the upstreams it names are there.  Freed with the upstreams. */
int ferry_run_operator(struct ferry_run *run, struct ferry_conf_group *root,
    struct ferry_error *err);

/* For a kind's configure.  The option user, borrowed; or NULL. */
int ferry_upstream_user(const struct ferry_upstream *up, const char **user,
    struct ferry_error *err);
/* The same, which logs in by Basic with the token as its password.  Without one
 * the origin is as it was. */
int ferry_upstream_login(struct ferry_upstream *up, struct ferry_error *err);
/* Log in by Basic instead of with the token; both are borrowed, password may be
 * NULL. */
void ferry_upstream_basic(
    struct ferry_upstream *up, const char *user, const char *password);

/*
 * Make *out an upstream of format, at url, for its delegator `by`: same name, same
 * credentials.  Its options are the group called group below the delegator's.
 * host and user (or NULL) are borrowed.  Errors: FERRY_ECONFIG, FERRY_ENOMEM.
 */
int ferry_upstream_delegate(struct ferry_upstream *out,
    struct ferry_upstream *by, const char *format, const char *group,
    const char *url, const char *host, const char *user,
    struct ferry_error *err);
void ferry_upstream_delegate_free(struct ferry_upstream *delegate);

/* Bind names to up: a name, or with a '*' at its end the beginning of names. */
int ferry_upstream_protect(
    struct ferry_upstream *up, const char *pattern, struct ferry_error *err);
/* The upstream that the package called name, of up's format, is bound to: up
 * or its delegator if to that as well; NULL if to none. */
const struct ferry_upstream *ferry_upstream_holder(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name);
/*
 * Whether up may supply the package called name: no other upstream has it
 * under protection.  Returns 0, or -1 with err (FERRY_EDENIED) naming it.
 */
int ferry_upstream_may(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name, struct ferry_error *err);

/*
 * Whether a puller may ask up for the package called name: it may supply it, and
 * `pull_allow` and `pull_deny` let it.  Returns and errors: as _may.
 */
int ferry_upstream_may_pull(const struct ferry_run *run,
    const struct ferry_upstream *up, const char *name, struct ferry_error *err);

/*
 * Record where the packages of up come from: "format" and "url", and the
 * members of more (NULL: none), added to what was said in this run.  Of a
 * delegate they are its delegator's.  Nothing in a dry run.
 */
int ferry_upstream_put(struct ferry_run *run, struct ferry_upstream *up,
    json_t *more, struct ferry_error *err);

#endif
