#ifndef FERRY_STORE_RECIPE_REUSE_H
#define FERRY_STORE_RECIPE_REUSE_H

/*
 * Tokens of a base once more: where the content of a stream is that of one of
 * the base's for long enough, a model chooses what the base's compressor chose,
 * and reading that takes a tenth of searching for it.
 *
 * Not part of the encoding, and a guess: that the same model made the base is
 * not known.  So the two are compared first for a while, and whoever asks looks
 * at the digest of what came out, and does without where it differs.
 */

#include "store/base/bytes.h"
#include "store/recipe/inflate.h"

struct ferry_error;
struct ferry_model;
struct ferry_reuse;

/* A stream of the base: where its content, of n bytes, lies in the image. */
struct ferry_reuse_stream {
	uint64_t at, n;
	struct ferry_bytes deflated;
};

/*
 * Lifetime: borrows image, a spool's view, and streams, which ascend and do not
 *     overlap, until _free.
 * Memory: at most 2 MiB.
 */
int ferry_reuse_new(struct ferry_reuse **out, struct ferry_bytes image,
    const struct ferry_reuse_stream *streams, size_t n,
    struct ferry_error *err);
void ferry_reuse_free(struct ferry_reuse *r);

/* Whether anything was reused since _new. */
bool ferry_reuse_used(const struct ferry_reuse *r);

/*
 * Whether the model agreed with the base for long enough.  If not, it is to be
 * run all the same, and _tried told of how many bytes the two agreed.
 */
bool ferry_reuse_trusted(const struct ferry_reuse *r);
enum ferry_reuse_trial { FERRY_REUSE_AGREED, FERRY_REUSE_DIFFERED };
void ferry_reuse_tried(
    struct ferry_reuse *r, size_t bytes, enum ferry_reuse_trial outcome);

/* Returns: the base's stream of the same content, NULL if none was found. */
const struct ferry_reuse_stream *ferry_reuse_whole(struct ferry_reuse *r,
    const struct ferry_model *model, struct ferry_bytes raw);

/*
 * Begin with a stream of content raw, borrowed until the next _begin.
 * Errors: FERRY_ENOMEM.
 */
int ferry_reuse_begin(struct ferry_reuse *r, const struct ferry_model *model,
    struct ferry_bytes raw, struct ferry_error *err);
/* Before this raw position it is of no use to ask; SIZE_MAX: never. */
size_t ferry_reuse_from(const struct ferry_reuse *r);
/*
 * What the model chooses from raw position at on, which is the beginning or
 * directly behind a match, and not before ferry_reuse_from().
 *
 * Returns: how many tokens, at most max; the last one is a match.  0: none
 *     known.  *tokens is borrowed until the next call.
 */
size_t ferry_reuse_tokens(struct ferry_reuse *r, size_t at, uint64_t max,
    const struct ferry_token **tokens);
/* n of these tokens were used. */
void ferry_reuse_take(struct ferry_reuse *r, size_t n);

#endif
