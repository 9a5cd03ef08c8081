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
 * answer that was cut.
 *
 * No secret gets into it: of headers only User-Agent, no body, no user or
 * password of an absolute URI, "***" for the values of query fields that hold
 * secrets, and for whatever looks like a token (lines.h).
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_lines;

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
	const char *package; /* NULL: none */
	bool aborted;
};

/* Any thread. */
void ferry_access_log_add(
    struct ferry_lines *log, const struct ferry_access_line *line);

#endif
