#ifndef FERRY_ACCESS_SNAPSHOT_WRITE_H
#define FERRY_ACCESS_SNAPSHOT_WRITE_H

/*
 * Writing the text of a permission snapshot: records in any order, each as
 * often as it was learnt, become sorted lines without repetitions, so that
 * equal facts give equal bytes.
 *
 * Threads: one writer each.
 */

#include <jansson.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/* All zero is an empty one. */
struct ferry_snapshot_writer {
	char **lines;
	size_t n, cap;
	size_t tidy_at; /* when repetitions are dropped next */
	size_t bytes;
};

/*
 * Takes record, an object whose first member is "kind".  Errors: FERRY_ELIMIT
 * (longer than a line may be, or all of it than a snapshot), FERRY_ENOMEM (or
 * record is NULL).
 */
int ferry_snapshot_add(
    struct ferry_snapshot_writer *w, json_t *record, struct ferry_error *err);
/* Append the text so far. */
int ferry_snapshot_text(struct ferry_snapshot_writer *w, struct ferry_buf *out,
    struct ferry_error *err);
void ferry_snapshot_writer_free(struct ferry_snapshot_writer *w);

/*
 * Call on_line with every line of a text, parsed; it may keep record by a
 * reference of its own.  -1 from it ends the walk.
 */
typedef int ferry_on_snapshot_line(
    void *ctx, const char *kind, json_t *record, struct ferry_error *err);
int ferry_snapshot_lines(struct ferry_bytes text,
    ferry_on_snapshot_line *on_line, void *ctx, struct ferry_error *err);

#endif
