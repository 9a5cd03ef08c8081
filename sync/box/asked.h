#ifndef FERRY_SYNC_BOX_ASKED_H
#define FERRY_SYNC_BOX_ASKED_H

/* What clients asked a ferryd for: its log (serve/replay/asked.h), summed up. */

#include <jansson.h>

struct ferry_error;

struct ferry_asked {
	/* What they got, as "wants" of a recording (sync/upstream/recordings.h);
	 * "upstream" is absent where the log does not tell. */
	json_t *wants;
	/* What was not there, and never came: {"format","package","version",
	 * "file"}, the last two absent where nothing of that kind was named. */
	json_t *absent;
	/* How much could not be had for another reason: no puller, a failing
	 * upstream.  It is among absent. */
	size_t failed;
};
/* Errors: FERRY_ESYSTEM, FERRY_EFORMAT, FERRY_ENOMEM. */
int ferry_asked_read(
    struct ferry_asked *out, const char *path, struct ferry_error *err);
void ferry_asked_free(struct ferry_asked *asked);

#endif
