#include "store/kv.h"

#include <rocksdb/c.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

/*
 * Memory: two write buffers of at most 16 MB over all families, and one block
 * cache that also holds indexes and filters, so that an open index costs the
 * same whatever its size.
 */
#define WRITE_BUFFER (8U << 20)
#define WRITE_BUFFERS (24U << 20)
#define BLOCK_CACHE (16U << 20)
#define WAL_SIZE (64U << 20)

static const char *const cf_names[FERRY_CFS] = {
	[FERRY_CF_META] = "default",
	[FERRY_CF_CATALOG] = "catalog",
	[FERRY_CF_JOURNAL] = "journal",
	[FERRY_CF_REF] = "ref",
	[FERRY_CF_BLOB] = "blob",
	[FERRY_CF_BYTES] = "bytes",
	[FERRY_CF_LOCAL] = "local",
};

struct ferry_kv {
	rocksdb_t *db;
	rocksdb_column_family_handle_t *cf[FERRY_CFS];
	rocksdb_options_t *options[FERRY_CFS];
	rocksdb_block_based_table_options_t *table;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read;
	rocksdb_readoptions_t *scan;
	rocksdb_writeoptions_t *write_sync;
	rocksdb_writebatch_wi_t *batch; /* NULL in a secondary */
};

struct ferry_kv_iter {
	rocksdb_iterator_t *it;
	struct ferry_buf prefix;
	bool started;
};

static int
ferry_error_rocksdb(struct ferry_error *err, char *message)
{

	ferry_error_set(err,
	    strstr(message, "While lock file") != NULL ? FERRY_ELOCKED
						       : FERRY_EINDEX,
	    "index: %s", message);
	rocksdb_free(message);
	return -1;
}

static rocksdb_options_t *
options_new(struct ferry_kv *kv, enum ferry_cf cf, enum ferry_kv_mode mode)
{
	rocksdb_options_t *o = rocksdb_options_create();

	rocksdb_options_set_create_if_missing(o, mode == FERRY_KV_CREATE);
	rocksdb_options_set_create_missing_column_families(
	    o, mode == FERRY_KV_CREATE);
	rocksdb_options_set_paranoid_checks(o, 1);
	/* A torn end of the log is what a crash leaves; damage before the end
	 * is an error, not a reason to forget what was committed. */
	rocksdb_options_set_wal_recovery_mode(
	    o, rocksdb_tolerate_corrupted_tail_records_recovery);
	/* A secondary must have every file open before it is deleted. */
	rocksdb_options_set_max_open_files(o, mode == FERRY_KV_READ ? -1 : 512);
	/* Catching up opens files even if there are none: sixteen threads for
	 * each family, four times a second, unless told otherwise. */
	if (mode == FERRY_KV_READ)
		rocksdb_options_set_max_file_opening_threads(o, 1);
	rocksdb_options_set_write_buffer_size(o, WRITE_BUFFER);
	rocksdb_options_set_db_write_buffer_size(o, WRITE_BUFFERS);
	rocksdb_options_set_max_total_wal_size(o, WAL_SIZE);
	rocksdb_options_set_max_background_jobs(o, 2);
	rocksdb_options_set_info_log_level(o, 2 /* warnings */);
	rocksdb_options_set_keep_log_file_num(o, 4);
	rocksdb_options_set_max_manifest_file_size(o, 16U << 20);
	rocksdb_options_set_compression(o, rocksdb_lz4_compression);
	rocksdb_options_set_block_based_table_factory(o, kv->table);
	/*
	 * Small blobs: not in integrated blob files, which RocksDB 7.8's
	 * secondary instances read through a dangling reference
	 * (ReactiveVersionSet passes temporaries as db_id and db_session_id,
	 * and BlobSource keeps references to them).
	 */
	if (cf == FERRY_CF_BYTES) {
		rocksdb_options_set_compression(o, rocksdb_zstd_compression);
		rocksdb_options_set_target_file_size_base(o, 128U << 20);
		rocksdb_options_set_max_bytes_for_level_base(o, 1U << 30);
	}
	return o;
}

