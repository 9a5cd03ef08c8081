#ifndef FERRY_SYNC_PULL_SOCKET_H
#define FERRY_SYNC_PULL_SOCKET_H

/*
 * The socket over which ferryd asks (README.md): its connections, packet by
 * packet.  A connection that breaks the rules, or does not read, is closed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/pull/message.h"

struct ferry_error;
struct ferry_pull_socket;

#define FERRY_PULL_CONNECTIONS 16

/* conn says to whom an answer goes; it is no other connection's, ever. */
typedef void
ferry_pull_on_ask(void *ctx, uint64_t conn, const struct ferry_pull_ask *ask);

/*
 * Told of what comes: uses are told of like on_uses says, whatever that returns.
 */
struct ferry_pull_told {
	ferry_pull_on_ask *on_ask;
	void *ctx;
	struct ferry_pull_on_uses uses;
};
/*
 * Listen at path, where a socket that nobody listens at is replaced: who calls
 * has made sure of that.  Errors: FERRY_ESYSTEM.
 */
int ferry_pull_socket_open(struct ferry_pull_socket **out, const char *path,
    const struct ferry_pull_told *told, struct ferry_error *err);
/* Ends all connections, and removes the socket.  NULL is fine. */
void ferry_pull_socket_close(struct ferry_pull_socket *s);

/* A descriptor that can be read when there is something to do. */
int ferry_pull_socket_fd(const struct ferry_pull_socket *s);
/* Wait up to timeout_ms, and take what has come. */
void ferry_pull_socket_turn(struct ferry_pull_socket *s, int timeout_ms);
/* Answer.  One that has gone is not told. */
void ferry_pull_socket_say(struct ferry_pull_socket *s, uint64_t conn,
    const struct ferry_pull_said *said);
/* The same of what is no end, with a descriptor or -1.  Returns: whether it was
 * told; who has much to read is told later. */
bool ferry_pull_socket_hint(struct ferry_pull_socket *s, uint64_t conn,
    const struct ferry_pull_said *said, int fd);

#endif
