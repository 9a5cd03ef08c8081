#ifndef FERRY_SYNC_BOX_CHILD_H
#define FERRY_SYNC_BOX_CHILD_H

/* Programs of ours that are started, and ended. */

#include <stdbool.h>
#include <sys/types.h>

struct ferry_error;

/* To be passed as descriptor 3, as sd_listen_fds(3) has it; FERRY_CHILD_NONE:
 * nothing is. */
#define FERRY_CHILD_NONE (-1)
/*
 * Start argv, whose last is NULL, with what it says going to the file log, and
 * no input.  socket_fd is passed.
 * Errors: FERRY_ESYSTEM.
 */
int ferry_child_start(pid_t *out, const char *const *argv, const char *log,
    int socket_fd, struct ferry_error *err);
/* Whether it has ended by itself; then *pid is 0. */
bool ferry_child_ended(pid_t *pid);
/*
 * fork(), so that no signal is lost to a handler of ours in the child: there,
 * both that end a program have their usual effect.  It ends with us, however we
 * do.
 */
pid_t ferry_child_fork(void);
/* SIGTERM, and wait for its end, which comes in ten seconds; pid 0 is none. */
void ferry_child_stop(pid_t pid);

/* Start it without a socket, and wait for its end.  Returns: its exit status,
 * 128 and more for a signal; -1. */
int ferry_child_run(
    const char *const *argv, const char *log, struct ferry_error *err);

/* The last line of a log that an error is told by, else the last; "" if there is
 * none. */
#define FERRY_CHILD_LINE 400
void ferry_child_last(const char *log, char out[FERRY_CHILD_LINE]);

#endif
