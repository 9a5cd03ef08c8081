#ifndef FERRY_BASE_UNIX_SOCKET_H
#define FERRY_BASE_UNIX_SOCKET_H

/*
 * Unix sockets of packets (SOCK_SEQPACKET), by which ferryd asks the puller and
 * the issuer, and the sockets that systemd passes.
 *
 * Source: unix(7); sd_listen_fds(3).
 */

#include <stdbool.h>
#include <sys/types.h>

struct ferry_error;

#define FERRY_UNIX_PATH 108 /* bytes of a path, with its NUL */
#define FERRY_PASSED_FD 3 /* the first that systemd passes */

/* The path of a socket: configured, the option 'socket' of that group, or (NULL)
 * STORE/GROUP.sock.  Errors: FERRY_ECONFIG (too long for a socket). */
int ferry_unix_path(char out[FERRY_UNIX_PATH], const char *group,
    const char *configured, const char *store, struct ferry_error *err);

/*
 * Listen at path without blocking; the socket is for its owner and group from the
 * first instant on.  A socket that is there is taken away.
 * Errors: FERRY_ESYSTEM (also: what is there is no socket).
 */
int ferry_unix_listen(
    int *fd, const char *path, int backlog, struct ferry_error *err);
/* Connect without blocking.  Returns: the descriptor; -1 with errno set. */
int ferry_unix_connect(const char *path);
/* One packet without waiting, and the descriptor that came with it, or -1.
 * Returns: its bytes; 0 at the end; -1 with errno set. */
ssize_t ferry_unix_receive(int fd, char *packet, size_t size, int *passed);
/* Whether somebody listens at path. */
bool ferry_unix_answers(const char *path);

/* How many sockets were passed to this process, from FERRY_PASSED_FD on. */
unsigned ferry_passed_sockets(void);

#endif
