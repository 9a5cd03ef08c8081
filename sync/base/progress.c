#include "sync/base/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/json.h"

#define LIVE_MS 150
#define LINE_MS 5000

struct ferry_progress {
	const char *verb, *unit;
	enum { QUIET, LIVE, LINES, EVENTS } mode;
	uint64_t started, drawn; /* ferry_ticks_ms() */
	uint64_t items, items_total, bytes, bytes_total;
	bool dirty; /* a live line is on the screen */
};

struct ferry_progress *
ferry_progress_new(
    enum ferry_progress_to to, const char *verb, const char *unit)
{
	struct ferry_progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort(); /* Nothing sensible can follow. */
	p->verb = verb;
	p->unit = unit;
	p->mode = to == FERRY_PROGRESS_PROGRAMS ? EVENTS
	          : to == FERRY_PROGRESS_NOBODY ? QUIET
	          : isatty(STDERR_FILENO)       ? LIVE
	                                        : LINES;
	p->started = p->drawn = ferry_ticks_ms();
	return p;
}

static void
time_left(const struct ferry_progress *p, uint64_t ms, char *buf, size_t size)
{
	uint64_t done = p->bytes_total > 0 ? p->bytes : p->items;
	uint64_t total = p->bytes_total > 0 ? p->bytes_total : p->items_total;
	uint64_t s;

	buf[0] = 0;
	if (done == 0 || total <= done || ms < 2000)
		return;
	s = (uint64_t)((double)ms * (double)(total - done) / (double)done) /
	    1000;
	if (s >= 3600)
		(void)snprintf(buf, size,
		    ", %" PRIu64 " h %" PRIu64 " min left", s / 3600,
		    s % 3600 / 60);
	else if (s >= 60)
		(void)snprintf(buf, size,
		    ", %" PRIu64 " min %" PRIu64 " s left", s / 60, s % 60);
	else
		(void)snprintf(buf, size, ", %" PRIu64 " s left", s);
}

static void
describe(const struct ferry_progress *p, char *buf, size_t size)
{
	uint64_t ms = ferry_ticks_ms() - p->started;
	char bytes[FERRY_SIZE_TEXT], total[FERRY_SIZE_TEXT];
	char rate[FERRY_SIZE_TEXT], left[48], items[64];

	time_left(p, ms, left, sizeof(left));
	if (p->items_total > 0)
		(void)snprintf(items, sizeof(items), "%" PRIu64 " of %" PRIu64,
		    p->items, p->items_total);
	else
		(void)snprintf(items, sizeof(items), "%" PRIu64, p->items);
	(void)snprintf(buf, size, "%s: %s %s, %s%s%s, %s/s%s", p->verb, items,
	    p->unit, ferry_size_text(p->bytes, bytes),
	    p->bytes_total > 0 ? " of " : "",
	    p->bytes_total > 0 ? ferry_size_text(p->bytes_total, total) : "",
	    ferry_size_text(ms == 0 ? 0 : p->bytes * 1000 / ms, rate), left);
}

static void
erase(struct ferry_progress *p)
{

	if (p->dirty)
		(void)fputs("\r\033[K", stderr);
	p->dirty = false;
}

static void
draw_live(struct ferry_progress *p)
{
	char line[240], bar[24];
	struct winsize ws = { 0 };
	size_t width = 80, filled = 0;
	uint64_t done = p->bytes_total > 0 ? p->bytes : p->items;
	uint64_t total = p->bytes_total > 0 ? p->bytes_total : p->items_total;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 20)
		width = ws.ws_col;
	describe(p, line, sizeof(line));
	if (total > 0)
		filled = done >= total ? 20 : (size_t)(done * 20 / total);
	memset(bar, '#', filled);
	memset(bar + filled, '.', 20 - filled);
	bar[20] = 0;
	(void)fprintf(
	    stderr, "\r\033[K[%s] %.*s", bar, (int)(width - 24), line);
	(void)fflush(stderr);
	p->dirty = true;
}

static void
event(const struct ferry_progress *p, const char *name, const char *text)
{
	json_t *o = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s*}", "event",
	    name, "command", p->verb, "items", (json_int_t)p->items,
	    "items_total", (json_int_t)p->items_total, "bytes",
	    (json_int_t)p->bytes, "bytes_total", (json_int_t)p->bytes_total,
	    "elapsed_ms", (json_int_t)(ferry_ticks_ms() - p->started), "text",
	    text);

	if (o != NULL &&
	    json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
		(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(o);
}

void
ferry_progress_set(struct ferry_progress *p, uint64_t items,
    uint64_t items_total, uint64_t bytes, uint64_t bytes_total)
{
	uint64_t now;
	char line[240];

	p->items = items;
	p->items_total = items_total;
	p->bytes = bytes;
	p->bytes_total = bytes_total;
	if (p->mode == QUIET)
		return;
	now = ferry_ticks_ms();
	if (now - p->drawn < (p->mode == LIVE ? LIVE_MS : LINE_MS))
		return;
	p->drawn = now;
	if (p->mode == LIVE) {
		draw_live(p);
	} else if (p->mode == EVENTS) {
		event(p, "progress", NULL);
	} else {
		describe(p, line, sizeof(line));
		(void)fprintf(stderr, "%s\n", line);
	}
}

void
ferry_progress_note(struct ferry_progress *p, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->mode == EVENTS) {
		event(p, "note", text);
		return;
	}
	erase(p);
	(void)fprintf(stderr, "%s: %s\n", p->verb, ferry_clean(text));
}

void
ferry_progress_free(struct ferry_progress *p)
{

	if (p == NULL)
		return;
	erase(p);
	free(p);
}
