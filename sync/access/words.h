#ifndef FERRY_SYNC_ACCESS_WORDS_H
#define FERRY_SYNC_ACCESS_WORDS_H

/* Records of a permission snapshot as people say them: names for numbers. */

#include <jansson.h>

#include "store/access/snapshot.h"

struct ferry_buf;
struct ferry_error;

struct ferry_words {
	struct ferry_snapshot *s; /* NULL: of an empty text */
	json_t *packages; /* names by number */
};
/* Errors: as of ferry_snapshot_read(). */
int ferry_words_new(
    struct ferry_words *out, struct ferry_bytes text, struct ferry_error *err);
void ferry_words_free(struct ferry_words *words);

/* Append what record says.  Returns: 1, 0 for what nobody wants to be told
 * (when it was taken), -1. */
int ferry_words_of(const struct ferry_words *words, const json_t *record,
    struct ferry_buf *out, struct ferry_error *err);

#endif
