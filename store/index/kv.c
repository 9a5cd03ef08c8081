#include "store/index/kv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/index/kv_internal.h"

/*
 * Memory: two write buffers of at most 16 MB over all families, and one block
 * cache that also holds indexes and filters, so that an open index costs the
 * same whatever its size.
 */
#define WRITE_BUFFER (8U << 20)
#define WRITE_BUFFERS (24U << 20)
#define BLOCK_CACHE (16U << 20)
#define WAL_SIZE (64U << 20)
#define OPEN_TRIES 8 /* of an index that is exchanged meanwhile */

const char *const ferry_kv_families[FERRY_CFS] = {
	[FERRY_CF_META] = "default",
	[FERRY_CF_CATALOG] = "catalog",
	[FERRY_CF_JOURNAL] = "journal",
	[FERRY_CF_REF] = "ref",
	[FERRY_CF_BLOB] = "blob",
	[FERRY_CF_BYTES] = "bytes",
	[FERRY_CF_LOCAL] = "local",
};

struct ferry_kv_iter {
	struct view *view;
	rocksdb_iterator_t *it;
	struct ferry_buf prefix;
	struct ferry_buf last; /* the key that _next returned last, for _skip */
	bool started;
};

const char *
ferry_cf_name(enum ferry_cf cf)
{

	return cf == FERRY_CF_META ? "totals" : ferry_kv_families[cf];
}

