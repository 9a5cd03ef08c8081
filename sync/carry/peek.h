#ifndef FERRY_CARRY_PEEK_H
#define FERRY_CARRY_PEEK_H

/*
 * Looking into bundles without importing them: which permission snapshots they
 * bring.
 */

#include <jansson.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_carry;
struct ferry_error;

/* text is a snapshot of upstream, value the record that names it; refused says
 * why an import would not take the bundle, or is NULL.  All are borrowed. */
typedef int ferry_on_access(void *ctx, const char *upstream,
    const json_t *value, struct ferry_bytes text,
    const struct ferry_error *refused, struct ferry_error *err);

/*
 * The newest snapshot of every upstream that the bundles at paths bring.
 * Signatures and digests are checked as an import does; nothing is stored if
 * the caller does not commit.  carry->st is a writer's: a key that speaks for
 * nobody yet would be bound.
 * Errors: as of ferry_gather() and of reading volumes; FERRY_ENOTFOUND (no
 * bundle), FERRY_EMISSING (a snapshot is neither in the volumes nor here).
 */
int ferry_peek_access(const struct ferry_carry *carry, char *const *paths,
    size_t n, ferry_on_access *on_access, void *ctx, struct ferry_error *err);

#endif
