#ifndef FERRY_SYNC_UPSTREAM_RECORDINGS_H
#define FERRY_SYNC_UPSTREAM_RECORDINGS_H

/*
 * Recorded wants: what a build asked for, by the name of its recording.  A sync
 * wants it as it wants a lock file.  Local records (store/index/local.h):
 *
 *	recording NAME	{"at":SECONDS, "command":[TEXT…], "wants":[{"format":F,
 *			 "upstream":U, "package":P, "version":V,
 *			 "files":[NAME…], "closure":true}…]}
 *
 * version may be the tag of an image; files are absent where versions come
 * whole.  Of a wish that was accepted (command/wishes_accept.c) "closure" says
 * that what it needs is wanted, too, and version may be absent: then what a
 * client would take is wanted.
 */

#include <jansson.h>
#include <stdbool.h>

struct ferry_error;
struct ferry_store;

struct ferry_recorded_want {
	const char *package, *version; /* version: or NULL, with closure */
	const json_t *files; /* or NULL */
	bool closure;
	const char *by; /* the recording's name */
};
typedef int ferry_on_recorded(
    void *ctx, const struct ferry_recorded_want *want, struct ferry_error *err);
/* Tell of all that is wanted of an upstream. */
int ferry_recordings_of(struct ferry_store *st, const char *format,
    const char *upstream, ferry_on_recorded *on_want, void *ctx,
    struct ferry_error *err);

/* Whether it may be a recording's name: letters, digits, "-_.", at most 100. */
bool ferry_recording_name_valid(const char *name);

#endif
