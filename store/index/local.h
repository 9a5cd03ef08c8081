#ifndef FERRY_STORE_INDEX_LOCAL_H
#define FERRY_STORE_INDEX_LOCAL_H

/* Records that stay in this store; ferry_kind has all of their kinds. */

#include <jansson.h>

#include "store/index/key.h"
#include "store/index/records.h"

struct ferry_store;

/*
 * Local state: what never leaves this store (validators, positions of sites,
 * trust, incidents, times of last runs).  Same keys, other namespace:
 *
 *	validator UPSTREAM URL		etag, last_modified of a document
 *	absent UPSTREAM PACKAGE TAG	what upstream names below it and does
 *					not have; it is asked for at each sync
 *	mirrored UPSTREAM PACKAGE TAG	the version that is here with all that
 *					belongs to it (sync/upstream/oci*)
 *	incident FORMAT NAME OWNER VERSION
 *	growth				how large the store was on which day
 *					(sync/command/growth.h)
 *	lost HEX			a blob that verify found wrong (blob.h)
 *	people site|stamp		who this site lets in by itself
 *					(store/access/people.h)
 *	pieces HEX			a blob of which only some came (blob/pieces.h)
 *	rank UPSTREAM			which goes first over a name that several
 *					have (owner.h)
 *	realm UPSTREAM			where it had its tokens made first, with
 *					credentials (sync/upstream/oci)
 *	looked UPSTREAM			when syncs read all that is wanted of it
 *	reason FORMAT NAME OWNER VERSION
 *					who wants it (both: sync/upstream/reason.h)
 *	recording NAME			what a build asked for
 *					(sync/upstream/recordings.h)
 *	removed FORMAT NAME OWNER VERSION
 *					an operator's removal whose version gc
 *					took (removal.h)
 *	checked FORMAT NAME OWNER	when a pull-through upstream was last asked
 *					for the document: "at"
 *	cache, cached, idle, dropping	what clients asked for, and nothing else
 *					wants (store/catalog/cached.h)
 *	traffic UPSTREAM		what came from it and went to clients, since
 *					ever (sync/pull/uses.h)
 *	former FORMAT NAME OWNER	documents that sites may still have
 *					(store/catalog/former.h)
 *	pull UPSTREAM			it is a pull-through upstream
 *					(sync/pull/README.md)
 *	withdrawn FORMAT NAME OWNER	versions that upstream lists no more
 *	seen UPSTREAM			when permissions came whose time was ahead
 *					of the clock here (store/access/snapshots.h)
 *	blobs-changed			how often bytes came or went without a
 *					journal record (blob.h)
 *	wish SITE			what clients there asked for in vain
 *					(sync/carry/wishes.h)
 *	last sync|export|import|pull	time and summary of the last that succeeded
 *	try sync|export|import		of the last that began: "began", and if it
 *					ended "ended", "status", "text"
 *	(store/bundle and sync/carry list theirs in their headers)
 */
int ferry_local_get(struct ferry_store *st, const struct ferry_key *key,
    json_t **out, struct ferry_error *err);
int ferry_local_put(struct ferry_store *st, const struct ferry_key *key,
    const json_t *value, struct ferry_error *err);
int ferry_local_delete(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);
/* *Takes* value; NULL: FERRY_ENOMEM. */
int ferry_local_put_new(struct ferry_store *st, const struct ferry_key *key,
    json_t *value, struct ferry_error *err);

/* The same of a kind whose keys have one name; _get: *out is NULL if there is
 * none, _put *takes* value as above. */
int ferry_local_named_get(struct ferry_store *st, enum ferry_kind kind,
    const char *name, json_t **out, struct ferry_error *err);
int ferry_local_named_put(struct ferry_store *st, enum ferry_kind kind,
    const char *name, json_t *value, struct ferry_error *err);
int ferry_local_named_delete(struct ferry_store *st, enum ferry_kind kind,
    const char *name, struct ferry_error *err);

/* All records below prefix: by ferry_record_iter_next(), or one by one. */
int ferry_local_iter_new(struct ferry_record_iter **out, struct ferry_store *st,
    const struct ferry_key *prefix, struct ferry_error *err);
int ferry_local_each(struct ferry_store *st, const struct ferry_key *prefix,
    ferry_record_fn *on_record, void *ctx, struct ferry_error *err);

#endif
