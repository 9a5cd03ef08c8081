#ifndef FERRY_SERVER_H
#define FERRY_SERVER_H

/*
 * libmicrohttpd behind ferry's interface.  Only exchange.h includes its header.
 *
 * A server's threads wait on one listening socket, which belongs to the
 * caller and can be given to the next server: that is how a reload changes
 * certificates without refusing a connection.
 */

#include <stdbool.h>
#include <stdint.h>

#include "serve/http/http.h"

struct ferry_lines;
struct ferry_metrics;
struct ferry_networks;
struct ferry_server;

struct ferry_server_options {
	int listen_fd;
	unsigned threads; /* 0: one for each processor, at least 4 */
	unsigned connections; /* at most */
	unsigned connections_per_ip; /* 0: no limit; proxies have none */
	unsigned head_s; /* for a request's head to arrive */
	unsigned timeout_s; /* without a byte moving */
	const char *certificate; /* PEM texts; NULL: plain HTTP */
	const char *key;
	const char *tls_priorities; /* GnuTLS's text */
	const struct ferry_networks
	    *proxies; /* whose X-Forwarded-* we believe */
	ferry_handler *handler;
	void *ctx;
	struct ferry_metrics *metrics;
	struct ferry_lines *log; /* NULL: none */
};

/*
 * Listen on "ADDRESS:PORT", "[V6]:PORT" or "HOST:PORT"; port 0 takes a free
 * one.  *port is the one taken; *loopback says whether only this machine can
 * reach it.  Errors: FERRY_EUSAGE (not of that form), FERRY_ESYSTEM.
 */
int ferry_listen(int *fd, const char *address, unsigned *port, bool *loopback,
    struct ferry_error *err);
/*
 * The socket that whoever started this process opened and passed, as
 * sd_listen_fds(3) has it: its descriptor, address and port.
 * Returns: 1; 0 if there is none; -1: FERRY_EUSAGE (several, or no TCP socket
 * that listens), FERRY_ESYSTEM.
 */
#define FERRY_LISTEN_ADDRESS 80 /* bytes of "ADDRESS:PORT" */
int ferry_listen_passed(int *fd, char address[FERRY_LISTEN_ADDRESS],
    unsigned *port, struct ferry_error *err);
/* Only the second answer, without listening. */
int ferry_listen_is_loopback(
    const char *address, bool *loopback, struct ferry_error *err);

/* Options are borrowed until _stop.  Errors: FERRY_ESYSTEM. */
int ferry_server_start(struct ferry_server **out,
    const struct ferry_server_options *options, struct ferry_error *err);
/* Accept nothing more, and close connections after their answers. */
void ferry_server_drain(struct ferry_server *server);
/* Answer what waits for something (struct ferry_later) with 503, now. */
void ferry_server_let_go(struct ferry_server *server);

/* About twice a second: close what is late. */
void ferry_server_tick(struct ferry_server *server);
/* Connections that are open. */
unsigned ferry_server_connections(const struct ferry_server *server);
/* Requests whose answers are not completely handed to the system. */
unsigned ferry_server_in_flight(const struct ferry_server *server);
/* Cuts what is in flight; frees server, not the socket. */
void ferry_server_stop(struct ferry_server *server);

#endif
