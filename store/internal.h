#ifndef FERRY_STORE_INTERNAL_H
#define FERRY_STORE_INTERNAL_H

/* What the parts of store/ share of a struct ferry_store. */

#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/index/key.h"
#include "store/index/kv.h"
#include "store/store.h"

struct ferry_hashers;
struct ferry_record_iter;

struct ferry_store {
	char *path;
	char *scratch; /* a reader's own folder, removed at close */
	char id[FERRY_STORE_ID];
	char *name;
	int dirfd, blobsfd, tmpfd, keysfd, lockfd; /* -1 if not open */
	bool writer;
	bool frees; /* a writer that may use the reserve */
	bool failed; /* a commit failed: refuse further work */
	struct ferry_kv *kv;

	/* Of the writer: */
	struct ferry_store_totals totals; /* as the pending batch leaves them */
	struct ferry_digest chain; /* of journal record totals.records */
	uint64_t changes; /* pending */
	bool unsynced; /* committed, and not durable yet */
	uint64_t pending_bytes; /* of small blobs in the batch */
	uint64_t tmp_count; /* for names in tmp/ */
	struct ferry_digest *files; /* large blobs not yet durable */
	size_t files_n, files_cap;
	struct ferry_digest *unlinks; /* files to remove after the commit */
	size_t unlinks_n, unlinks_cap;
	struct ferry_hashers *hashers; /* of large blobs; NULL: none yet */
};

/* Says that a folder is a backup that nobody wrote to (store/backup/target.h). */
#define FERRY_BACKUP_MARKER "backup.json"

/* A store without its index: folders and, of a writer, the lock. */
int ferry_store_enter(struct ferry_store **out, const char *path,
    enum ferry_store_mode mode, struct ferry_error *err);
bool ferry_store_name_ok(const char *name);
/* Make, durably, a ferry.json with a new id. */
int ferry_store_identify(int dirfd, const char *name, struct ferry_error *err);

/* store/index: a key's bytes; a record by key, and those below a prefix, of
 * the families that hold records. */
struct ferry_bytes ferry_key_bytes(const struct ferry_key *key);
int ferry_records_get(struct ferry_store *st, enum ferry_cf cf,
    const struct ferry_key *key, json_t **out, struct ferry_error *err);
int ferry_record_iter_new(struct ferry_record_iter **out,
    struct ferry_store *st, enum ferry_cf cf, const struct ferry_key *prefix,
    const struct ferry_key *from, struct ferry_error *err);

#define FERRY_BLOB_PATH 68 /* "ab/cdef…" and NUL */
void
ferry_blob_path(const struct ferry_digest *digest, char path[FERRY_BLOB_PATH]);

/* store/blob: make the files of st->files durable. */
int ferry_blob_sync(struct ferry_store *st, struct ferry_error *err);
/* store/blob: remove the files of st->unlinks, which nothing names now. */
void ferry_blob_unlink(struct ferry_store *st);
/* store/blob: note that a record of number seq names digest. */
int ferry_blob_referenced(struct ferry_store *st,
    const struct ferry_digest *digest, uint64_t seq, struct ferry_error *err);
/*
 * store/blob: a record is about to name digest.  If none does now, the number
 * of the first that did counts no more: sites that got their state meanwhile
 * may never have had the blob.
 */
int ferry_blob_renew(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err);
/* store/blob: count a change of bytes that no journal record tells of. */
int ferry_blob_changed(struct ferry_store *st, struct ferry_error *err);
/*
 * store/blob, for an index that is made anew: a blob that it does not know is
 * there, as bytes or as its file, or lost.
 */
enum ferry_blob_found {
	FERRY_FOUND_NOWHERE,
	FERRY_FOUND_BYTES,
	FERRY_FOUND_FILE
};
void ferry_blob_adopt(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t size, enum ferry_blob_found found, struct ferry_bytes bytes);
/* store/blob: whether an index record, as another index had it, says that its
 * blob is lost. */
bool ferry_blob_was_lost(struct ferry_bytes record);

#endif
