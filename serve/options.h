#ifndef FERRY_SERVE_OPTIONS_H
#define FERRY_SERVE_OPTIONS_H

/* The command line of ferryd, and the group "serve" of the configuration. */

#include <stdbool.h>
#include <stdint.h>

#include "serve/http/net.h"
#include "serve/replay/site.h"
#include "store/access/access.h"
#include "store/base/unix_socket.h"
#include "store/issue/message.h"
#include "store/pull/message.h"

struct ferry_conf;
struct ferry_error;

/* As given on the command line; NULL or false where not. */
struct ferry_serve_args {
	const char *config;
	const char *store;
	const char *listen;
	const char *port_file;
	bool public;
	bool allow_root;
	bool check;
	bool check_sandbox;
};

/* What counts: the command line over the file over the defaults.  Strings
 * live as long as this. */
struct ferry_serve_options {
	struct ferry_conf *conf;
	const char *store;
	char pull[FERRY_UNIX_PATH]; /* the puller's socket */
	char issue[FERRY_UNIX_PATH]; /* the issuer's */
	const char *listen;
	bool public;
	bool allow_root;
	struct ferry_site site;
	char *public_url; /* owned */
	uint64_t threads;
	uint64_t connections;
	uint64_t connections_per_ip;
	uint64_t timeout_s;
	uint64_t head_s;
	uint64_t drain_s;
	bool known; /* versions that are known and not held are shown */
	uint64_t cache_bytes;
	uint64_t search_bytes;
	const char *certificate; /* a path, or NULL */
	const char *key;
	const char *tls_priorities;
	const char *access_log; /* NULL: none */
	const char *audit_log; /* NULL: none */
	const char *asked_log; /* NULL: none */
	struct ferry_access_policy access;
	struct ferry_networks proxies;
};

enum ferry_args { FERRY_ARGS_RUN, FERRY_ARGS_DONE };
/*
 * Returns: FERRY_ARGS_RUN, or FERRY_ARGS_DONE after --help or --version; -1
 *     with FERRY_EUSAGE.
 */
int ferry_serve_args(struct ferry_serve_args *out, int argc, char **argv,
    struct ferry_error *err);

/* Errors: FERRY_ECONFIG, FERRY_ESYSTEM. */
int ferry_serve_options_read(struct ferry_serve_options **out,
    const struct ferry_serve_args *args, struct ferry_error *err);
/* NULL is fine. */
void ferry_serve_options_free(struct ferry_serve_options *options);

#endif
