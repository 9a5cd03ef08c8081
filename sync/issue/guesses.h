#ifndef FERRY_SYNC_ISSUE_GUESSES_H
#define FERRY_SYNC_ISSUE_GUESSES_H

/*
 * What was shown lately: how often a login's password was guessed wrong, and
 * which password was right a moment ago, so that a directory is not asked for
 * each request.  Passwords are kept as keyed digests, of a key that dies with
 * the process.
 *
 * Threads: all functions from any thread, except _new and _free.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_guesses;

#define FERRY_GUESSES_WINDOW_S 60

/* limit: wrong ones of one login within the window; keep_s: so long a right one
 * is known, 0: not at all. */
int ferry_guesses_new(struct ferry_guesses **out, unsigned limit,
    uint64_t keep_s, struct ferry_error *err);
void ferry_guesses_free(struct ferry_guesses *g); /* NULL is fine */

/*
 * Before a password is looked at.  now is of ferry_ticks_ms() / 1000.
 * Returns: 0; or for how many seconds none of that login is looked at.  One try
 * is counted, which _right takes back: those under way at once count, too.
 */
unsigned
ferry_guesses_try(struct ferry_guesses *g, const char *login, uint64_t now);
/* It was right, or was not looked at. */
void ferry_guesses_undo(struct ferry_guesses *g, const char *login);

/* Whether it was right a moment ago; and that it is right. */
bool ferry_guesses_known(struct ferry_guesses *g, const char *login,
    const char *password, uint64_t now);
void ferry_guesses_keep(struct ferry_guesses *g, const char *login,
    const char *password, uint64_t now);

#endif
