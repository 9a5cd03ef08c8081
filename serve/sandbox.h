#ifndef FERRY_SERVE_SANDBOX_H
#define FERRY_SERVE_SANDBOX_H

/*
 * The server's own walls: whoever takes it over can read what it serves, and
 * do little else.
 *
 * No new privileges and no core dumps; landlock: it reads the store but for its
 * keys, and writes to its logs and its scratch folder alone; seccomp: it makes
 * the calls that a server makes, and starts no program.  A kernel that lacks
 * one of them is told of, and the rest holds.
 *
 * Source: landlock(7), seccomp_init(3).
 */

#include <stdbool.h>
#include <stddef.h>

struct ferry_error;
struct ferry_sandbox;

/* Paths may be NULL. */
struct ferry_sandbox_paths {
	const char *store;
	/* Files that are read again at a reload, with what is beside them. */
	const char *read[3];
	/* Files that are written, and made anew beside themselves. */
	const char *written[4];
};

/*
 * A scratch folder for this process, which TMPDIR names from now on; those that
 * killed ones have left are removed.
 * Errors: FERRY_ESYSTEM.
 */
int ferry_sandbox_new(struct ferry_sandbox **out, struct ferry_error *err);
/* Removes the scratch folder.  NULL is fine. */
void ferry_sandbox_free(struct ferry_sandbox *sandbox);

/* Put up the walls, for good; before any thread is made. */
void ferry_sandbox_enter(
    struct ferry_sandbox *sandbox, const struct ferry_sandbox_paths *paths);
/* Try to pass them, print what holds, and return how many do not. */
unsigned ferry_sandbox_check(
    struct ferry_sandbox *sandbox, const struct ferry_sandbox_paths *paths);

#endif
