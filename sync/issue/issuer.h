#ifndef FERRY_SYNC_ISSUE_ISSUER_H
#define FERRY_SYNC_ISSUE_ISSUER_H

/*
 * The issuer: a service beside ferryd that looks at passwords and writes tokens
 * (README.md).
 */

#include <stdbool.h>

struct ferry_conf;
struct ferry_error;

struct ferry_issuer_options {
	const char *store;
	struct ferry_conf *conf;
	bool (*stopped)(void);
	/* Once, when it may be asked: where, and whose passwords it knows. */
	void (*on_ready)(void *ctx, const char *path, const char *accounts);
	void *ctx;
};

/* Until stopped.  Errors: FERRY_ECONFIG, FERRY_ELOCKED (another one runs),
 * FERRY_ESYSTEM. */
int ferry_issuer_run(
    const struct ferry_issuer_options *options, struct ferry_error *err);
/* Whether the group "issue" is right, if there is one. */
int ferry_issuer_check(struct ferry_conf *conf, struct ferry_error *err);

#endif
