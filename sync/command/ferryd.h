#ifndef FERRY_SYNC_COMMAND_FERRYD_H
#define FERRY_SYNC_COMMAND_FERRYD_H

/* The other program, which shares no code with this one: what it says. */

struct ferry_error;

#define FERRY_FERRYD_TEXT 8192 /* of what it says, that is kept, and NUL */
#define FERRY_FERRYD_NONE (-2)
/*
 * Run it with options, up to a NULL, until it ends, and keep what it writes to
 * both streams.
 * Returns: its exit status; FERRY_FERRYD_NONE if it is not installed; -1.
 */
int ferry_ferryd_ask(const char *const *options, char text[FERRY_FERRYD_TEXT],
    struct ferry_error *err);

#endif
