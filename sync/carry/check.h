#ifndef FERRY_SYNC_CARRY_CHECK_H
#define FERRY_SYNC_CARRY_CHECK_H

/*
 * Whether a bundle on a medium is what its head says, looked at as closely as an
 * import does, by somebody who does not import it.
 *
 * Of every blob the content is hashed, packed or in pieces, too; every record is
 * read as an import reads it.  What a site alone can tell is left to it: whether
 * it has the blobs that records name and the bundle does not bring, and what a
 * recipe gives whose bases are not here.
 *
 * Memory: one volume's, and a part of records (20 MiB).
 */

#include "sync/carry/find.h"

struct ferry_store;

struct ferry_check_result {
	uint64_t blobs; /* pieces of one counted once */
	uint64_t records;
	uint64_t recipes; /* of the blobs: as they travel, and not made again */
};

/*
 * Read every volume that is there, copies of one as well, to its end.  bases:
 * where bases of recipes are looked for; NULL: nowhere.
 * Errors: as of reading volumes; FERRY_EDIGEST (a blob is not what its name
 *     says), FERRY_EMISSING (a volume, a part of the records or a piece is),
 *     FERRY_EFORMAT, FERRY_EUNDECLARED, FERRY_ECANCELLED.  All but the first
 *     FERRY_EMISSING name the volume.
 */
int ferry_check_bundle(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_store *bases,
    struct ferry_check_result *out, struct ferry_error *err);

#endif
