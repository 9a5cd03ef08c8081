#ifndef FERRY_STORE_BACKUP_INDEX_H
#define FERRY_STORE_BACKUP_INDEX_H

/*
 * The index of a store, copied while somebody may be writing to it.
 *
 * Tables never change, the manifest and the log only grow.  So if the manifest is
 * the same before and after everything was copied, the copy is what a power cut
 * would have left in between, which RocksDB opens as it would then.  If it is
 * not, the copy is brought up to date, which takes less time each time.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;

struct ferry_backup_index {
	int from; /* the folder of the store's index; all are borrowed */
	int old; /* of the backup's so far, for tables that are there; or -1 */
	int to; /* of the new one */
	int tmp; /* of the backup's tmp */
	const char *to_path;
	bool (*stopped)(void);
	uint64_t linked, copied, copied_bytes; /* tables; counted up */
};

/*
 * Bring the copy up to date, and open it once as strictly as a writer would.
 * Errors: FERRY_ELOCKED (it changes all the time), FERRY_EINDEX (it cannot be
 *     opened), FERRY_ESYSTEM, FERRY_ECANCELLED.
 */
int ferry_backup_index(struct ferry_backup_index *b, struct ferry_error *err);

#endif
