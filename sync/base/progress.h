#ifndef FERRY_SYNC_BASE_PROGRESS_H
#define FERRY_SYNC_BASE_PROGRESS_H

/*
 * Progress of long work: a live line on a terminal, a line every few seconds
 * on anything else, JSON events with --json, nothing with --quiet.  Written to
 * standard error, except JSON events, which go to standard output.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_progress;

enum ferry_progress_to {
	FERRY_PROGRESS_PEOPLE,
	FERRY_PROGRESS_PROGRAMS, /* JSON events */
	FERRY_PROGRESS_NOBODY
};
/* verb: "sync", "export" …; unit: "files", "blobs" ….  Never NULL. */
struct ferry_progress *ferry_progress_new(
    enum ferry_progress_to to, const char *verb, const char *unit);
/* Set where things stand; totals of 0 are unknown.  Cheap: call it often. */
void ferry_progress_set(struct ferry_progress *p, uint64_t items,
    uint64_t items_total, uint64_t bytes, uint64_t bytes_total);
/* A line of its own (a failure, a note); with --json an event "note". */
void ferry_progress_note(struct ferry_progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Remove the live line and free. */
void ferry_progress_free(struct ferry_progress *p);

#endif
