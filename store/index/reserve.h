#ifndef FERRY_STORE_INDEX_RESERVE_H
#define FERRY_STORE_INDEX_RESERVE_H

/*
 * STORE/reserve: room on the disk that nothing is written into.  Freeing
 * needs some itself, to bring the index's log into its tables and to note what
 * is freed: on a full disk, what removes things gives the reserve up first.
 *
 * It is at most 32 MB, or an eighth of a small disk: more than the log holds
 * (its write buffers are bounded), and what is freed first pays for the rest.
 */

#include <stdbool.h>

struct ferry_error;

/*
 * Have one, as large as it should be if three quarters of what is free are
 * enough.  That there is none is no error here: who lacks room says so then.
 */
void ferry_reserve_keep(int dirfd);
/* Give it up if less than its size is free beside it. */
void ferry_reserve_use(int dirfd);
/* If err is of a full disk, say what to do about that, to somebody who had the
 * reserve or not.  Returns -1. */
int ferry_reserve_explain(bool used, struct ferry_error *err);

#endif
