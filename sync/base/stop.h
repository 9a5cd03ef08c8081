#ifndef FERRY_SYNC_BASE_STOP_H
#define FERRY_SYNC_BASE_STOP_H

/* The user's wish for an end: SIGINT or SIGTERM. */

#include <stdbool.h>

/* Heed these signals from now on; a second one ends the program at once. */
void ferry_stop_catch(void);

/* Whether one has arrived: long work stops at the next safe place with
 * FERRY_ECANCELLED. */
bool ferry_stop_wanted(void);

#endif
