#include "serve/http/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/* A line is cut in its path and agent. */
#define PATH_MAX_SHOWN 1500
#define AGENT_MAX_SHOWN 200
#define BUFFER (64U << 10)
#define STRIPES 16

struct stripe {
	pthread_mutex_t mutex;
	size_t n;
	time_t second; /* that stamp is of */
	char stamp[24];
	char text[BUFFER];
};

struct ferry_access_log {
	char *path; /* NULL: a standard stream */
	int fd;
	pthread_mutex_t write; /* fd, and whole lines in it */
	struct stripe stripes[STRIPES];
};

static int
open_path(const char *path, struct ferry_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	return fd == -1 ? ferry_error_errno(err, "access log %s", path) : fd;
}

int
ferry_access_log_open(
    struct ferry_access_log **out, const char *target, struct ferry_error *err)
{
	struct ferry_access_log *log;

	if (ferry_calloc(&log, 1, sizeof(*log), err) == -1)
		return -1;
	if (strcmp(target, "stdout") == 0)
		log->fd = STDOUT_FILENO;
	else if (strcmp(target, "stderr") == 0)
		log->fd = STDERR_FILENO;
	else if (ferry_strdup(&log->path, target, err) == -1 ||
		 (log->fd = open_path(target, err)) == -1) {
		free(log->path);
		free(log);
		return -1;
	}
	(void)pthread_mutex_init(&log->write, NULL);
	for (size_t i = 0; i < STRIPES; i++)
		(void)pthread_mutex_init(&log->stripes[i].mutex, NULL);
	*out = log;
	return 0;
}

/* With the stripe's lock. */
static void
empty(struct ferry_access_log *log, struct stripe *s)
{
	size_t done = 0;

	(void)pthread_mutex_lock(&log->write);
	while (done < s->n) {
		ssize_t n = write(log->fd, s->text + done, s->n - done);

		/* A full disk must not stop the service. */
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	(void)pthread_mutex_unlock(&log->write);
	s->n = 0;
}

static size_t
put(char *out, size_t n, const char *text)
{
	while (*text != 0)
		out[n++] = *text++;
	return n;
}

/* Escaped, at most max bytes of text; six times as much room is there. */
static size_t
put_text(char *out, size_t n, const char *text, size_t max)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < max && text[i] != 0; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\') {
			out[n++] = '\\';
			out[n++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			n = put(out, n, "\\u00");
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		} else {
			out[n++] = (char)c;
		}
	}
	return n;
}

/* The time's text costs more than the rest of a line: once a second. */
static const char *
stamp(struct stripe *s, const struct timespec *now)
{
	struct tm tm;

	if (s->second != now->tv_sec && gmtime_r(&now->tv_sec, &tm) != NULL) {
		(void)strftime(
		    s->stamp, sizeof(s->stamp), "%Y-%m-%dT%H:%M:%S", &tm);
		s->second = now->tv_sec;
	}
	return s->stamp;
}

static size_t
format(struct stripe *s, char *out, const struct ferry_access_line *line)
{
	struct timespec now;
	char number[160];
	size_t n = 0;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	n = put(out, n, "{\"time\":\"");
	n = put(out, n, stamp(s, &now));
	(void)snprintf(number, sizeof(number), ".%03ldZ\",\"id\":\"%s\"",
	    now.tv_nsec / 1000000, line->id);
	n = put(out, n, number);
	n = put(out, n, ",\"remote\":\"");
	n = put_text(out, n, line->remote, 64);
	n = put(out, n, "\",\"method\":\"");
	n = put_text(out, n, line->method, 16);
	n = put(out, n, "\",\"path\":\"");
	n = put_text(out, n, line->path, PATH_MAX_SHOWN);
	(void)snprintf(number, sizeof(number),
	    "\",\"status\":%u,\"bytes\":%" PRIu64 ",\"ms\":%" PRIu64
	    ".%03" PRIu64,
	    line->status, line->bytes, line->duration_us / 1000,
	    line->duration_us % 1000);
	n = put(out, n, number);
	if (line->agent != NULL) {
		n = put(out, n, ",\"agent\":\"");
		n = put_text(out, n, line->agent, AGENT_MAX_SHOWN);
		n = put(out, n, "\"");
	}
	if (line->format != NULL) {
		n = put(out, n, ",\"format\":\"");
		n = put_text(out, n, line->format, 16);
		n = put(out, n, "\"");
	}
	if (line->package[0] != 0) {
		n = put(out, n, ",\"package\":\"");
		n = put_text(out, n, line->package, 256);
		n = put(out, n, "\"");
	}
	if (line->aborted)
		n = put(out, n, ",\"aborted\":true");
	return put(out, n, "}\n");
}

void
ferry_access_log_add(
    struct ferry_access_log *log, const struct ferry_access_line *line)
{
	/* Six bytes for every escaped one. */
	enum { ROOM = 1024 + 6 * (PATH_MAX_SHOWN + AGENT_MAX_SHOWN + 512) };
	uintptr_t self = (uintptr_t)pthread_self();
	struct stripe *s = &log->stripes[(self >> 12) % STRIPES];

	(void)pthread_mutex_lock(&s->mutex);
	if (s->n + ROOM > sizeof(s->text))
		empty(log, s);
	s->n += format(s, s->text + s->n, line);
	(void)pthread_mutex_unlock(&s->mutex);
}

void
ferry_access_log_flush(struct ferry_access_log *log)
{

	for (size_t i = 0; i < STRIPES; i++) {
		struct stripe *s = &log->stripes[i];

		(void)pthread_mutex_lock(&s->mutex);
		if (s->n > 0)
			empty(log, s);
		(void)pthread_mutex_unlock(&s->mutex);
	}
}

int
ferry_access_log_reopen(struct ferry_access_log *log, struct ferry_error *err)
{
	int fd;

	if (log->path == NULL)
		return 0;
	ferry_access_log_flush(log);
	if ((fd = open_path(log->path, err)) == -1)
		return -1;
	(void)pthread_mutex_lock(&log->write);
	(void)close(log->fd);
	log->fd = fd;
	(void)pthread_mutex_unlock(&log->write);
	return 0;
}

void
ferry_access_log_close(struct ferry_access_log *log)
{

	if (log == NULL)
		return;
	ferry_access_log_flush(log);
	for (size_t i = 0; i < STRIPES; i++)
		(void)pthread_mutex_destroy(&log->stripes[i].mutex);
	(void)pthread_mutex_destroy(&log->write);
	if (log->path != NULL)
		(void)close(log->fd);
	free(log->path);
	free(log);
}
