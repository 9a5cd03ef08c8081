#ifndef FERRY_SYNC_PULL_PULLER_H
#define FERRY_SYNC_PULL_PULLER_H

/* The service `ferry pull` (README.md). */

#include <stdbool.h>

struct ferry_conf;
struct ferry_error;
struct ferry_upstream_kind;

/* All is borrowed until ferry_puller_run() returns. */
struct ferry_puller_options {
	const char *store;
	/* Read anew whenever the store is opened; NULL: conf, as it is. */
	const char *config_path;
	struct ferry_conf *conf;
	const struct ferry_upstream_kind *const *kinds;
	bool (*stopped)(void);
	/* Clients are answered from now on; path is the socket's. */
	void (*on_ready)(void *ctx, const char *path);
	void *ctx;
};

/*
 * Pull what is asked for until it is stopped.
 * Returns: 0, stopped; -1.
 * Errors: FERRY_ECONFIG (also if no upstream is to be pulled through),
 *     FERRY_ELOCKED (another puller runs), of the store and the socket at the
 *     start.  Later ones are logged.
 */
int ferry_puller_run(
    const struct ferry_puller_options *options, struct ferry_error *err);

/* Whether the group pull is right.  Errors: FERRY_ECONFIG. */
int ferry_puller_check(struct ferry_conf *conf, struct ferry_error *err);

#endif
