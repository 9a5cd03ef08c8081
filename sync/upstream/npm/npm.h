#ifndef FERRY_SYNC_UPSTREAM_NPM_NPM_H
#define FERRY_SYNC_UPSTREAM_NPM_NPM_H

/* What the files of the npm upstream share: the state of one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_conf_group;
struct ferry_error;
struct ferry_packages;

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

/* packages->state */
struct npm {
	bool optional, peers; /* dependencies of explicit wants */
	bool bundled; /* also those that travel inside a tarball */
	bool node_gyp; /* that yarn 2 and later adds */
	const char *os[16], *cpu[16], *libc[8];
	size_t os_n, cpu_n, libc_n;
	enum npm_signatures signatures;
	struct npm_key *keys;
	size_t keys_n, keys_cap;
};

/* conf.c: the format's options.  Makes packages->state. */
int ferry_npm_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err);

#endif
