#ifndef FERRY_SYNC_CARRY_CONTENTS_H
#define FERRY_SYNC_CARRY_CONTENTS_H

/*
 * What a bundle carries of the journal.
 *
 * Records: those from `from` on that still stand.  A record whose key was put
 * again or deleted later is left out: the later one says all.
 *
 * Blobs: those named by carried records, unless the site has them.  It has
 * every blob whose number (ferry_blob_info.seq) is before `from`: that blob
 * has been named without a pause since then (store/catalog keeps the number
 * so), hence also by the state in which the site was left.  A blob that
 * several carried records name goes with the first of them in the order of
 * keys, so that no list of all blobs is needed to send each once.
 *
 * Left out are records that no site could take; they are found beforehand
 * (plan.c).
 */

#include <stdint.h>

#include "store/catalog/catalog.h"

struct ferry_blob_info;
struct ferry_error;
struct ferry_contents;
struct ferry_store;

/* Numbers of records, ascending; the last to be added is the highest. */
struct ferry_left_out {
	uint64_t *seqs; /* owned */
	size_t n, cap;
};
int ferry_left_out_add(
    struct ferry_left_out *left_out, uint64_t seq, struct ferry_error *err);
void ferry_left_out_clear(struct ferry_left_out *left_out);

/* left_out is borrowed until _free.  _next: 1, 0, -1; out is borrowed until the
 * next call. */
int ferry_contents_new(struct ferry_contents **out, struct ferry_store *st,
    uint64_t from, const struct ferry_left_out *left_out,
    struct ferry_error *err);
int ferry_contents_next(struct ferry_contents *s,
    struct ferry_journal_record *out, struct ferry_error *err);
void ferry_contents_free(struct ferry_contents *s);

/*
 * File i of the carried record: 1 and *file, *info if its blob goes with this
 * record, 0 if it does not, -1.
 * Errors: FERRY_EMISSING (the blob should go but is lost here).
 */
int ferry_contents_file(struct ferry_store *st,
    const struct ferry_journal_record *record, size_t i, uint64_t from,
    const struct ferry_left_out *left_out, struct ferry_file *file,
    struct ferry_blob_info *info, struct ferry_error *err);
/* Whether blob goes with some carried record; as above. */
int ferry_contents_has(struct ferry_store *st, const struct ferry_digest *blob,
    const struct ferry_blob_info *info, uint64_t from,
    const struct ferry_left_out *left_out, struct ferry_error *err);

#endif
