#ifndef FERRY_STORE_BACKUP_BACKUP_H
#define FERRY_STORE_BACKUP_BACKUP_H

/*
 * A copy of a store, as it was at one moment, while others work in it.
 *
 * What DIR lacks is linked or copied there.  The backup is a store: its index and
 * all blobs that it names, keys and tokens; not locks, sockets, or what is being
 * written.  A kill at any instant leaves the backup that was there before.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/digest.h"

struct ferry_error;
struct ferry_store;

struct ferry_backup_options {
	bool (*stopped)(void);
	/* Blobs so far, of how many, and the bytes that were copied. */
	void (*on_progress)(
	    void *ctx, uint64_t blobs, uint64_t all, uint64_t copied_bytes);
	void *ctx;
	/* Also where the backup knows what the store does not: its operator had
	 * an older one restored. */
	bool replace;
};

struct ferry_backup {
	/* What it holds: records of the journal; all blobs, and their bytes. */
	uint64_t records, blobs, bytes;
	/* Files of this run: blobs and tables of the index. */
	uint64_t linked, copied, copied_bytes;
	uint64_t kept; /* blobs' files that were there already */
	uint64_t removed; /* blobs that the store has no more */
	uint64_t lost; /* blobs that are gone in the store itself, */
	struct ferry_digest example; /* such as this one */
};

/*
 * Back the store in folder path up into folder dir, which is empty or has an
 * earlier backup of it; it is made if there is none.
 *
 * Threads, locks: takes no lock of the store's, and keeps nobody from writing;
 * dir is locked as by a writer.
 * Errors: FERRY_EFORK (the backup is of records that the store does not have;
 *     nothing was done), and as of ferry_store_open() for a reader, of ferry_backup_target_open()
 *     and of ferry_backup_index().
 */
int ferry_store_backup(const char *path, const char *dir,
    const struct ferry_backup_options *options, struct ferry_backup *out,
    struct ferry_error *err);

/*
 * If an open store is a backup: what its backup.json says (target.h), *out, which
 * the caller decrefs.  Returns: 1, 0 (and *out NULL), -1.
 */
int ferry_store_backup_of(
    const struct ferry_store *st, json_t **out, struct ferry_error *err);

#endif
