#ifndef FERRY_STORE_RECIPE_CORRECTIONS_H
#define FERRY_STORE_RECIPE_CORRECTIONS_H

/*
 * What a model says wrongly of one stream: tokens, blocks, headers, each list
 * in the order of the stream.  FORMAT.md, "Corrections", has the bytes.
 */

#include "store/base/bytes.h"
#include "store/recipe/deflate.h"

struct ferry_error;

/* The three lists as they are written. */
struct ferry_corrections {
	struct ferry_buf tokens, blocks, headers;
	uint64_t n; /* corrections in all three */
	uint64_t token_next, block_next, header_next; /* behind the last */
};
#define FERRY_CORRECTIONS_INIT                                                 \
	{                                                                      \
		FERRY_BUF_INIT, FERRY_BUF_INIT, FERRY_BUF_INIT, 0, 0, 0, 0     \
	}

/* A block that the model would end elsewhere, or write as another type. */
struct ferry_correction_block {
	enum ferry_deflate_type type;
	bool final;
	uint32_t tokens;
};

/*
 * Add: indexes, from 0, ascend within each list.  A header is that of a dynamic
 * block.  Errors: FERRY_ENOMEM.
 */
int ferry_corrections_token(struct ferry_corrections *c, uint64_t index,
    struct ferry_token token, struct ferry_error *err);
int ferry_corrections_block(struct ferry_corrections *c, uint64_t index,
    const struct ferry_correction_block *block, struct ferry_error *err);
int ferry_corrections_header(struct ferry_corrections *c, uint64_t index,
    const struct ferry_deflate_header *header, struct ferry_error *err);
size_t ferry_corrections_size(const struct ferry_corrections *c);
/* Append all that a reader needs. */
int ferry_corrections_write(const struct ferry_corrections *c,
    struct ferry_buf *buf, struct ferry_error *err);
void ferry_corrections_reset(struct ferry_corrections *c);
void ferry_corrections_free(struct ferry_corrections *c);

/*
 * Reading, list by list: the next correction is taken where it is for index.
 *
 * Invariant: a list has an entry read ahead (has) or is at its end.
 */
struct ferry_correction_list {
	struct ferry_bytes rest;
	uint64_t index; /* of the entry that was read ahead */
	bool has;
};
struct ferry_correction_reader {
	struct ferry_correction_list tokens, blocks, headers;
};
/*
 * Take one stream's corrections off in; they are borrowed.
 * Errors of this and the following: FERRY_EFORMAT, FERRY_ELIMIT.
 */
int ferry_correction_reader_begin(struct ferry_correction_reader *r,
    struct ferry_bytes *in, struct ferry_error *err);
/*
 * Returns: 1 and *out; 0 if there is no correction for index; -1.  Tokens are
 * as they were written: whether they fit is for the caller to say.  Of headers
 * lengths and steps agree and make codes.
 */
int ferry_correction_token(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_token *out, struct ferry_error *err);
int ferry_correction_block(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_correction_block *out, struct ferry_error *err);
int ferry_correction_header(struct ferry_correction_reader *r, uint64_t index,
    struct ferry_deflate_header *out, struct ferry_error *err);
/* Whether nothing, or nothing more, is said. */
bool ferry_correction_reader_done(const struct ferry_correction_reader *r);
/* Errors: FERRY_EFORMAT if corrections are left. */
int ferry_correction_reader_end(
    const struct ferry_correction_reader *r, struct ferry_error *err);

#endif
