#ifndef FERRY_STORE_RECIPE_PLAN_H
#define FERRY_STORE_RECIPE_PLAN_H

/*
 * Where in an image the contents of streams lie.
 *
 * An image is a blob in which every stream of deflate that is looked for is
 * replaced by its content, and in that content again.
 */

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_PLAN_STREAMS 65536
#define FERRY_PLAN_DEPTH 3 /* streams within streams within streams */
#define FERRY_PLAN_BYTES (4U << 20) /* as it is written, at most */

/*
 * A stream, in the order in which they begin; those within it follow it.
 *
 * before: bytes between it and the stream before it, or what it lies in.
 * span: bytes of the image that its content takes.
 * children: streams that lie in it, not counting those in these.
 */
struct ferry_plan_stream {
	uint64_t before, span;
	uint32_t children;
	uint8_t model; /* number; not known to an expansion */
	uint8_t padding; /* bits behind its end; likewise */
};
struct ferry_plan {
	struct ferry_plan_stream *v;
	size_t n, cap;
};
#define FERRY_PLAN_INIT                                                        \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Add a stream.  Errors: FERRY_ENOMEM. */
int ferry_plan_add(struct ferry_plan *plan,
    const struct ferry_plan_stream *stream, struct ferry_error *err);
void ferry_plan_free(struct ferry_plan *plan);
/* How many streams lie in no other. */
size_t ferry_plan_outer(const struct ferry_plan *plan);

/*
 * Append where the streams lie, which an expansion knows; then, what only a
 * maker knows.
 */
int ferry_plan_write_places(const struct ferry_plan *plan,
    struct ferry_buf *buf, struct ferry_error *err);
int ferry_plan_write_models(const struct ferry_plan *plan,
    struct ferry_buf *buf, struct ferry_error *err);
/*
 * Read both, of n streams in an image of size bytes, to the end of text.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT (streams outside of the image, or of what
 *     they lie in; too deep), FERRY_ENEWER (an unknown model).
 */
int ferry_plan_read(struct ferry_plan *plan, struct ferry_bytes text, size_t n,
    uint64_t size, struct ferry_error *err);

#endif