int
ferry_kv_open(struct ferry_kv **out, const char *path, enum ferry_kv_mode mode,
    const char *scratch, struct ferry_error *err)
{
	const rocksdb_options_t *options[FERRY_CFS];
	char *message = NULL;
	struct ferry_kv *kv;

	if (ferry_calloc(&kv, 1, sizeof(*kv), err) == -1)
		return -1;
	kv->cache = rocksdb_cache_create_lru(BLOCK_CACHE);
	kv->table = rocksdb_block_based_options_create();
	rocksdb_block_based_options_set_block_cache(kv->table, kv->cache);
	/*
	 * Indexes and filters in parts of 4 KiB: whole ones of large tables
	 * do not fit into a shard of so small a cache, and were read and
	 * unpacked again for each look-up.
	 */
	rocksdb_block_based_options_set_index_type(kv->table,
	    rocksdb_block_based_table_index_type_two_level_index_search);
	rocksdb_block_based_options_set_partition_filters(kv->table, 1);
	rocksdb_block_based_options_set_metadata_block_size(kv->table, 4096);
	rocksdb_block_based_options_set_pin_top_level_index_and_filter(
	    kv->table, 1);
	rocksdb_block_based_options_set_cache_index_and_filter_blocks(
	    kv->table, 1);
	rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(
	    kv->table, 1);
	rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(
	    kv->table, 1);
	rocksdb_block_based_options_set_filter_policy(
	    kv->table, rocksdb_filterpolicy_create_bloom_full(10));
	rocksdb_block_based_options_set_format_version(kv->table, 5);
	kv->read = rocksdb_readoptions_create();
	kv->scan = rocksdb_readoptions_create();
	rocksdb_readoptions_set_fill_cache(kv->scan, 0);
	rocksdb_readoptions_set_readahead_size(kv->scan, 256U << 10);
	kv->write_sync = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(kv->write_sync, 1);
	for (int i = 0; i < FERRY_CFS; i++)
		options[i] = kv->options[i] =
		    options_new(kv, (enum ferry_cf)i, mode);

	if (mode == FERRY_KV_READ)
		kv->db = rocksdb_open_as_secondary_column_families(options[0],
		    path, scratch, FERRY_CFS, cf_names, options, kv->cf,
		    &message);
	else
		kv->db = rocksdb_open_column_families(options[0], path,
		    FERRY_CFS, cf_names, options, kv->cf, &message);
	if (message != NULL) {
		ferry_error_rocksdb(err, message);
		ferry_kv_close(kv);
		return -1;
	}
	if (mode != FERRY_KV_READ)
		kv->batch = rocksdb_writebatch_wi_create(0, 1);
	*out = kv;
	return 0;
}

void
ferry_kv_close(struct ferry_kv *kv)
{

	if (kv == NULL)
		return;
	if (kv->batch != NULL)
		rocksdb_writebatch_wi_destroy(kv->batch);
	if (kv->db != NULL) {
		for (int i = 0; i < FERRY_CFS; i++)
			rocksdb_column_family_handle_destroy(kv->cf[i]);
		rocksdb_close(kv->db);
	}
	for (int i = 0; i < FERRY_CFS; i++)
		if (kv->options[i] != NULL)
			rocksdb_options_destroy(kv->options[i]);
	rocksdb_writeoptions_destroy(kv->write_sync);
	rocksdb_readoptions_destroy(kv->scan);
	rocksdb_readoptions_destroy(kv->read);
	rocksdb_block_based_options_destroy(kv->table);
	rocksdb_cache_destroy(kv->cache);
	free(kv);
}

int
ferry_kv_catch_up(struct ferry_kv *kv, struct ferry_error *err)
{
	char *message = NULL;

	rocksdb_try_catch_up_with_primary(kv->db, &message);
	return message == NULL ? 0 : ferry_error_rocksdb(err, message);
}

int
ferry_kv_get_committed(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_buf *out, struct ferry_error *err)
{
	rocksdb_pinnableslice_t *slice;
	char *message = NULL;
	const char *p;
	size_t n = 0;
	int rc;

	ferry_buf_reset(out);
	slice = rocksdb_get_pinned_cf(
	    kv->db, kv->read, kv->cf[cf], (const char *)key.p, key.n, &message);
	if (message != NULL)
		return ferry_error_rocksdb(err, message);
	if (slice == NULL)
		return 0;
	p = rocksdb_pinnableslice_value(slice, &n);
	rc = ferry_buf_add(out, p, n, err) == -1 ? -1 : 1;
	rocksdb_pinnableslice_destroy(slice);
	return rc;
}

int
ferry_kv_get(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key,
    struct ferry_buf *out, struct ferry_error *err)
{
	char *message = NULL, *p;
	size_t n = 0;
	int rc;

