#ifndef FERRY_STORE_SCRATCH_H
#define FERRY_STORE_SCRATCH_H

/*
 * Readers' own folders, TMPDIR/ferry-reader-XXXXXX, where RocksDB puts the log
 * of a secondary instance.  Each is locked (flock) while it is used, so that
 * those of killed readers can be told and removed.
 */

struct ferry_error;

/* A new folder, locked by *lockfd, and an end to those that nobody uses.  The
 * caller closes *lockfd after _remove.  Errors: FERRY_ESYSTEM. */
int ferry_scratch_new(char **out, int *lockfd, struct ferry_error *err);
/* Remove and free; NULL is none. */
void ferry_scratch_remove(char *path);

#endif
