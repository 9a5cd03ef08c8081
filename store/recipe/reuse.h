#ifndef FERRY_STORE_RECIPE_REUSE_H
#define FERRY_STORE_RECIPE_REUSE_H

/*
 * The streams of a base, as those of a blob have bytes or tokens of them.
 */

#include "store/base/bytes.h"
#include "store/recipe/tape.h"

struct ferry_error;

/* A stream of the base; at: bytes of the contents of those before it. */
struct ferry_reuse_stream {
	uint64_t at;
	struct ferry_bytes content, deflated;
};

/*
 * The streams, and the one that is being read; next: the one behind that which
 * a stream of the blob had last.
 *
 * Lifetime: borrows the streams until _free.
 */
struct ferry_reuse {
	const struct ferry_reuse_stream *streams;
	size_t n, next;
	size_t stream; /* that tape is of; n: none */
	uint64_t steps; /* of streams that were read before */
	struct ferry_tape tape;
};
/* Errors: FERRY_ENOMEM. */
int ferry_reuse_new(struct ferry_reuse **out,
    const struct ferry_reuse_stream *streams, size_t n,
    struct ferry_error *err);
void ferry_reuse_free(struct ferry_reuse *reuse); /* NULL is fine */

/*
 * Have the tape where a token begins at byte at of a stream's content; what is
 * behind it is reached from the stream's beginning.
 * Returns: whether one does, as ferry_tape_seek().
 */
bool ferry_reuse_seek(struct ferry_reuse *reuse, size_t stream, uint64_t at);
/* Steps of work so far. */
uint64_t ferry_reuse_steps(const struct ferry_reuse *reuse);

#endif
