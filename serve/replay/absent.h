#ifndef FERRY_SERVE_REPLAY_ABSENT_H
#define FERRY_SERVE_REPLAY_ABSENT_H

/*
 * Names that nothing in the store has: clients of several repositories probe for
 * the same ones again and again.
 *
 * A table of a fixed size; what comes later takes the place of what was there.
 * Any change of the store empties it, so that no name stays that has come.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_absent;
struct ferry_error;

/* Errors: FERRY_ENOMEM. */
int ferry_absent_new(struct ferry_absent **out, struct ferry_error *err);
void ferry_absent_free(struct ferry_absent *absent); /* NULL is fine */

/* The state of the store: to be asked for before one looks there. */
uint64_t ferry_absent_now(const struct ferry_absent *absent);
/* A look that began at now found nothing of that name. */
void ferry_absent_add(
    struct ferry_absent *absent, uint64_t now, struct ferry_bytes name);
/* Whether the store, as it is now, is known to have nothing of that name. */
bool ferry_absent_has(struct ferry_absent *absent, struct ferry_bytes name);
/* The store changed: all is forgotten. */
void ferry_absent_changed(struct ferry_absent *absent);

#endif
