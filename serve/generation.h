#ifndef FERRY_SERVE_GENERATION_H
#define FERRY_SERVE_GENERATION_H

/*
 * What lives as long as the process, and what as long as one reading of the
 * configuration: a reload makes the next generation beside the old one, on the
 * same socket, and the old one ends when its requests are done.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/http/metrics.h"
#include "serve/http/server.h"
#include "serve/options.h"
#include "serve/web/web.h"
#include "store/base/bytes.h"

struct ferry_asker;
struct ferry_issuing;
struct ferry_error;
struct ferry_lines;
struct ferry_replayer;
struct ferry_sandbox;
struct ferry_store_view;
struct ferry_wished;

struct ferry_daemon {
	struct ferry_serve_args args;
	struct ferry_store_view *view;
	struct ferry_issuing *issuing;
	struct ferry_asker *asker;
	struct ferry_replayer *replayer;
	struct ferry_sandbox *sandbox;
	struct ferry_metrics metrics;
	struct ferry_lines *log; /* NULL: none */
	struct ferry_lines *audit; /* NULL: none */
	struct ferry_lines *asked; /* NULL: none */
	struct ferry_wished *wished; /* NULL where asked is */
	int listen_fd;
	char *listen; /* the address of listen_fd, as it was given, or passed */
	unsigned port;
	uint64_t started_ms;
	uint64_t trimmed_at;
	atomic_bool stopping;
	struct ferry_generation *current;
	struct ferry_generation *old; /* draining */
};

struct ferry_generation {
	struct ferry_generation *next;
	struct ferry_daemon *daemon;
	struct ferry_serve_options *options;
	struct ferry_buf certificate, key;
	struct ferry_server_options http;
	struct ferry_web web;
	struct ferry_server *server;
	uint64_t drain_until_ms;
	bool hurried; /* does not wait for connections that ask nothing */
};

/* Read the configuration; nothing is served yet.  Errors: as of
 * ferry_serve_options_read(), of certificates. */
int ferry_generation_new(struct ferry_generation **out,
    struct ferry_daemon *daemon, struct ferry_error *err);
/* Serve by it.  Errors: as of ferry_server_start(). */
int ferry_generation_start(
    struct ferry_generation *generation, struct ferry_error *err);
/* Accept nothing more. */
void ferry_generation_drain(struct ferry_generation *generation);
/* Of one that drains: whether nothing is under way any more. */
bool ferry_generation_done(const struct ferry_generation *generation);
/* Stop it at once; NULL is fine. */
void ferry_generation_free(struct ferry_generation *generation);

#endif
