#ifndef FERRY_STORE_RECIPE_COPIES_H
#define FERRY_STORE_RECIPE_COPIES_H

/*
 * What a stream has of the base's: all of its bytes, or the tokens of some
 * stretches.  FORMAT.md, "Copies".
 */

#include "store/base/bytes.h"
#include "store/recipe/deflate.h"

struct ferry_error;

/* Bytes [at, at + n) of the content have the tokens of the base's stream from
 * byte from of its content on. */
struct ferry_copy {
	uint64_t at, n;
	size_t stream;
	uint64_t from;
};

/*
 * A list, and what its next entry is counted from: the end of the last one.
 * At first that is the beginning of the base's stream next, perhaps one behind
 * the last of them.
 */
struct ferry_copies {
	struct ferry_buf list;
	size_t n; /* entries */
	uint64_t bytes; /* that they copy */
	struct ferry_copy last;
};
#define FERRY_COPIES_INIT                                                      \
	{                                                                      \
		FERRY_BUF_INIT, 0, 0,                                          \
		{                                                              \
			0, 0, 0, 0                                             \
		}                                                              \
	}
/* Empty it. */
void ferry_copies_begin(struct ferry_copies *copies, size_t next);
/* copy lies behind the last one.  Errors: FERRY_ENOMEM. */
int ferry_copies_add(struct ferry_copies *copies, const struct ferry_copy *copy,
    struct ferry_error *err);
void ferry_copies_free(struct ferry_copies *copies);

/* How a stream begins: with copies, perhaps none, or as the whole stream whole.
 * Append it, next as above.  Errors: FERRY_ENOMEM. */
int ferry_copies_write(const struct ferry_copies *copies, struct ferry_buf *buf,
    struct ferry_error *err);
int ferry_copies_write_whole(
    size_t whole, size_t next, struct ferry_buf *buf, struct ferry_error *err);
/*
 * Take it off in: *whole, or SIZE_MAX and *list, which is borrowed.
 * Errors of this and the following: FERRY_EFORMAT, FERRY_ELIMIT.
 */
int ferry_copies_take(struct ferry_bytes *in, size_t streams, size_t next,
    size_t *whole, struct ferry_bytes *list, struct ferry_error *err);

/* Reading a list.  Invariant: copy is the next one, if has. */
struct ferry_copy_reader {
	struct ferry_bytes rest;
	uint64_t size; /* of the content */
	size_t streams; /* of the base */
	bool has;
	struct ferry_copy copy;
};
int ferry_copy_reader_begin(struct ferry_copy_reader *r,
    struct ferry_bytes list, uint64_t size, size_t streams, size_t next,
    struct ferry_error *err);
int
ferry_copy_reader_next(struct ferry_copy_reader *r, struct ferry_error *err);

/*
 * How far back a match is here that was another distance back in the base, as
 * something was put in or taken out between.
 *
 * Invariants: v[first..n) are copies that follow each other in one stream, of
 * content and base alike; here is the one at hand, and counts is whether it
 * follows them.
 */
struct ferry_copy_map {
	struct ferry_copy *v;
	size_t first, n, cap;
	struct ferry_copy here;
	bool counts;
};
void ferry_copy_map_begin(struct ferry_copy_map *map);
void ferry_copy_map_free(struct ferry_copy_map *map);
/* What follows is of copy, whose n need not be known, and which does not begin
 * before others did. */
void
ferry_copy_map_enter(struct ferry_copy_map *map, const struct ferry_copy *copy);
/* It had n bytes.  Without this it is as if it had never been entered.
 * Errors: FERRY_ENOMEM. */
int ferry_copy_map_leave(
    struct ferry_copy_map *map, uint64_t n, struct ferry_error *err);
/* The distance of a match of the copy, at byte at of the content, which is raw;
 * perhaps one that reaches before the content. */
unsigned ferry_copy_map_distance(const struct ferry_copy_map *map,
    struct ferry_token match, size_t at, struct ferry_bytes raw);

#endif
