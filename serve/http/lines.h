#ifndef FERRY_LINES_H
#define FERRY_LINES_H

/*
 * Files that grow by lines, each a JSON object: the access log and the audit
 * log.
 *
 * Lines wait in buffers, a few threads to each, until a buffer is full or
 * ferry_lines_flush() is called, which the main loop does twice a second.  A
 * file is only appended to, by whole lines.
 *
 * Texts are written so that a line is valid JSON whatever a client sent (bytes
 * outside ASCII as \u00XX each), and what looks like a token in them becomes
 * "***": in URLs, agents and names of users they turn up.
 *
 * Threads: all functions from any thread, except _open and _close; a line
 * belongs to the thread that began it.
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_lines;

/* target: a path, or "stdout" or "stderr"; what, a literal, is what errors
 * call it.  Errors: FERRY_ESYSTEM. */
int ferry_lines_open(struct ferry_lines **out, const char *target,
    const char *what, struct ferry_error *err);
/* Write what waits in the buffers. */
void ferry_lines_flush(struct ferry_lines *lines);
/* After a rotation: write to a fresh file of the same path from now on. */
int ferry_lines_reopen(struct ferry_lines *lines, struct ferry_error *err);
void ferry_lines_close(struct ferry_lines *lines); /* NULL is fine */

/*
 * One line: _begin, which adds "time", then members, then _end.  What is
 * longer than FERRY_LINE_MAX is left out by members, so that a line is whole.
 * Between them a lock is held: nothing slow may happen.
 */
#define FERRY_LINE_MAX (16U << 10)
struct ferry_line {
	char *p;
	size_t n;
	void *held; /* private */
};
void ferry_line_begin(struct ferry_lines *lines, struct ferry_line *line);
/* The first max bytes of text; nothing for NULL. */
void ferry_line_text(
    struct ferry_line *line, const char *name, const char *text, size_t max);
/* value is JSON: a number, or a literal's name. */
void
ferry_line_value(struct ferry_line *line, const char *name, const char *value);
void
ferry_line_number(struct ferry_line *line, const char *name, uint64_t value);
void ferry_line_end(struct ferry_line *line);

#endif
