#ifndef FERRY_CARRY_IMPORT_H
#define FERRY_CARRY_IMPORT_H

/*
 * Bringing bundles into a store, in two stages.
 *
 * 1. Every volume is read once, in any order: signatures, policy, then each
 *    member is checked while its blob is written.  Blobs that no record names
 *    are invisible.  What is complete is remembered, so that a repeat needs
 *    only the volumes that were damaged or missing.
 * 2. When everything that the head declares is here, the records are checked
 *    as a whole, and then applied in order.  A kill in between is repaired by
 *    repeating: applying a record twice changes nothing.
 *
 * Local records:
 *
 *	incoming ORIGIN		{"head","volumes":[1,3],"at"}
 *	part ORIGIN NUMBER	a part of records, kept as a blob meanwhile
 *
 * While there is an `incoming` record, blobs that nothing names may be an
 * import's that is not complete.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/error.h"
#include "store/bundle/head.h"
#include "sync/base/task.h"

struct ferry_conf;
struct ferry_protect;

enum ferry_import_outcome {
	FERRY_IMPORT_APPLIED,
	FERRY_IMPORT_ALREADY, /* nothing new; lost blobs were repaired */
	FERRY_IMPORT_REFUSED /* why tells */
};

/* What became of one bundle. */
struct ferry_import_bundle {
	enum ferry_import_outcome outcome;
	char origin[FERRY_STORE_ID];
	char origin_name[FERRY_NAME];
	uint64_t from, to;
	size_t volumes, volumes_read, volumes_kept; /* of earlier runs */
	uint64_t records; /* applied */
	uint64_t skipped; /* not this origin's to bring */
	bool anew; /* it began a new history of its origin */
	uint64_t
	    stayed; /* of that: what is removed here, or newer, stayed so */
	uint64_t blobs; /* new here */
	uint64_t blob_bytes; /* of those */
	uint64_t blobs_known; /* that were here already */
	uint64_t repaired; /* of the new: that were lost here */
	struct ferry_error why;
};

struct ferry_import_result {
	struct ferry_import_bundle *bundles;
	size_t n, cap;
	/* The receipt that was written onto the medium, or "". */
	char receipt[4400];
};

struct ferry_import_options {
	char *const *paths; /* folders and files */
	size_t paths_n;
	bool no_receipt;
	const struct ferry_protect *protect;
	struct ferry_conf *conf; /* says where wishes are (wishes.h); or NULL */
	/* The id of an origin whose new history the operator takes, or NULL. */
	const char *new_history;
};

/*
 * Needs a writer's store.  result is filled as far as it goes even when -1 is
 * returned; the caller frees it with ferry_import_clear().
 *
 * Returns 0 if every bundle is now here.  Bundles for other sites and older
 * ones are no failure beside one that is welcome.  Otherwise err is the first
 * refusal; the others were notes.
 * Errors: every refusal: FERRY_ESIGNATURE,
 *     FERRY_EREVOKED, FERRY_EWRONGSITE, FERRY_EGAP, FERRY_EREPLAY,
 *     FERRY_EFORK, FERRY_EEXPIRED, FERRY_ENEWER, FERRY_EUNDECLARED,
 *     FERRY_EMISSING, FERRY_ESIZE, FERRY_EDIGEST, FERRY_EFORMAT,
 *     FERRY_ELIMIT; FERRY_ENOTFOUND (no bundle there), FERRY_ESYSTEM.
 */
int ferry_import(const struct ferry_task *task,
    const struct ferry_import_options *options,
    struct ferry_import_result *result, struct ferry_error *err);
void ferry_import_clear(struct ferry_import_result *result);

#endif
