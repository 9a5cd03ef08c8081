#ifndef FERRY_BUNDLE_VOLUME_H
#define FERRY_BUNDLE_VOLUME_H

/*
 * Reading one volume, strictly and in one pass.
 *
 * Life cycle: _open reads the head's bytes and the signatures, without
 * looking into the head: nothing that no trusted key signed is parsed.  The
 * caller verifies the signatures, then calls _begin, which parses the
 * head and finds out which of its volumes this is.  Then _next and _content
 * alternate until _next returns 0.  After an error the volume can only be
 * closed.
 *
 * Memory: the head (8 MiB at most) and one index (4 MiB at most).
 */

#include "store/bundle/head.h"
#include "store/bundle/keys.h"
#include "store/bundle/member.h"

struct ferry_error;
struct ferry_volume;

#define FERRY_SIGNATURES_MAX 16

/*
 * Open the volume in file name below dirfd.  name is what errors call it.
 * Errors: FERRY_EFORMAT (not a volume), FERRY_ESIZE, FERRY_EUNDECLARED,
 *     FERRY_ELIMIT, FERRY_ESYSTEM.
 */
int ferry_volume_open(struct ferry_volume **out, int dirfd, const char *name,
    struct ferry_error *err);
void ferry_volume_close(struct ferry_volume *v);

/* The exact bytes that are signed; borrowed. */
struct ferry_bytes ferry_volume_text(const struct ferry_volume *v);
size_t ferry_volume_signatures(const struct ferry_volume *v);
/* The id that signature i says its key has; borrowed. */
const char *ferry_volume_signer(const struct ferry_volume *v, size_t i);
/*
 * One more signature, from beside the volume; one of a key that signed already
 * changes nothing.  Errors: FERRY_ELIMIT.
 */
int ferry_volume_countersign(struct ferry_volume *v, const char *signer,
    const uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err);
/* Its FERRY_SIGNATURE bytes; borrowed. */
const uint8_t *ferry_volume_signature(const struct ferry_volume *v, size_t i);

/*
 * Parse the head.  Errors as of ferry_head_parse(), FERRY_EMISSING (no index),
 * FERRY_EUNDECLARED.
 */
int ferry_volume_begin(struct ferry_volume *v, struct ferry_error *err);
const struct ferry_head *ferry_volume_head(const struct ferry_volume *v);
/* 1 to the head's volumes_n. */
size_t ferry_volume_number(const struct ferry_volume *v);

/*
 * The next member: 1 and *out, borrowed until the next call; 0 when every
 * declared member was there and nothing else is; -1.  Errors of this and of
 * _content do not name the volume.
 * Errors: FERRY_EDIGEST, FERRY_ESIZE, FERRY_EMISSING, FERRY_EUNDECLARED,
 *     FERRY_EFORMAT, FERRY_ENEWER, FERRY_ESYSTEM.
 */
int ferry_volume_next(struct ferry_volume *v, const struct ferry_member **out,
    struct ferry_error *err);
/*
 * Hand the current member's content to on_data; without this call it is passed
 * over unread.  Returns 0 after all of it had the declared size.
 *
 * FERRY_CONTENT_CHECKED: decoded, and the stored bytes' digest is checked here.
 * FERRY_CONTENT_UNCHECKED: the same, but of raw blobs the caller computes the
 *     SHA-256 and must compare it with the member's blob.  One pass of hashing
 *     is half of an import's time.
 * FERRY_CONTENT_STORED: as it travels, checked; and so recipes and pieces
 *     always are, of which size bytes come, not content_size.
 * Errors: as of _next, or on_data's.
 */
enum ferry_content_mode {
	FERRY_CONTENT_CHECKED,
	FERRY_CONTENT_UNCHECKED,
	FERRY_CONTENT_STORED
};
typedef int
ferry_volume_sink(void *ctx, const void *p, size_t n, struct ferry_error *err);
int ferry_volume_content(struct ferry_volume *v, enum ferry_content_mode mode,
    ferry_volume_sink *on_data, void *ctx, struct ferry_error *err);
/* Bytes of the file that were passed, for progress. */
uint64_t ferry_volume_offset(const struct ferry_volume *v);

#endif
