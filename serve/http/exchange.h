#ifndef FERRY_EXCHANGE_H
#define FERRY_EXCHANGE_H

/* One request and its response under libmicrohttpd, for server.c, which runs
 * it, and content.c, which makes the response; nobody else sees its header. */

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "serve/http/server.h"

struct ferry_server {
	struct MHD_Daemon *daemon;
	struct ferry_gate *gate;
	int listen_fd; /* our own duplicate, once the library gave it back */
	const struct ferry_server_options *options;
	char id_prefix[17]; /* of request ids, made at the start */
	atomic_uint_fast64_t requests; /* for ids */
	atomic_uint in_flight;
	atomic_bool draining;
	pthread_mutex_t later_lock;
	/* With the lock: those that wait; whether none may any more. */
	struct exchange *later;
	bool closing;
	bool started;
	char message[256]; /* the library's last word before it started */
};

struct reader;

/* One request from its first line to its last byte. */
struct exchange {
	struct ferry_server *server;
	struct MHD_Connection *connection;
	struct ferry_request rq;
	struct timespec start;
	uint64_t drained;
	struct ferry_buf body;
	char *path; /* the one that counts, where it is not in uri */
	bool begun;
	/* What its answer waits for, or waited for; owned.  It is suspended,
	 * and in the server's list, while it waits. */
	struct ferry_later *later;
	struct exchange *next, **link; /* link: NULL unless in the list */
	struct reader *reader; /* flow.c's, while its answer is such */
	bool let_go; /* it does not wait any more, ready or not */
	/* Kept for the log. */
	unsigned status;
	uint64_t bytes;
	const char *format;
	char *package, *agent; /* owned; NULL: none, or there is no log */
	char uri[]; /* as sent */
};

/* Hold it, from within the library's calls, until it is resumed by whoever.
 * Returns: whether it is held; else it was let go, as the server stops. */
bool ferry_exchange_suspend(struct exchange *ex);
void ferry_exchange_resume(struct exchange *ex);
/* All that are held, for good. */
void ferry_exchange_let_go(struct ferry_server *server);
/* The same, and none is held from now on. */
void ferry_exchange_close(struct ferry_server *server);

/* What the library sends for res: conditions, ranges and caching applied.
 * NULL if there is no memory. */
struct MHD_Response *
ferry_exchange_response(struct exchange *ex, struct ferry_response *res);

#endif
