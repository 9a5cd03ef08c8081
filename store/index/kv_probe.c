/* Whether an index can be opened, without writing to it; and making one that
 * cannot be. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/index/kv_internal.h"

#define KEY_MOST 2048 /* over any key's bytes */

/* Whether a table's name is in a list of RocksDB's, whose names begin with '/'. */
static bool
is_live(const rocksdb_livefiles_t *files, const char *name)
{
	int n = rocksdb_livefiles_count(files);

	for (int i = 0; i < n; i++) {
		const char *live = rocksdb_livefiles_name(files, i);

		if (strcmp(live + strspn(live, "/"), name) == 0)
			return true;
	}
	return false;
}

static int
remove_unnamed(
    const char *path, const rocksdb_livefiles_t *files, struct ferry_error *err)
{
	DIR *d = opendir(path);
	struct dirent *de;
	int rc = 0;

	if (d == NULL)
		return ferry_error_errno(err, "%s", path);
	while (rc == 0 && (de = readdir(d)) != NULL) {
		size_t n = strlen(de->d_name);

		if (n > 4 && strcmp(de->d_name + n - 4, ".sst") == 0 &&
		    !is_live(files, de->d_name) &&
		    unlinkat(dirfd(d), de->d_name, 0) == -1)
			rc = ferry_error_errno(err, "%s/%s", path, de->d_name);
	}
	(void)closedir(d);
	return rc;
}

/* What is done with a database that was opened. */
typedef int on_open(rocksdb_t *db, const char *path, struct ferry_error *err);

/* Open the first families as strictly as a writer would, and the log. */
static int
open_strictly(
    const char *path, int families, on_open *on, struct ferry_error *err)
{
	rocksdb_column_family_handle_t *cf[FERRY_CFS];
	const rocksdb_options_t *options[FERRY_CFS];
	struct ferry_kv *kv = NULL;
	char *message = NULL;
	rocksdb_t *db;
	int rc = 0;

	if (ferry_kv_new(&kv, path, FERRY_KV_WRITE, err) == -1)
		return -1;
	for (int i = 0; i < FERRY_CFS; i++) {
		/* Every table now. */
		rocksdb_options_set_max_open_files(kv->options[i], -1);
		options[i] = kv->options[i];
	}
	db = rocksdb_open_for_read_only_column_families(options[0], path,
	    families, ferry_kv_families, options, cf, 0, &message);
	if (message == NULL && on != NULL)
		rc = on(db, path, err);
	for (int i = 0; message == NULL && i < families; i++)
		rocksdb_column_family_handle_destroy(cf[i]);
	if (message == NULL)
		rocksdb_close(db);
	ferry_kv_close(kv);
	return message == NULL ? rc : ferry_error_rocksdb(err, message);
}

int
ferry_kv_probe(const char *path, struct ferry_error *err)
{

	return open_strictly(path, FERRY_CFS, NULL, err);
}

int
ferry_kv_probe_log(const char *path, struct ferry_error *err)
{

	/* Families that are not opened are not looked at; one must be. */
	return open_strictly(path, FERRY_CF_META + 1, NULL, err);
}

static int
drop_unnamed(rocksdb_t *db, const char *path, struct ferry_error *err)
{
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	int rc = remove_unnamed(path, files, err);

	rocksdb_livefiles_destroy(files);
	return rc;
}

int
ferry_kv_probe_copy(const char *path, struct ferry_error *err)
{

	return open_strictly(path, FERRY_CFS, drop_unnamed, err);
}

/* Look for a key that no table has, in all those whose range it is in. */
static int
ask_beyond(struct view *v, struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_error *err)
{
	rocksdb_pinnableslice_t *slice;
	char beyond[KEY_MOST + 1], *message = NULL;

	if (key.n > KEY_MOST)
		return 0;
	memcpy(beyond, key.p, key.n);
	beyond[key.n] = 0;
	slice = rocksdb_get_pinned_cf(
	    v->db, kv->read, v->cf[cf], beyond, key.n + 1, &message);
	if (slice != NULL)
		rocksdb_pinnableslice_destroy(slice);
	return message == NULL ? 0 : ferry_error_rocksdb(err, message);
}

int
ferry_kv_ask_beyond(struct ferry_kv *kv, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_error *err)
{
	struct view *v = ferry_kv_view_ref(kv);
	int rc = ask_beyond(v, kv, cf, key, err);

	ferry_kv_view_unref(v);
	return rc;
}

int
ferry_kv_ask_tables(
    struct ferry_kv *kv, enum ferry_cf cf, struct ferry_error *err)
{
	struct view *v = ferry_kv_view_ref(kv);
	const rocksdb_livefiles_t *files = rocksdb_livefiles(v->db);
	int n = rocksdb_livefiles_count(files), rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		struct ferry_bytes key;
		size_t size;

		if (strcmp(rocksdb_livefiles_column_family_name(files, i),
			ferry_kv_families[cf]) != 0)
			continue;
		key.p = (const uint8_t *)rocksdb_livefiles_smallestkey(
		    files, i, &size);
		key.n = size;
		rc = ask_beyond(v, kv, cf, key, err);
	}
	rocksdb_livefiles_destroy(files);
	ferry_kv_view_unref(v);
	return rc;
}

int
ferry_kv_repair(const char *path, struct ferry_error *err)
{
	rocksdb_options_t *o = rocksdb_options_create();
	char *message = NULL;

	rocksdb_options_set_info_log_level(o, 5);
	rocksdb_repair_db(o, path, &message);
	rocksdb_options_destroy(o);
	return message == NULL ? 0 : ferry_error_rocksdb(err, message);
}