	if (kv->batch == NULL || rocksdb_writebatch_wi_count(kv->batch) == 0)
		return ferry_kv_get_committed(kv, cf, key, out, err);
	ferry_buf_reset(out);
	p = rocksdb_writebatch_wi_get_from_batch_and_db_cf(kv->batch, kv->db,
	    kv->read, kv->cf[cf], (const char *)key.p, key.n, &n, &message);
	if (message != NULL)
		return ferry_error_rocksdb(err, message);
	if (p == NULL)
		return 0;
	rc = ferry_buf_add(out, p, n, err) == -1 ? -1 : 1;
	rocksdb_free(p);
	return rc;
}

int
ferry_kv_any(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes prefix,
    struct ferry_error *err)
{
	rocksdb_iterator_t *it =
	    rocksdb_create_iterator_cf(kv->db, kv->read, kv->cf[cf]);
	char *message = NULL;
	const char *key;
	size_t n = 0;
	int rc = 0;

	/* The new iterator owns the one it is based on. */
	if (kv->batch != NULL)
		it = rocksdb_writebatch_wi_create_iterator_with_base_cf(
		    kv->batch, it, kv->cf[cf]);
	rocksdb_iter_seek(it, (const char *)prefix.p, prefix.n);
	if (rocksdb_iter_valid(it)) {
		key = rocksdb_iter_key(it, &n);
		rc = n >= prefix.n && memcmp(key, prefix.p, prefix.n) == 0;
	} else {
		rocksdb_iter_get_error(it, &message);
		if (message != NULL)
			rc = ferry_error_rocksdb(err, message);
	}
	rocksdb_iter_destroy(it);
	return rc;
}

void
ferry_kv_put(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key,
    struct ferry_bytes value)
{

	rocksdb_writebatch_wi_put_cf(kv->batch, kv->cf[cf], (const char *)key.p,
	    key.n, (const char *)value.p, value.n);
}

void
ferry_kv_delete(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key)
{

	rocksdb_writebatch_wi_delete_cf(
	    kv->batch, kv->cf[cf], (const char *)key.p, key.n);
}

int
ferry_kv_commit(struct ferry_kv *kv, struct ferry_error *err)
{
	char *message = NULL;

	if (rocksdb_writebatch_wi_count(kv->batch) == 0)
		return 0;
	rocksdb_write_writebatch_wi(
	    kv->db, kv->write_sync, kv->batch, &message);
	if (message != NULL)
		return ferry_error_rocksdb(err, message);
	rocksdb_writebatch_wi_clear(kv->batch);
	return 0;
}

int
ferry_kv_iter_new(struct ferry_kv_iter **out, struct ferry_kv *kv,
    enum ferry_cf cf, enum ferry_kv_reach reach, struct ferry_bytes prefix,
    struct ferry_bytes from, struct ferry_error *err)
{
	struct ferry_kv_iter *it;

	if (ferry_calloc(&it, 1, sizeof(*it), err) == -1)
		return -1;
	if (ferry_buf_add(&it->prefix, prefix.p, prefix.n, err) == -1) {
		free(it);
		return -1;
	}
	/* Reading ahead, past the cache, costs a millisecond each time. */
	it->it = rocksdb_create_iterator_cf(
	    kv->db, reach == FERRY_KV_SCAN ? kv->scan : kv->read, kv->cf[cf]);
	if (from.n == 0)
		from = ferry_bytes_buf(&it->prefix);
	rocksdb_iter_seek(it->it, (const char *)from.p, from.n);
	*out = it;
	return 0;
}

int
ferry_kv_iter_next(struct ferry_kv_iter *it, struct ferry_bytes *key,
    struct ferry_bytes *value, struct ferry_error *err)
{
	char *message = NULL;
	size_t n = 0;

	if (it->started)
		rocksdb_iter_next(it->it);
	it->started = true;
	if (!rocksdb_iter_valid(it->it)) {
		rocksdb_iter_get_error(it->it, &message);
		return message == NULL ? 0 : ferry_error_rocksdb(err, message);
	}
	key->p = (const uint8_t *)rocksdb_iter_key(it->it, &n);
	key->n = n;
	if (key->n < it->prefix.n ||
	    memcmp(key->p, it->prefix.p, it->prefix.n) != 0)
		return 0;
	value->p = (const uint8_t *)rocksdb_iter_value(it->it, &n);
	value->n = n;
	return 1;
}

void
ferry_kv_iter_free(struct ferry_kv_iter *it)
{

	if (it == NULL)
		return;
	rocksdb_iter_destroy(it->it);
	ferry_buf_free(&it->prefix);
	free(it);
}

void
ferry_kv_compact(struct ferry_kv *kv, enum ferry_cf cf)
{

	rocksdb_compact_range_cf(kv->db, kv->cf[cf], NULL, 0, NULL, 0);
}
