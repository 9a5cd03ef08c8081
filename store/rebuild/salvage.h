#ifndef FERRY_STORE_REBUILD_SALVAGE_H
#define FERRY_STORE_REBUILD_SALVAGE_H

/*
 * What can still be read of a damaged index: of the tables that its manifest
 * names, all blocks whose checksums are right; and where that is not all, of a
 * copy that RocksDB repaired as well, which knows no manifest and leaves out
 * whole tables.  The index itself is left as it is.
 */

#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/index/kv.h"

struct ferry_error;
struct ferry_salvage;
struct ferry_store;

/*
 * Of the store st, whose lock is held and whose index is not open, borrowed.
 * The copy (hard links) is STORE/index.copy.
 * Reads everything once, to know what is whole.
 * Errors: FERRY_EINDEX (nothing can be read at all), FERRY_ESYSTEM.
 */
int ferry_salvage_open(struct ferry_salvage **out, struct ferry_store *st,
    struct ferry_error *err);
void ferry_salvage_close(struct ferry_salvage *s);

/* NULL if everything of that family can be read, else what cannot. */
const char *ferry_salvage_why(const struct ferry_salvage *s, enum ferry_cf cf);

/*
 * Call on for each entry that can be read, in the order of keys; then, if the
 * family is not whole, for each of the repaired copy, most of them again.
 */
typedef int ferry_salvage_fn(void *ctx, struct ferry_bytes key,
    struct ferry_bytes value, struct ferry_error *err);
int ferry_salvage_each(struct ferry_salvage *s, enum ferry_cf cf,
    ferry_salvage_fn *on, void *ctx, struct ferry_error *err);
/* One entry: 1; 0 if there is none that can be read; -1 (FERRY_ENOMEM). */
int ferry_salvage_get(struct ferry_salvage *s, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_buf *out, struct ferry_error *err);

#define FERRY_SALVAGE_COPY "index.copy"
/* Remove a folder below st's, and the files in it and in its folder lost/. */
int ferry_salvage_remove(
    struct ferry_store *st, const char *name, struct ferry_error *err);

#endif
