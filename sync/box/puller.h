#ifndef FERRY_SYNC_BOX_PULLER_H
#define FERRY_SYNC_BOX_PULLER_H

/* A puller for a while: the one that runs for the store, or one of our own. */

#include <sys/types.h>

struct ferry_error;

/*
 * Whether a puller answers at socket; if none does, start `ferry pull` with
 * this configuration and store, and wait until it does.  *pid is its process,
 * to be stopped by ferry_child_stop(); 0 if it was there.
 * Errors: FERRY_ESYSTEM, what it says if it does not start.
 */
int ferry_box_puller(pid_t *pid, const char *socket, const char *config,
    const char *store, const char *log, struct ferry_error *err);

#endif
