#ifndef FERRY_SYNC_UPSTREAM_REASON_H
#define FERRY_SYNC_UPSTREAM_REASON_H

/*
 * Who wants what is here: a sync notes it of each version that it is told to
 * have, so that people can ask, and so that gc knows what nobody names any more.
 * Local records (store/index/local.h):
 *
 *	reason FORMAT NAME OWNER VERSION	{"at":SECONDS,"by":[TEXT…]}
 *	looked UPSTREAM		{"since":SECONDS,"at":SECONDS,"keep":SECONDS?,
 *				"withheld":TEXT?}
 *
 * "by" is the path of a lock file, "recording 'NAME'", an option of the
 * configuration, or the version that needs it ("react@18.3.1"): the first
 * FERRY_REASONS_MAX.  "at" is a day old at most when the last sync wanted it.
 *
 * "looked" is of syncs that read everything that is wanted of all upstreams, and
 * failed in nothing: "since" the first of them, "at" the last; "keep" as the
 * option says, absent: for ever.  While something is wanted that is here and that
 * upstream took away, nobody can tell what it needs: "at" stays, and "withheld" says
 * what it is.
 */

#include <jansson.h>
#include <stdint.h>

struct ferry_error;
struct ferry_key;
struct ferry_recorded;
struct ferry_run;
struct ferry_store;

#define FERRY_REASONS_MAX 8

/* Add to the reason of a version (key: version …); what it had of another day
 * is forgotten. */
int ferry_reason_add(struct ferry_store *st, const struct ferry_key *version,
    const char *const *by, size_t by_n, struct ferry_error *err);
/* Note who wants a version in this run; a dry run notes nothing. */
int ferry_reason_note(const struct ferry_recorded *of, const char *version,
    const char *const *by, size_t by_n, struct ferry_error *err);
/* Note that the run is over, unless it lacked something. */
int ferry_reason_looked(struct ferry_run *run, struct ferry_error *err);

/* The reason of a version (key: version …): 1 and *out, 0, -1. */
int ferry_reason_get(struct ferry_store *st, const struct ferry_key *version,
    json_t **out, struct ferry_error *err);

#endif
