#ifndef FERRY_SERVE_HTTP_GATE_H
#define FERRY_SERVE_HTTP_GATE_H

/*
 * The connections of a server: how many there may be, which make room for
 * others, how long a request may take to arrive; and what the library reads
 * from them.
 *
 * When there are too many, of one address or in all, those that wait for a
 * request or have not finished one are closed for new ones: of the address with
 * most connections first, and of these the oldest.  Then come those that hardly
 * read what they asked for.  Only where none is left is the new one refused.
 *
 * libmicrohttpd has no hook for what it reads.  It calls recv(), and under TLS
 * gnutls_record_recv(), through the dynamic linker; gate.c defines both, so that
 * every byte passes through wire.h before the library sees it.  Calls for other
 * descriptors go on as they are.
 *
 * Threads: all functions from any thread; a connection belongs to the thread of
 * the library that serves it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "serve/http/forwarded.h"

struct ferry_error;
struct ferry_gate;
struct ferry_gate_conn;
struct ferry_metrics;
struct ferry_networks;
struct sockaddr;

struct ferry_gate_options {
	unsigned connections; /* in all */
	unsigned per_address; /* of IPv6, of a /64; 0: no limit */
	const struct ferry_networks *exempt; /* from that one */
	unsigned head_s; /* for a request's head, from its first byte */
	struct ferry_metrics *metrics;
};

/* options are copied.  Errors: FERRY_ENOMEM, FERRY_ESYSTEM. */
int ferry_gate_new(struct ferry_gate **out,
    const struct ferry_gate_options *options, struct ferry_error *err);
/* No connection may be open.  NULL is fine. */
void ferry_gate_free(struct ferry_gate *gate);

/* Whether a new connection from there may come in; others may go for it. */
bool ferry_gate_admits(struct ferry_gate *gate, const struct sockaddr *from);

/* It came in; session is its gnutls_session_t, or NULL.  NULL without memory:
 * then it was shut down. */
struct ferry_gate_conn *ferry_gate_open(struct ferry_gate *gate, int fd,
    const struct sockaddr *from, void *session);
/* The address that it came from, as text; "" for NULL. */
void ferry_gate_peer(const struct ferry_gate_conn *conn, char out[FERRY_PEER]);
/* Before its descriptor is closed.  NULL is fine. */
void ferry_gate_close(struct ferry_gate_conn *conn);
/* It is answered with n bytes that nothing else needs: they are held until it
 * has read them.  When all hold too much, those that hold for longest go.
 * NULL is fine. */
void ferry_gate_holds(struct ferry_gate_conn *conn, uint64_t n);
/* Its request was answered.  NULL is fine. */
void ferry_gate_answered(struct ferry_gate_conn *conn);

/* Close what is late.  To be called about twice a second. */
void ferry_gate_tick(struct ferry_gate *gate);

#endif
