#ifndef FERRY_STORE_REBUILD_REBUILDER_H
#define FERRY_STORE_REBUILD_REBUILDER_H

/* What the parts of store/rebuild share. */

#include "store/internal.h"
#include "store/rebuild/rebuild.h"
#include "store/rebuild/salvage.h"

struct ferry_journal_record;

struct ferry_rebuilder {
	const struct ferry_rebuild_options *o;
	struct ferry_rebuild *out;
	struct ferry_store *st; /* writes the new index */
	struct ferry_salvage *old;
	struct ferry_kv *state; /* key → record, where history begins anew */
	uint64_t changes; /* in state, not committed */
	uint64_t last; /* number of the journal record before */
	struct ferry_digest chain; /* of it */
	bool gap; /* in the journal */
	bool exported; /* somebody may have a bundle of this store */
};

/* rebuilder.c: FERRY_ECANCELLED if the user wants to stop. */
int
ferry_rebuild_go_on(const struct ferry_rebuilder *r, struct ferry_error *err);
/* Commit if that is due. */
int ferry_rebuild_pause(struct ferry_rebuilder *r, struct ferry_error *err);
/* An entry of the journal: 1; 0 if it is not a record of its number; -1.  The
 * caller decrefs *root. */
int ferry_rebuild_parse(struct ferry_bytes key, struct ferry_bytes value,
    json_t **root, struct ferry_journal_record *record,
    struct ferry_error *err);

/* blobs.c: have the new index know the blobs that a record (or NULL) names,
 * before it is put. */
int ferry_rebuild_adopt(
    struct ferry_rebuilder *r, const json_t *value, struct ferry_error *err);
/* When all records are there: note what is lost and needed, and forget what is
 * neither here nor named. */
int ferry_rebuild_settle(struct ferry_rebuilder *r, struct ferry_error *err);

/* anew.c: fill the new index with what the catalog, and where that is not
 * whole the journal, still say.  Works in the folder FERRY_REBUILD_STATE. */
#define FERRY_REBUILD_STATE "index.state"
int ferry_rebuild_anew(struct ferry_rebuilder *r, struct ferry_error *err);

/* local.c, for each local record: look for a sign that bundles of this store
 * exist; copy it, or not. */
ferry_salvage_fn ferry_rebuild_exports;
ferry_salvage_fn ferry_rebuild_local;

#endif
