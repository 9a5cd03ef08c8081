#ifndef FERRY_REPLAY_GUARD_H
#define FERRY_REPLAY_GUARD_H

/*
 * Who guesses credentials: how many bad ones an address has shown within a
 * minute.
 *
 * Only what could be a guess counts: no token that once was good, and no
 * session's that has ended, which every client shows once.  An address is what
 * a provider gives to one customer: of IPv6 the first 64 bits.
 *
 * Memory is bounded: of very many addresses the ones seen last are known.
 *
 * Threads: all functions from any thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_guard;

#define FERRY_GUARD_WINDOW_S 60

/* Errors: FERRY_ENOMEM, FERRY_ESYSTEM (no random bytes). */
int ferry_guard_new(struct ferry_guard **out, struct ferry_error *err);
void ferry_guard_free(struct ferry_guard *guard); /* NULL is fine */

/*
 * A bad credential from peer (an address as text) at now_s, by a clock that
 * never goes back; limit is how many a minute may be (0: any).
 * Returns: 0, or how many seconds this address should wait: from 1 on.
 *     *first is set for the first one of a minute that is too many.
 */
unsigned ferry_guard_bad(struct ferry_guard *guard, const char *peer,
    unsigned limit, uint64_t now_s, bool *first);

/* As _bad, without counting: how many seconds this address should wait, or 0. */
unsigned ferry_guard_wait(struct ferry_guard *guard, const char *peer,
    unsigned limit, uint64_t now_s);

#endif
