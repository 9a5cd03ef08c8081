#ifndef FERRY_STORE_INDEX_KV_INTERNAL_H
#define FERRY_STORE_INDEX_KV_INTERNAL_H

/* What the parts of kv.h share. */

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/index/kv.h"

/*
 * An open database.  A writer has one for as long as it lives.  A reader opens
 * another when the primary's set of tables has changed; the last one is closed
 * by the last of its reads.
 */
struct view {
	atomic_uint refs;
	rocksdb_t *db;
	rocksdb_column_family_handle_t *cf[FERRY_CFS];
	ino_t folder; /* that its path named then */
	char tables[80]; /* what read_tables() said before it was opened */
};

struct ferry_kv {
	pthread_mutex_t lock; /* held to take a reference to view */
	struct view *view;
	enum ferry_kv_mode mode;
	char *path, *scratch;
	uint64_t opened_ms, opening_ms; /* when, and how long it took */
	rocksdb_options_t *options[FERRY_CFS];
	rocksdb_block_based_table_options_t *table;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read;
	rocksdb_readoptions_t *scan;
	rocksdb_writeoptions_t *write_sync, *write_soon;
	rocksdb_writebatch_wi_t *batch; /* NULL unless it writes */
};

/* What RocksDB calls the families. */
extern const char *const ferry_kv_families[FERRY_CFS];

/* The one that is open now, until it is given back. */
struct view *ferry_kv_view_ref(struct ferry_kv *kv);
void ferry_kv_view_unref(struct view *v);
/* Everything but an open database. */
int ferry_kv_new(struct ferry_kv **out, const char *path,
    enum ferry_kv_mode mode, struct ferry_error *err);
/* Our error of RocksDB's message, which is freed.  Returns -1. */
int ferry_error_rocksdb(struct ferry_error *err, char *message);

#endif
