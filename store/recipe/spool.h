#ifndef FERRY_STORE_RECIPE_SPOOL_H
#define FERRY_STORE_RECIPE_SPOOL_H

/*
 * Bytes that are written in order and then looked at anywhere: a file without
 * a name, mapped.  What is looked at is the page cache's memory, which the
 * system takes back when it needs it.
 */

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;
struct ferry_spool;

/*
 * The file is made in the folder dirfd (borrowed for the call; AT_FDCWD: the
 * current one) and may become max bytes large.
 * Errors of this and the following: FERRY_ESYSTEM (disk full …), FERRY_ELIMIT
 *     (more than max).
 */
int ferry_spool_new(
    struct ferry_spool **out, int dirfd, uint64_t max, struct ferry_error *err);
void ferry_spool_free(struct ferry_spool *s);

/* Append; the second form is a ferry_recipe_sink, ctx the spool. */
int ferry_spool_write(
    struct ferry_spool *s, const void *p, size_t n, struct ferry_error *err);
int
ferry_spool_sink(void *ctx, const void *p, size_t n, struct ferry_error *err);
uint64_t ferry_spool_size(const struct ferry_spool *s);
/* Forget what is behind the first size bytes. */
int
ferry_spool_cut(struct ferry_spool *s, uint64_t size, struct ferry_error *err);

/* All bytes so far; borrowed until _cut or _free.  Writing on leaves a view
 * what it was. */
int ferry_spool_view(
    struct ferry_spool *s, struct ferry_bytes *out, struct ferry_error *err);
/* The same, to change them where they are: views of them change, too. */
int
ferry_spool_edit(struct ferry_spool *s, uint8_t **out, struct ferry_error *err);
/* The first n bytes are not needed soon: they no longer count as this process's
 * memory. */
void ferry_spool_pass(struct ferry_spool *s, uint64_t n);
/* The same of the whole pages of a view: of a spool, or of another file that is
 * mapped and not written to, never of other memory. */
void ferry_spool_pass_view(struct ferry_bytes view);
/* The SHA-256 of any bytes; if mapped they are such a view, and given back.
 * Errors: FERRY_ENOMEM. */
int ferry_spool_hash(struct ferry_bytes bytes, bool mapped,
    struct ferry_digest *out, struct ferry_error *err);

#endif
