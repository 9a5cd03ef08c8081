#ifndef FERRY_CARRY_EXPORT_H
#define FERRY_CARRY_EXPORT_H

/*
 * Writing a bundle onto a medium: which records, for whom, where from.
 *
 *	no option	everything, from record 1: for a new site, or any
 *	--for SITE	what the site's newest receipt does not show, and what
 *			it says it lost
 *	--one-way	what came after the newest export to the same site (or
 *			to any), which is assumed to have arrived
 *	--since N	what came after record N
 *
 * Blobs travel as recipes, where that pays: from what a site with a receipt has,
 * from what the same volume brings before, or from nothing.
 *
 * A bundle is complete or it is not there: volumes have their names only
 * after all of them are written and signed.  A killed export is gone on with
 * by the same call, from the last volume that was complete; any other call
 * removes what it left.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/writer.h"
#include "sync/base/task.h"

struct ferry_error;

struct ferry_export_options {
	const char *to; /* folder */
	const char *site; /* name or id, or NULL */
	const char *site_id; /* registers a new site called site */
	bool one_way;
	bool has_since;
	uint64_t since;
	uint64_t volume_size; /* 0: as the medium allows */
	int64_t expires_s; /* 0: never */
	bool dry_run;
	bool whole; /* no recipes */
	bool inspectable; /* nor anything else but files as they are */
	bool repack; /* recipes also of what has no base */
	enum ferry_recipe_effort effort;
};

enum ferry_export_outcome {
	FERRY_EXPORT_NOTHING, /* the site has everything */
	FERRY_EXPORT_PLANNED, /* dry run */
	FERRY_EXPORT_WRITTEN,
	FERRY_EXPORT_ALREADY /* a complete bundle of the same records is there */
};

struct ferry_export_result {
	enum ferry_export_outcome outcome;
	char site_name[FERRY_NAME]; /* "" if for any */
	char base[FERRY_BASE_NAME];
	uint64_t from, to;
	uint64_t records, blobs;
	uint64_t left_out; /* records that no site could take */
	uint64_t cached; /* versions that only clients asked for; resumed: 0 */
	uint64_t blob_bytes;
	uint64_t bytes; /* of all volumes; planned: an estimate */
	uint64_t volumes; /* planned: an estimate */
	bool assumed; /* delivery of an earlier export was assumed */
	bool resumed;
	char head[FERRY_DIGEST_TEXT]; /* hexadecimal, "" if none */
};

/*
 * Needs a writer's store, unless dry_run.
 * Errors: FERRY_EUSAGE, FERRY_EMISSING and FERRY_EDIGEST (a blob is lost or
 *     rotten here), FERRY_EFORK (the site's receipt is of another history),
 *     FERRY_EEXIST (another store's unfinished export is in the folder),
 *     FERRY_ESYSTEM, FERRY_ECANCELLED.
 */
int ferry_export(const struct ferry_task *task,
    const struct ferry_export_options *options,
    struct ferry_export_result *result, struct ferry_error *err);

#endif
