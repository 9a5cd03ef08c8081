#ifndef FERRY_STORE_RECIPE_ASSEMBLY_H
#define FERRY_STORE_RECIPE_ASSEMBLY_H

/*
 * Assemblies of .NET, and symbols, turned: their compiler numbers everything, so
 * that whatever is added changes half of the bytes behind it.  As differences
 * from the number before, most of them stay what they were.
 *
 * In place, and part of the encoding: FORMAT.md, "Turning", has the rule.
 * Source: ECMA-335, II.22 to II.25, III; Portable PDB, specification v1.0.
 */

#include "store/base/bytes.h"

struct ferry_error;

/* Tables of more bytes stay what they are. */
#define FERRY_ASSEMBLY_TABLE (4U << 20)

enum ferry_assembly_way { FERRY_ASSEMBLY_TURN, FERRY_ASSEMBLY_BACK };
/*
 * Turn n bytes at p, or turn them back: that gives what they were, whatever that
 * is.  scratch is the caller's, for one call after the other.
 *
 * Returns: 1; 0 if there is nothing to turn, and nothing was done; -1.
 * Errors: FERRY_ENOMEM.
 */
int ferry_assembly_turn(uint8_t *p, size_t n, enum ferry_assembly_way way,
    struct ferry_buf *scratch, struct ferry_error *err);

#endif
