#ifndef FERRY_SYNC_CARRY_RESUME_H
#define FERRY_SYNC_CARRY_RESUME_H

/*
 * The file ferry-ORIGIN.export beside unfinished volumes: what is needed to go
 * on after a kill.  Three lines: the signature of the rest by one of our keys,
 * in hexadecimal; where the export stands, with the SHA-256 of the third line;
 * and the head as far as it is known.  Replaced as a whole whenever a volume is
 * complete.
 *
 * The medium may have been in other hands meanwhile: without our signature the
 * file is worth nothing, or we would sign what somebody else wrote.
 */

#include "store/bundle/keys.h"
#include "store/bundle/writer.h"

struct ferry_error;

enum ferry_export_stage {
	FERRY_STAGE_WANTED, /* blobs that the site asked for */
	FERRY_STAGE_RECORDS,
	FERRY_STAGE_BLOBS,
	FERRY_STAGE_END, /* every volume is written */
	FERRY_STAGE_SEALED /* and signed: they only need their names */
};

/* Where to go on: at the wanted blob of number seq, with the record seq, or
 * at file of record seq; of that blob, behind what is in pieces already. */
struct ferry_export_cursor {
	enum ferry_export_stage stage;
	uint64_t seq;
	uint64_t file;
	uint64_t offset;
};

struct ferry_export_state {
	char options[512]; /* what it was started with, and the keys' ids */
	struct ferry_bundle_target target; /* dirfd is not stored */
	struct ferry_export_cursor cursor;
	uint64_t members, bytes; /* planned, for progress */
	struct ferry_head *head; /* owned */
	const struct ferry_keys *keys; /* ours; borrowed */
	bool ours; /* _load: the signature is right */
};

/* Durably.  Errors: FERRY_ESYSTEM. */
int ferry_resume_save(
    const struct ferry_export_state *state, struct ferry_error *err);
/*
 * 1 and *out (the caller frees out->head); 0 if there is none, or it is
 * damaged; -1.
 */
int ferry_resume_load(struct ferry_export_state *out, int dirfd,
    const char *origin_name, const struct ferry_keys *keys,
    struct ferry_error *err);
/* Remove the file, durably; and the .part files that it knows, if any. */
int ferry_resume_remove(
    const struct ferry_export_state *state, struct ferry_error *err);

#endif
