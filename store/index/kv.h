#ifndef FERRY_STORE_INDEX_KV_H
#define FERRY_STORE_INDEX_KV_H

/*
 * RocksDB as ferry uses it: seven column families, one pending write batch
 * that the writer's own reads see, prefix iteration, and secondary instances.
 * Only store/ includes this header.
 *
 * Threads: reads of a secondary may come from many threads, also while one
 * thread catches up.  A writer's handle belongs to one thread; only
 * ferry_kv_get_committed() and iteration may run in others.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_kv;
struct ferry_kv_iter;

enum ferry_cf {
	FERRY_CF_META, /* schema, journal head, counters */
	FERRY_CF_CATALOG, /* key → record */
	FERRY_CF_JOURNAL, /* big-endian number → record */
	FERRY_CF_REF, /* digest ‖ key → nothing: who names a blob */
	FERRY_CF_BLOB, /* digest → place, size, first record */
	FERRY_CF_BYTES, /* digest → content of a small blob */
	FERRY_CF_LOCAL, /* what never leaves this store */
	FERRY_CFS
};

enum ferry_kv_mode {
	FERRY_KV_CREATE,
	FERRY_KV_WRITE,
	FERRY_KV_READ,
	FERRY_KV_SALVAGE /* read what can be read; writes nothing */
};
/* What is said of a family: "journal" … */
const char *ferry_cf_name(enum ferry_cf cf);

/*
 * Open the index in folder path.  FERRY_KV_READ opens a secondary instance
 * that keeps its own log in scratch (a folder that only it uses).
 * FERRY_KV_SALVAGE opens even if tables are damaged or gone, as long as the
 * manifest names them: what lacks is an error of whoever reads that.  Commits
 * that cannot be read in the log are skipped without a word.
 * Errors: FERRY_EINDEX.
 */
int ferry_kv_open(struct ferry_kv **out, const char *path,
    enum ferry_kv_mode mode, const char *scratch, struct ferry_error *err);
void ferry_kv_close(struct ferry_kv *kv);
/*
 * Whether a writer could open the index in folder path: every table, and the
 * log to its end.  Writes nothing; nobody may be writing meanwhile.
 * Errors: FERRY_EINDEX.
 */
int ferry_kv_probe(const char *path, struct ferry_error *err);
/* The same of the log, the manifest and the family of totals alone. */
int ferry_kv_probe_log(const char *path, struct ferry_error *err);
/*
 * Of a copy: the first, and tables that its manifest does not name are removed.
 * They may be links to what a writer of the other index is still writing, and
 * whoever writes to the copy would give their names to tables of its own.
 */
int ferry_kv_probe_copy(const char *path, struct ferry_error *err);
/*
 * Read the filters of tables, which iteration passes over: of all tables of a
 * family for their least key, or of those whose range has key for what follows
 * it.  Errors: FERRY_EINDEX.
 */
int ferry_kv_ask_tables(
    struct ferry_kv *kv, enum ferry_cf cf, struct ferry_error *err);
int ferry_kv_ask_beyond(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_error *err);
/*
 * Make an index whose manifest is damaged one that can be opened, of those of
 * its tables that are whole; what is not goes to path/lost.  For a copy: it
 * cannot tell tables that are missing, nor old ones that were replaced.
 * Errors: FERRY_EINDEX.
 */
int ferry_kv_repair(const char *path, struct ferry_error *err);

/*
 * See what the primary wrote since, or, while it changes its tables often, a
 * little later: what is seen never goes back.  Only for FERRY_KV_READ.
 */
int ferry_kv_catch_up(struct ferry_kv *kv, struct ferry_error *err);
/* The same, never later, whatever that costs. */
int ferry_kv_catch_up_now(struct ferry_kv *kv, struct ferry_error *err);

/*
 * Replace *out by the value of key.  The first sees the pending batch.
 * Returns: 1 found, 0 not, -1 with err set (FERRY_EINDEX, FERRY_ENOMEM).
 */
int ferry_kv_get(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key,
    struct ferry_buf *out, struct ferry_error *err);
int ferry_kv_get_committed(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_buf *out, struct ferry_error *err);

/* Whether any key starts with prefix, seeing the pending batch: 1, 0, -1. */
int ferry_kv_any(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes prefix, struct ferry_error *err);

/* Into the pending batch. */
void ferry_kv_put(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key,
    struct ferry_bytes value);
void
ferry_kv_delete(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key);
/* Write and empty the pending batch, durably; or so that readers see it, which a
 * crash of the machine may take back with all that follows, until _sync or the
 * next _commit that writes something. */
int ferry_kv_commit(struct ferry_kv *kv, struct ferry_error *err);
int ferry_kv_commit_soon(struct ferry_kv *kv, struct ferry_error *err);
int ferry_kv_sync(struct ferry_kv *kv, struct ferry_error *err);

/*
 * Committed entries whose keys start with prefix, from the key from (or the
 * first if from.n is 0), in byte order.  _next: 1, 0 at the end, or -1.
 * key and value are borrowed until the next call; the prefix is copied.
 * The iterator sees one state.
 */
enum ferry_kv_reach {
	FERRY_KV_FEW, /* some neighbours: through the cache */
	FERRY_KV_SCAN /* many: reads ahead, and leaves the cache alone */
};
int ferry_kv_iter_new(struct ferry_kv_iter **out, struct ferry_kv *kv,
    enum ferry_cf cf, enum ferry_kv_reach reach, struct ferry_bytes prefix,
    struct ferry_bytes from, struct ferry_error *err);
int ferry_kv_iter_next(struct ferry_kv_iter *it, struct ferry_bytes *key,
    struct ferry_bytes *value, struct ferry_error *err);
/*
 * After _next failed: go on behind what cannot be read.  Returns: 1; 0 if
 * nothing is there that can.
 */
int ferry_kv_iter_skip(struct ferry_kv_iter *it);
void ferry_kv_iter_free(struct ferry_kv_iter *it);

/*
 * Reclaim the space of deleted small blobs now (ferry gc).
 * Errors: FERRY_ESYSTEM (ENOSPC: the tables that replace others must fit beside
 *     them); what was committed stays.
 */
int ferry_kv_compact(
    struct ferry_kv *kv, enum ferry_cf cf, struct ferry_error *err);

#endif
