#ifndef FERRY_BUNDLE_ENCODE_H
#define FERRY_BUNDLE_ENCODE_H

/*
 * How a blob travels best: as it is, compressed, or as what differs from
 * another blob.
 */

#include "store/bundle/member.h"

struct ferry_error;
struct ferry_model;
struct ferry_pack;
struct ferry_store;

/* What is made for one blob after another; fields are for reading but max. */
struct ferry_encoder {
	struct ferry_store *st; /* borrowed */
	uint64_t max; /* nothing larger is made */
	struct ferry_pack *pack;
	struct ferry_buf frame; /* what travels of the blob, unless raw */
	struct ferry_buf spare;
	const struct ferry_model *model; /* of the last recipe */
	uint64_t recipes, saved; /* how many, and the bytes that saved */
};

/* Errors: FERRY_ENOMEM.  _close is due after either. */
int ferry_encoder_open(
    struct ferry_encoder *e, struct ferry_store *st, struct ferry_error *err);
void ferry_encoder_close(struct ferry_encoder *e);

/*
 * Set encoding, and bases, of the blob that member is, which is raw so far;
 * unless it stays that, put its bytes into e->frame.  A recipe is from base,
 * which may be NULL.
 * Errors: FERRY_EMISSING, FERRY_ESIZE, FERRY_EDIGEST (the blob's bytes are gone
 *     or not those of its name), FERRY_ENOMEM, FERRY_ESYSTEM.
 */
int ferry_encode(struct ferry_encoder *e, struct ferry_member *member,
    const struct ferry_digest *base, struct ferry_error *err);

#endif
