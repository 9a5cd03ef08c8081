#ifndef FERRY_SYNC_COMMAND_PROOF_H
#define FERRY_SYNC_COMMAND_PROOF_H

/*
 * That a command found all that it asked for: what `ferry prove` notes, for the
 * summary of the exports that follow.  The local record "last prove":
 *
 *	{"at":SECONDS,"command":[TEXT…],"versions":N,"closed":BOOL,
 *	 "seq":NUMBER | "bundle":DIR}
 *
 * seq: the journal's last record when it began; closed: it could reach nothing
 * else.
 */

#include <jansson.h>
#include <stdint.h>

struct ferry_context;
struct ferry_error;
struct ferry_store;

/* Note it; *takes* record.  Whoever writes to the store now is waited for as
 * ever.  Errors: FERRY_ELOCKED, of the store. */
int ferry_proof_keep(
    struct ferry_context *ctx, json_t *record, struct ferry_error *err);
/* What was proven of the store: 1 and *out, 0, -1. */
int
ferry_proof_get(struct ferry_store *st, json_t **out, struct ferry_error *err);
/* A line about that, for an export up to that record. */
void ferry_proof_print(const json_t *proof, uint64_t to);

#endif
