#ifndef FERRY_STORE_BACKUP_TARGET_H
#define FERRY_STORE_BACKUP_TARGET_H

/*
 * The folder that a backup is made in.
 *
 *	DIR/backup.json		{"format","id","name","at","records","chain"}: of
 *				which store, when, and the journal's chain at
 *				the last record; "at" is 0 until there is one.
 *				Whoever writes to DIR as a store removes it.
 *	DIR/index.new		the index of the next backup
 *	DIR/…			as of any store (store.h)
 */

#include <stdint.h>

#include "store/base/digest.h"

struct ferry_error;
struct ferry_store;

struct ferry_backup_target {
	const char *path; /* borrowed */
	/* -1 if not open; index: of the backup so far, or -1. */
	int dirfd, lockfd, blobsfd, tmpfd, keysfd, index, index_new;
	char *index_path, *new_path; /* DIR/index, DIR/index.new */
	/* Of the backup so far: its last record and the chain there; no chain
	 * (n == 0): of none, or an older ferry's. */
	uint64_t records;
	struct ferry_digest chain;
};

/*
 * Open folder path for a backup of st, empty or with an earlier one; in it make
 * what a store needs, but for ferry.json, and an empty index.new.  Nobody writes
 * there until _close.
 * Errors: FERRY_EEXIST (it holds something else, or was written to),
 *     FERRY_EUSAGE (it is the store, or in it), FERRY_ELOCKED, FERRY_ESYSTEM.
 */
int ferry_backup_target_open(struct ferry_backup_target *t,
    const struct ferry_store *st, const char *path, struct ferry_error *err);
void ferry_backup_target_close(struct ferry_backup_target *t);

/* Make the files of folder name (keys, tokens) of the store those of the
 * backup's: its mode is the store's. */
int ferry_backup_target_files(struct ferry_backup_target *t,
    const struct ferry_store *st, const char *name, struct ferry_error *err);
/*
 * Put index.new in the place of index, durably with all that was written before:
 * from now on the backup is the new one.  What index was is removed.
 */
int ferry_backup_target_turn(struct ferry_backup_target *t,
    const struct ferry_store *st, uint64_t records,
    const struct ferry_digest *chain, struct ferry_error *err);

#endif
