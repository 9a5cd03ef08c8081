#ifndef FERRY_STORE_RECIPE_EXPAND_INTERNAL_H
#define FERRY_STORE_RECIPE_EXPAND_INTERNAL_H

/*
 * What the parts of an expansion share; nobody else includes it.
 */

#include "store/recipe/expand.h"

struct ferry_expand_level;

/* Pass on all of the bytes, which are the content of a stream. */
typedef int ferry_expand_on_content(struct ferry_expand_level *level,
    struct ferry_bytes bytes, struct ferry_error *err);

/* left of max: how many bytes of content streams may still have; what was tried in
 * vain counts, too. */
struct ferry_expand {
	int dirfd;
	struct ferry_expansion *out;
	uint64_t max, left;
	ferry_expand_on_stream *on_stream;
	void *ctx;
	/* Handed over, as what lies in streams is found by those who find
	 * streams: ferry_expand_holds(), _content(). */
	bool (*holds)(struct ferry_bytes content);
	ferry_expand_on_content *on_content;
	const struct ferry_heed *heed;
	uint64_t since; /* bytes, since it was heeded */
};

/*
 * The blob, or the content of a stream that others lie in.
 * before: bytes that were kept since the last stream; children: streams.
 */
struct ferry_expand_level {
	struct ferry_expand *x;
	unsigned depth;
	uint64_t before;
	uint32_t children;
};

/* Bytes that stay what they are. */
int ferry_expand_keep(struct ferry_expand_level *level,
    struct ferry_bytes bytes, struct ferry_error *err);
/*
 * A stream that should begin at the first byte of deflated.
 * Returns: 1 and how many bytes it took; 0 if it is none that can be written
 *     again; -1.
 */
int ferry_expand_stream(struct ferry_expand_level *level,
    struct ferry_bytes deflated, size_t *used, struct ferry_error *err);

/* Each passes on all of the bytes. */
int ferry_expand_blob(struct ferry_expand_level *level,
    struct ferry_bytes bytes, struct ferry_error *err);
int ferry_expand_content(struct ferry_expand_level *level,
    struct ferry_bytes bytes, struct ferry_error *err);
int ferry_expand_zip(struct ferry_expand_level *level, struct ferry_bytes bytes,
    struct ferry_error *err);
/* Whether streams are looked for in the content of a stream, a spool's view. */
bool ferry_expand_holds(struct ferry_bytes content);
/* Whether bytes begin as a zip does. */
bool ferry_expand_is_zip(struct ferry_bytes bytes);

#endif