int
ferry_error_rocksdb(struct ferry_error *err, char *message)
{

	bool full = strstr(message, strerror(ENOSPC)) != NULL ||
	            strstr(message, strerror(EDQUOT)) != NULL;

	ferry_error_set(err,
	    strstr(message, "While lock file") != NULL ? FERRY_ELOCKED
	    : full                                     ? FERRY_ESYSTEM
						       : FERRY_EINDEX,
	    "index: %s", message);
	if (full)
		err->sys = ENOSPC;
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
	/* Without it, a table that is damaged fails when it is read. */
	rocksdb_options_set_paranoid_checks(o, mode != FERRY_KV_SALVAGE);
	/* A torn end of the log is what a crash leaves; damage before the end
	 * is an error, not a reason to forget what was committed. */
	rocksdb_options_set_wal_recovery_mode(
	    o, mode == FERRY_KV_SALVAGE
		   ? rocksdb_skip_any_corrupted_records_recovery
		   : rocksdb_tolerate_corrupted_tail_records_recovery);
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
	/*
	 * Debian builds RocksDB with its assertions, and one of them ends the
	 * process when a log that could not be written is written again: on a
	 * full disk that was its own LOG, for its warnings.  What fails is
	 * reported by the call that failed; only headers are logged.
	 */
	rocksdb_options_set_info_log_level(o, 5 /* headers */);
	rocksdb_options_set_keep_log_file_num(o, 4);
	rocksdb_options_set_max_manifest_file_size(o, 16U << 20);
	/* Not 4 MB ahead of what is written, which a full disk lacks. */
	rocksdb_options_set_manifest_preallocation_size(o, 64U << 10);
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

/* Views */

void
ferry_kv_view_unref(struct view *v)
{

	if (v == NULL || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	for (int i = 0; i < FERRY_CFS; i++)
		rocksdb_column_family_handle_destroy(v->cf[i]);
	rocksdb_close(v->db);
	free(v);
}

struct view *
ferry_kv_view_ref(struct ferry_kv *kv)
{
	struct view *v;

	(void)pthread_mutex_lock(&kv->lock);
	v = kv->view;
	atomic_fetch_add(&v->refs, 1);
	(void)pthread_mutex_unlock(&kv->lock);
	return v;
}

/*
 * The primary's set of tables, as a text that changes with it: the name, the
 * size and the inode of its manifest (a backup's index is replaced as a whole).
 */
static void
read_tables(const struct ferry_kv *kv, char out[80])
{
	char path[4200], name[40] = "";
	struct stat sb;
	FILE *f;

	out[0] = 0;
	(void)snprintf(path, sizeof(path), "%s/CURRENT", kv->path);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fscanf(f, "%39s", name) == 1) {
		(void)snprintf(path, sizeof(path), "%s/%s", kv->path, name);
		if (stat(path, &sb) == 0)
			(void)snprintf(out, 80, "%s %lld %llu", name,
			    (long long)sb.st_size,
			    (unsigned long long)sb.st_ino);
	}
	(void)fclose(f);
}

/* The folder that kv->path names now; a backup's is exchanged for another. */
static ino_t
folder_now(const struct ferry_kv *kv)
{
	struct stat sb;

	return stat(kv->path, &sb) == 0 ? sb.st_ino : 0;
}

static int
view_open_once(struct ferry_kv *kv, struct view **out, struct ferry_error *err)
{
	const rocksdb_options_t *options[FERRY_CFS];
	char *message = NULL;
	struct view *v;

	if (ferry_calloc(&v, 1, sizeof(*v), err) == -1)
		return -1;
	atomic_init(&v->refs, 1);
	for (int i = 0; i < FERRY_CFS; i++)
		options[i] = kv->options[i];
	v->folder = folder_now(kv);
	read_tables(kv, v->tables);
	if (kv->mode == FERRY_KV_READ)
		v->db = rocksdb_open_as_secondary_column_families(options[0],
		    kv->path, kv->scratch, FERRY_CFS, ferry_kv_families,
		    options, v->cf, &message);
	else if (kv->mode == FERRY_KV_SALVAGE)
		v->db = rocksdb_open_for_read_only_column_families(options[0],
		    kv->path, FERRY_CFS, ferry_kv_families, options, v->cf, 0,
		    &message);
	else
		v->db = rocksdb_open_column_families(options[0], kv->path,
		    FERRY_CFS, ferry_kv_families, options, v->cf, &message);
	if (message != NULL) {
		free(v);
		return ferry_error_rocksdb(err, message);
	}
	*out = v;
	return 0;
}

/*
 * A reader of a backup may open the index while it is exchanged: it would have
 * the tables of one and the log of the other.
 */
static int
view_open(struct ferry_kv *kv, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	uint64_t start = ferry_ticks_ms();
	struct view *v = NULL, *old;
	int rc = 0;

	for (int i = 0; i < OPEN_TRIES; i++) {
		ino_t folder = folder_now(kv);

		ferry_kv_view_unref(v);
		v = NULL;
		why = (struct ferry_error)FERRY_ERROR_INIT;
		rc = view_open_once(kv, &v, &why);
		if (kv->mode != FERRY_KV_READ || folder == folder_now(kv))
			break;
	}
	if (rc == -1) {
		*err = why;
		return -1;
	}
	kv->opened_ms = ferry_ticks_ms();
	kv->opening_ms = kv->opened_ms - start;
	(void)pthread_mutex_lock(&kv->lock);
	old = kv->view;
	kv->view = v;
	(void)pthread_mutex_unlock(&kv->lock);
	ferry_kv_view_unref(old);
	return 0;
}

static void
tables_new(struct ferry_kv *kv)
{

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
}

int
ferry_kv_new(struct ferry_kv **out, const char *path, enum ferry_kv_mode mode,
    struct ferry_error *err)
{
	struct ferry_kv *kv;

	if (ferry_calloc(&kv, 1, sizeof(*kv), err) == -1)
		return -1;
	(void)pthread_mutex_init(&kv->lock, NULL);
	kv->mode = mode;
	tables_new(kv);
	kv->read = rocksdb_readoptions_create();
	kv->scan = rocksdb_readoptions_create();
	rocksdb_readoptions_set_fill_cache(kv->scan, 0);
	rocksdb_readoptions_set_readahead_size(kv->scan, 256U << 10);
	kv->write_sync = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(kv->write_sync, 1);
	kv->write_soon = rocksdb_writeoptions_create();
	for (int i = 0; i < FERRY_CFS; i++)
		kv->options[i] = options_new(kv, (enum ferry_cf)i, mode);
	if (ferry_strdup(&kv->path, path, err) == -1) {
		ferry_kv_close(kv);
		return -1;
	}
	*out = kv;
	return 0;
}

int
ferry_kv_open(struct ferry_kv **out, const char *path, enum ferry_kv_mode mode,
    const char *scratch, struct ferry_error *err)
{
	struct ferry_kv *kv;

	if (ferry_kv_new(&kv, path, mode, err) == -1)
		return -1;
	if ((scratch != NULL &&
		ferry_strdup(&kv->scratch, scratch, err) == -1) ||
	    view_open(kv, err) == -1) {
		ferry_kv_close(kv);
		return -1;
	}
	if (mode == FERRY_KV_CREATE || mode == FERRY_KV_WRITE)
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
	ferry_kv_view_unref(kv->view);
	for (int i = 0; i < FERRY_CFS; i++)
		if (kv->options[i] != NULL)
			rocksdb_options_destroy(kv->options[i]);
	rocksdb_writeoptions_destroy(kv->write_sync);
	rocksdb_writeoptions_destroy(kv->write_soon);
	rocksdb_readoptions_destroy(kv->scan);
	rocksdb_readoptions_destroy(kv->read);
	rocksdb_block_based_options_destroy(kv->table);
	rocksdb_cache_destroy(kv->cache);
	(void)pthread_mutex_destroy(&kv->lock);
	free(kv->path);
	free(kv->scratch);
	free(kv);
}

/*
 * As long as the primary's tables are the same, what is new is in its log,
 * which RocksDB follows.  When they have changed, the database is opened anew:
 * a secondary that follows such a change keeps older values in memory and
 * prefers them to newer ones in the tables (facebook/rocksdb#14444; unit test
 * test_reader_sees_what_was_flushed), and tables that went away cannot be read
 * any more.
 */
int
ferry_kv_catch_up(struct ferry_kv *kv, struct ferry_error *err)
{
	char tables[80];

	read_tables(kv, tables);
	/* Large indexes take a while; stay at what was there. */
	return strcmp(tables, kv->view->tables) != 0 &&
	               folder_now(kv) == kv->view->folder &&
	               ferry_ticks_ms() - kv->opened_ms < 4 * kv->opening_ms
	           ? 0
	           : ferry_kv_catch_up_now(kv, err);
}

int
ferry_kv_catch_up_now(struct ferry_kv *kv, struct ferry_error *err)
{
	char *message = NULL, tables[80];

	read_tables(kv, tables);
	if (strcmp(tables, kv->view->tables) != 0)
		return view_open(kv, err);
	rocksdb_try_catch_up_with_primary(kv->view->db, &message);
	if (folder_now(kv) != kv->view->folder) {
		rocksdb_free(message);
		return view_open(kv, err);
	}
	return message == NULL ? 0 : ferry_error_rocksdb(err, message);
}

int
ferry_kv_get_committed(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_buf *out, struct ferry_error *err)
{
	rocksdb_pinnableslice_t *slice;
	struct view *v = ferry_kv_view_ref(kv);
	char *message = NULL;
	const char *p;
	size_t n = 0;
	int rc = 0;

	ferry_buf_reset(out);
	slice = rocksdb_get_pinned_cf(
	    v->db, kv->read, v->cf[cf], (const char *)key.p, key.n, &message);
	if (message != NULL)
		rc = ferry_error_rocksdb(err, message);
	if (slice != NULL) {
		p = rocksdb_pinnableslice_value(slice, &n);
		rc = ferry_buf_add(out, p, n, err) == -1 ? -1 : 1;
		rocksdb_pinnableslice_destroy(slice);
	}
	ferry_kv_view_unref(v);
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
	p = rocksdb_writebatch_wi_get_from_batch_and_db_cf(kv->batch,
	    kv->view->db, kv->read, kv->view->cf[cf], (const char *)key.p,
	    key.n, &n, &message);
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
	struct view *v = ferry_kv_view_ref(kv);
	rocksdb_iterator_t *it =
	    rocksdb_create_iterator_cf(v->db, kv->read, v->cf[cf]);
	char *message = NULL;
	const char *key;
	size_t n = 0;
	int rc = 0;

	/* The new iterator owns the one it is based on. */
	if (kv->batch != NULL)
		it = rocksdb_writebatch_wi_create_iterator_with_base_cf(
		    kv->batch, it, v->cf[cf]);
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
	ferry_kv_view_unref(v);
	return rc;
}

void
ferry_kv_put(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key,
    struct ferry_bytes value)
{

	rocksdb_writebatch_wi_put_cf(kv->batch, kv->view->cf[cf],
	    (const char *)key.p, key.n, (const char *)value.p, value.n);
}

void
ferry_kv_delete(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_bytes key)
{

	rocksdb_writebatch_wi_delete_cf(
	    kv->batch, kv->view->cf[cf], (const char *)key.p, key.n);
}

static int
write_batch(
    struct ferry_kv *kv, rocksdb_writeoptions_t *how, struct ferry_error *err)
{
	char *message = NULL;

	if (rocksdb_writebatch_wi_count(kv->batch) == 0)
		return 0;
	rocksdb_write_writebatch_wi(kv->view->db, how, kv->batch, &message);
	if (message != NULL)
		return ferry_error_rocksdb(err, message);
	rocksdb_writebatch_wi_clear(kv->batch);
	return 0;
}

int
ferry_kv_commit(struct ferry_kv *kv, struct ferry_error *err)
{

	return write_batch(kv, kv->write_sync, err);
}

int
ferry_kv_commit_soon(struct ferry_kv *kv, struct ferry_error *err)
{

	return write_batch(kv, kv->write_soon, err);
}

int
ferry_kv_sync(struct ferry_kv *kv, struct ferry_error *err)
{
	char *message = NULL;

	rocksdb_flush_wal(kv->view->db, 1, &message);
	return message == NULL ? 0 : ferry_error_rocksdb(err, message);
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
	it->view = ferry_kv_view_ref(kv);
	it->it = rocksdb_create_iterator_cf(it->view->db,
	    reach == FERRY_KV_SCAN ? kv->scan : kv->read, it->view->cf[cf]);
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
	/* For ferry_kv_iter_skip(). */
	ferry_buf_reset(&it->last);
	return ferry_buf_add(&it->last, key->p, key->n, err) == -1 ? -1 : 1;
}

/* Whether what follows key can be read. */
static bool
seeks(struct ferry_kv_iter *it, const uint8_t *key, size_t n)
{
	char *message = NULL;

	rocksdb_iter_seek(it->it, (const char *)key, n);
	if (rocksdb_iter_valid(it->it))
		return true;
	rocksdb_iter_get_error(it->it, &message);
	rocksdb_free(message);
	return message == NULL;
}

#define SKIP_KEY 64 /* bytes of the last good key that are looked at */
#define SKIP_MORE 8

/* The lowest byte, from low on, with which the n bytes at key can be sought:
 * up to 256, which is none. */
static unsigned
lowest_byte(struct ferry_kv_iter *it, uint8_t *key, size_t n, unsigned low)
{
	unsigned good = 256;

	while (low < good) {
		unsigned middle = (low + good) / 2;

		key[n] = (uint8_t)middle;
		if (seeks(it, key, n + 1))
			good = middle;
		else
			low = middle + 1;
	}
	return good;
}

/*
 * Behind a block that cannot be read some key can be; it is looked for byte by
 * byte.  First the longest beginning of the last good key whose successor can
 * be sought; then, for some bytes more, the lowest that can.
 */
int
ferry_kv_iter_skip(struct ferry_kv_iter *it)
{
	uint8_t key[SKIP_KEY + SKIP_MORE + 2] = { 0 };
	uint8_t good[sizeof(key)] = { 0 };
	size_t n = it->last.n < SKIP_KEY ? it->last.n : SKIP_KEY, good_n = 0;
	unsigned low = 0, byte;

	if (n > 0)
		memcpy(key, it->last.p, n);
	for (; n > 0; n--) {
		memcpy(good, key, n);
		good[n - 1]++;
		if (key[n - 1] < 0xff && seeks(it, good, n)) {
			good_n = n;
			break;
		}
		low = key[n - 1] + 2U;
	}
	for (int more = 0; more <= SKIP_MORE; more++) {
		if ((byte = lowest_byte(it, key, n, low)) == 256)
			break;
		memcpy(good, key, n);
		good[n] = (uint8_t)byte;
		good_n = n + 1;
		if (byte == 0)
			break;
		key[n++] = (uint8_t)(byte - 1);
		low = 0;
	}
	it->started = false;
	return good_n > 0 && seeks(it, good, good_n);
}

void
ferry_kv_iter_free(struct ferry_kv_iter *it)
{

	if (it == NULL)
		return;
	rocksdb_iter_destroy(it->it);
	ferry_kv_view_unref(it->view);
	ferry_buf_free(&it->prefix);
	ferry_buf_free(&it->last);
	free(it);
}

int
ferry_kv_compact(struct ferry_kv *kv, enum ferry_cf cf, struct ferry_error *err)
{
	uint64_t failed = 0;

	/* It returns nothing; what went wrong is counted. */
	rocksdb_compact_range_cf(
	    kv->view->db, kv->view->cf[cf], NULL, 0, NULL, 0);
	if (rocksdb_property_int(
		kv->view->db, "rocksdb.background-errors", &failed) != 0 ||
	    failed == 0)
		return 0;
	ferry_error_set(err, FERRY_ESYSTEM,
	    "index: tables could not be rewritten: %s", strerror(ENOSPC));
	err->sys = ENOSPC;
	return -1;
}
