#ifndef FERRY_STORE_RECIPE_INFLATE_H
#define FERRY_STORE_RECIPE_INFLATE_H

/*
 * Reading deflate, token by token.
 *
 * Both ends of a gap must read a stream alike, or their images differ: so this
 * is the only reader, it is stricter than others, and what it takes is part of
 * the encoding (FORMAT.md, "Streams").  It refuses what it could not write
 * again: length 258 written as 227 + 31, bits that pad a stored block and are
 * not zero, more than 2^20 tokens in a block.
 *
 * A refusal is a result, not an error: the bytes are then carried as they are.
 */

#include "store/base/bytes.h"
#include "store/recipe/deflate.h"

#define FERRY_INFLATE_BLOCK_TOKENS (1U << 20) /* in one block, at most */
#define FERRY_INFLATE_TABLE 10 /* bits that are looked up at once */

/* A prefix code, made ready for reading. */
struct ferry_inflate_code {
	/* symbol << 4 | length, 0 where the code is longer. */
	uint16_t table[1U << FERRY_INFLATE_TABLE];
	uint16_t counts[FERRY_DEFLATE_CODE_MAX + 1];
	uint16_t symbols[FERRY_DEFLATE_LITERALS];
};

/*
 * A reader; may be copied to look ahead.  Only header, final and size are for
 * others to read, after _block returned 1.
 */
struct ferry_inflate {
	struct ferry_bytes in; /* borrowed */
	size_t at; /* of the next byte that is not in bits */
	uint64_t bits;
	unsigned held;
	bool final; /* this block is the last */
	bool inside; /* a block whose end was not read yet */
	uint16_t size; /* bytes of a stored block */
	uint32_t tokens; /* of this block so far */
	struct ferry_deflate_header header;
	struct ferry_inflate_code literals, distances;
};

enum ferry_inflate_result {
	FERRY_INFLATE_REFUSED = -1,
	FERRY_INFLATE_END = 0, /* of the block, or of the stream */
	FERRY_INFLATE_MORE = 1
};

/* Begin at the first byte of in, which may go on behind the stream. */
void ferry_inflate_begin(struct ferry_inflate *in, struct ferry_bytes bytes);
/*
 * The next block's header.  END after the final block.  The block before must
 * have been read to its end.
 */
enum ferry_inflate_result ferry_inflate_block(struct ferry_inflate *in);
/*
 * The next token of a block that is not stored, and the literal's byte.  Whether
 * its distance reaches back too far is for the caller to say.
 */
enum ferry_inflate_result ferry_inflate_token(
    struct ferry_inflate *in, struct ferry_token *out, uint8_t *literal);
/*
 * As many tokens, at most max, as can be read at once; the literals' bytes are
 * not told.  Returns: how many; 0: _token() tells what follows.
 */
size_t ferry_inflate_tokens(
    struct ferry_inflate *in, struct ferry_token *out, size_t max);
/* The content of a stored block, which ends with it; borrowed. */
enum ferry_inflate_result
ferry_inflate_stored(struct ferry_inflate *in, struct ferry_bytes *out);
/*
 * After the stream's END: how many bytes it took, and the bits behind its end
 * in the last of them.
 */
size_t ferry_inflate_used(const struct ferry_inflate *in, uint8_t *padding);

/*
 * Inflate all of a stream and hand its bytes to on_data in pieces of at most
 * 64 KiB.
 *
 * Returns: 1, *used set, *raw the number of bytes; 0 if it was refused or
 *     would give more than max bytes, *used and *raw how far it got; -1 if
 *     on_data failed.
 */
typedef int
ferry_recipe_sink(void *ctx, const void *p, size_t n, struct ferry_error *err);
int ferry_inflate_all(struct ferry_bytes in, uint64_t max,
    ferry_recipe_sink *on_data, void *ctx, size_t *used, uint64_t *raw,
    struct ferry_error *err);

#endif
