#ifndef FERRY_ACCESS_LOG_H
#define FERRY_ACCESS_LOG_H

/*
 * The access log: one JSON object a line.
 *
 *	{"time":"2026-…Z","id":"…","remote":"10.0.0.7","method":"GET",
 *	 "path":"/npm/left-pad","status":200,"bytes":1234,"ms":0.412,
 *	 "agent":"npm/…","format":"npm","package":"left-pad"}
 *
 * format and package are absent where there is none; "aborted":true marks an
 * answer that was cut.  Bytes outside ASCII are written as \u00XX each, so
 * that a line is valid JSON whatever a client sent.
 *
 * Lines wait in buffers, a few threads to each, until a buffer is full or
 * ferry_access_log_flush() is called, which the main loop does twice a second.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_access_log;
struct ferry_error;

struct ferry_access_line {
	const char *id;
	const char *remote;
	const char *method;
	const char *path;
	unsigned status;
	uint64_t bytes;
	uint64_t duration_us;
	const char *agent; /* NULL: none */
	const char *format; /* NULL: none */
	const char *package; /* "": none */
	bool aborted;
};

/* target: a path, or "stdout" or "stderr". */
int ferry_access_log_open(
    struct ferry_access_log **out, const char *target, struct ferry_error *err);
/* Any thread. */
void ferry_access_log_add(
    struct ferry_access_log *log, const struct ferry_access_line *line);
void ferry_access_log_flush(struct ferry_access_log *log);
/* After a rotation: write to a fresh file of the same path from now on. */
int
ferry_access_log_reopen(struct ferry_access_log *log, struct ferry_error *err);
void ferry_access_log_close(struct ferry_access_log *log); /* NULL is fine */

#endif
