#ifndef FERRY_SYNC_PULL_WANTS_H
#define FERRY_SYNC_PULL_WANTS_H

/*
 * What is wanted of a puller, by whom, and what became of it.
 *
 * A want's life: it comes from the socket, once for all who want the same; it is
 * begun in a run (with the first upstream that may supply it), waits there, and
 * is answered when it is here and committed, or when no upstream is left.  One
 * that a run could not finish is begun anew in the next.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/pull/message.h"

struct ferry_error;
struct ferry_pull_socket;
struct ferry_run;
struct ferry_wants;

#define FERRY_WANTS_MAX 4096 /* of all that wait, together */

/* Nothing is wanted yet.  Errors: FERRY_ENOMEM. */
int ferry_wants_new(struct ferry_wants **out, struct ferry_error *err);
void ferry_wants_free(struct ferry_wants *wants); /* NULL is fine */
/* Told of what is here, each time that it was asked for; ctx of on is its own.
 * Before the first question. */
void ferry_wants_tell(
    struct ferry_wants *wants, const struct ferry_pull_on_uses *on);
/* Where answers go. */
void ferry_wants_answer(struct ferry_wants *wants, struct ferry_pull_socket *s);

/* As ferry_pull_on_ask; ctx is a struct ferry_wants. */
void
ferry_wants_ask(void *ctx, uint64_t conn, const struct ferry_pull_ask *ask);

/* How many wait; how many of them were begun in this run. */
size_t ferry_wants_count(const struct ferry_wants *wants);
size_t ferry_wants_begun(const struct ferry_wants *wants);

/* Of all answers since the start. */
struct ferry_wants_counts {
	uint64_t here, absent, refused, failed;
};
const struct ferry_wants_counts *
ferry_wants_counts(const struct ferry_wants *wants);

/* What was refused, a list of refused.h, borrowed. */
json_t **ferry_wants_refused(struct ferry_wants *wants);

/* Begin what was not, in run.  -1: the store failed, or memory. */
int ferry_wants_begin(
    struct ferry_wants *wants, struct ferry_run *run, struct ferry_error *err);
/* Commit (ferry_store_commit_soon()) and answer what came to an end in run; whoever
 * takes what comes is answered before.  -1: as above. */
int ferry_wants_settle(
    struct ferry_wants *wants, struct ferry_run *run, struct ferry_error *err);
/* As on_grow of a run; ctx is a struct ferry_wants. */
struct ferry_blob_writer;
struct ferry_upstream;
void ferry_wants_grow(void *ctx, const struct ferry_upstream *up,
    const char *package, const char *version, const char *file, bool is_main,
    const struct ferry_blob_writer *writer);
/* The run is over: what it did not finish was not begun. */
void ferry_wants_put_back(struct ferry_wants *wants);
/* It failed, and why says why: nobody waits any more. */
void ferry_wants_fail(struct ferry_wants *wants, const struct ferry_error *why);

#endif
