#ifndef FERRY_STORE_REBUILD_REBUILD_H
#define FERRY_STORE_REBUILD_REBUILD_H

/*
 * A new index for a store whose index is damaged; store/README.md says of what
 * it is made.  Blobs, keys and the store's lock are where they were; the index
 * as it was is kept in STORE/index.old.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ferry_error;

enum ferry_rebuild_history {
	/* The journal is whole: every record has its number, every chain is what
	 * it was. */
	FERRY_HISTORY_KEPT,
	/* Records of it are lost.  It begins anew with what the catalog holds. */
	FERRY_HISTORY_NEW
};

struct ferry_rebuild_options {
	/* Keep the store's id also where history begins anew: nobody has a bundle
	 * of this store. */
	bool keep_id;
	bool (*stopped)(void);
	/* Records so far, and of how many (0: not known). */
	void (*on_progress)(void *ctx, uint64_t records, uint64_t all);
	void *ctx;
};

struct ferry_rebuild {
	json_t *damaged; /* what of the old index: an object, part → why */
	enum ferry_rebuild_history history;
	bool records_lost; /* also the catalog's were not all there */
	bool local_lost; /* local records were not all there */
	bool new_id;
	uint64_t records, packages, versions, removed,
	    blobs; /* as they are now */
	uint64_t blobs_lost; /* whose bytes are not here */
	json_t *untrusted; /* local records of keys that are trusted no more */
};

/*
 * Rebuild the index of the store in folder path.
 * Errors: FERRY_EEXIST (there is an index.old), FERRY_ELOCKED, FERRY_EINDEX
 *     (nothing can be read), FERRY_ESYSTEM, FERRY_ECANCELLED: all leave the store
 *     as it was.
 */
int ferry_store_rebuild(const char *path,
    const struct ferry_rebuild_options *options, struct ferry_rebuild *out,
    struct ferry_error *err);
void ferry_rebuild_clear(struct ferry_rebuild *r);

#endif
