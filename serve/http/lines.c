#include "serve/http/lines.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/log.h"

#define BUFFER (64U << 10)
#define STRIPES 16
/* The end of a line always fits. */
#define LINE_END 4

struct stripe {
	struct ferry_lines *lines;
	pthread_mutex_t mutex;
	size_t n;
	time_t second; /* that stamp is of */
	char stamp[24];
	char text[BUFFER];
};

struct ferry_lines {
	char *path; /* NULL: a standard stream */
	const char *what;
	int fd;
	atomic_bool failing;
	pthread_mutex_t write; /* fd, and whole lines in it */
	struct stripe stripes[STRIPES];
};

static int
open_path(const struct ferry_lines *lines, struct ferry_error *err)
{
	int fd =
	    open(lines->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	return fd == -1
	           ? ferry_error_errno(err, "%s %s", lines->what, lines->path)
	           : fd;
}

int
ferry_lines_open(struct ferry_lines **out, const char *target, const char *what,
    struct ferry_error *err)
{
	struct ferry_lines *lines;

	if (ferry_calloc(&lines, 1, sizeof(*lines), err) == -1)
		return -1;
	lines->what = what;
	if (strcmp(target, "stdout") == 0)
		lines->fd = STDOUT_FILENO;
	else if (strcmp(target, "stderr") == 0)
		lines->fd = STDERR_FILENO;
	else if (ferry_strdup(&lines->path, target, err) == -1 ||
		 (lines->fd = open_path(lines, err)) == -1) {
		free(lines->path);
		free(lines);
		return -1;
	}
	(void)pthread_mutex_init(&lines->write, NULL);
	for (size_t i = 0; i < STRIPES; i++) {
		lines->stripes[i].lines = lines;
		(void)pthread_mutex_init(&lines->stripes[i].mutex, NULL);
	}
	*out = lines;
	return 0;
}

/* With the stripe's lock. */
static void
empty(struct stripe *s)
{
	struct ferry_lines *lines = s->lines;
	size_t done = 0;
	ssize_t n = 0;

	(void)pthread_mutex_lock(&lines->write);
	while (done < s->n &&
	       (n = write(lines->fd, s->text + done, s->n - done)) > 0)
		done += (size_t)n;
	/* A full disk must not stop the service. */
	if (done < s->n && !atomic_exchange(&lines->failing, true))
		ferry_log(FERRY_LOG_WARNING,
		    "the %s cannot be written, and loses lines: %s",
		    lines->what, n == -1 ? strerror(errno) : "no room");
	else if (done == s->n && atomic_exchange(&lines->failing, false))
		ferry_log(
		    FERRY_LOG_INFO, "the %s is written again", lines->what);
	(void)pthread_mutex_unlock(&lines->write);
	s->n = 0;
}

void
ferry_lines_flush(struct ferry_lines *lines)
{

	for (size_t i = 0; i < STRIPES; i++) {
		struct stripe *s = &lines->stripes[i];

		(void)pthread_mutex_lock(&s->mutex);
		if (s->n > 0)
			empty(s);
		(void)pthread_mutex_unlock(&s->mutex);
	}
}

int
ferry_lines_reopen(struct ferry_lines *lines, struct ferry_error *err)
{
	int fd;

	if (lines->path == NULL)
		return 0;
	ferry_lines_flush(lines);
	if ((fd = open_path(lines, err)) == -1)
		return -1;
	(void)pthread_mutex_lock(&lines->write);
	(void)close(lines->fd);
	lines->fd = fd;
	(void)pthread_mutex_unlock(&lines->write);
	return 0;
}

void
ferry_lines_close(struct ferry_lines *lines)
{

	if (lines == NULL)
		return;
	ferry_lines_flush(lines);
	for (size_t i = 0; i < STRIPES; i++)
		(void)pthread_mutex_destroy(&lines->stripes[i].mutex);
	(void)pthread_mutex_destroy(&lines->write);
	if (lines->path != NULL)
		(void)close(lines->fd);
	free(lines->path);
	free(lines);
}

/* Lines */

static void
put(struct ferry_line *line, const char *text)
{

	while (*text != 0)
		line->p[line->n++] = *text++;
}

/* Whether n more bytes fit in front of the line's end. */
static bool
fits(const struct ferry_line *line, size_t n)
{

	return line->n + n + LINE_END <= FERRY_LINE_MAX;
}

/* The length of the token that text starts with, or 0: our own, and those of
 * GitHub, of which clients are told to use one. */
static size_t
token_length(const char *text)
{
	static const char *const prefixes[] = { "ferry_u_", "ferry_w_", "ghp_",
		"gho_", "ghu_", "ghs_", "ghr_", "github_pat_" };

	if (text[0] != 'f' && text[0] != 'g')
		return 0;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]), m;

		if (strncmp(text, prefixes[i], n) != 0)
			continue;
		m = strspn(text + n,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789_");
		return m < 16 ? 0 : n + m;
	}
	return 0;
}

static void
put_text(struct ferry_line *line, const char *text, size_t max)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < max && text[i] != 0 && fits(line, 8); i++) {
		unsigned char c = (unsigned char)text[i];
		size_t token = token_length(text + i);

		if (token > 0) {
			put(line, "***");
			i += token - 1;
		} else if (c == '"' || c == '\\') {
			line->p[line->n++] = '\\';
			line->p[line->n++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			put(line, "\\u00");
			line->p[line->n++] = hex[c >> 4];
			line->p[line->n++] = hex[c & 15];
		} else {
			line->p[line->n++] = (char)c;
		}
	}
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

void
ferry_line_begin(struct ferry_lines *lines, struct ferry_line *line)
{
	uintptr_t self = (uintptr_t)pthread_self();
	struct stripe *s = &lines->stripes[(self >> 12) % STRIPES];
	struct timespec now;
	char millis[32];

	(void)pthread_mutex_lock(&s->mutex);
	if (s->n + FERRY_LINE_MAX > sizeof(s->text))
		empty(s);
	*line = (struct ferry_line){ s->text + s->n, 0, s };
	(void)clock_gettime(CLOCK_REALTIME, &now);
	put(line, "{\"time\":\"");
	put(line, stamp(s, &now));
	(void)snprintf(
	    millis, sizeof(millis), ".%03ldZ\"", now.tv_nsec / 1000000);
	put(line, millis);
}

void
ferry_line_text(
    struct ferry_line *line, const char *name, const char *text, size_t max)
{

	if (text == NULL || !fits(line, strlen(name) + 16))
		return;
	put(line, ",\"");
	put(line, name);
	put(line, "\":\"");
	put_text(line, text, max);
	put(line, "\"");
}

void
ferry_line_value(struct ferry_line *line, const char *name, const char *value)
{

	if (!fits(line, strlen(name) + strlen(value) + 4))
		return;
	put(line, ",\"");
	put(line, name);
	put(line, "\":");
	put(line, value);
}

void
ferry_line_number(struct ferry_line *line, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	ferry_line_value(line, name, text);
}

void
ferry_line_end(struct ferry_line *line)
{
	struct stripe *s = line->held;

	put(line, "}\n");
	assert(line->n <= FERRY_LINE_MAX && s->n + line->n <= sizeof(s->text));
	s->n += line->n;
	(void)pthread_mutex_unlock(&s->mutex);
}
