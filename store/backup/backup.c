#include "store/backup/backup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/backup/copy.h"
#include "store/backup/index.h"
#include "store/backup/target.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/internal.h"

/* So often the index is copied again because blobs went away meanwhile. */
#define PASSES 6
#define MARKER_MAX 1024 /* bytes of backup.json */

struct backup {
	const struct ferry_backup_options *o;
	struct ferry_backup *out;
	/* The store; its index, while it is read, is the copy. */
	struct ferry_store *st;
	struct ferry_backup_target target;
	uint64_t gone; /* blobs of this pass that have no file */
	struct ferry_digest gone_first;
};

static int
check_stopped(const struct backup *b, struct ferry_error *err)
{

	return b->o->stopped != NULL && b->o->stopped()
	           ? ferry_error_set(err, FERRY_ECANCELLED,
			 "stopped; the backup is what it was, and the same "
			 "command goes on from here")
	           : 0;
}

/* What the store lost, an earlier backup may still have. */
static bool
is_there(const struct backup *b, const char *path, uint64_t size)
{
	struct stat sb;

	return fstatat(b->target.blobsfd, path, &sb, AT_SYMLINK_NOFOLLOW) ==
	           0 &&
	       (uint64_t)sb.st_size == size;
}

static int
copy_blob(struct backup *b, const struct ferry_digest *digest, uint64_t size,
    struct ferry_error *err)
{
	char path[FERRY_BLOB_PATH];
	int rc;

	ferry_blob_path(digest, path);
	rc = ferry_copy_file(
	    b->st->blobsfd, path, b->target.blobsfd, b->target.tmpfd, err);
	if (rc == -1)
		return ferry_error_in(err, "a blob");
	if (rc == FERRY_COPIED_GONE && is_there(b, path, size))
		rc = FERRY_COPIED_KEPT;
	if (rc == FERRY_COPIED_GONE && b->gone++ == 0)
		b->gone_first = *digest;
	b->out->kept += rc == FERRY_COPIED_KEPT;
	b->out->linked += rc == FERRY_COPIED_LINKED;
	b->out->copied += rc == FERRY_COPIED_WHOLE;
	b->out->copied_bytes += rc == FERRY_COPIED_WHOLE ? size : 0;
	return 0;
}

/* Every blob that the copied index names. */
static int
copy_blobs(struct backup *b, struct ferry_error *err)
{
	struct ferry_store_totals totals;
	struct ferry_blob_iter *it = NULL;
	struct ferry_blob_info info;
	struct ferry_digest digest;
	uint64_t seen = 0;
	int rc;

	b->gone = b->out->kept = 0;
	if (ferry_store_totals(b->st, &totals, err) == -1 ||
	    ferry_blob_iter_new(&it, b->st, err) == -1)
		return -1;
	while ((rc = ferry_blob_iter_next(it, &digest, &info, err)) == 1) {
		if ((info.file && !info.lost &&
			copy_blob(b, &digest, info.size, err) == -1) ||
		    check_stopped(b, err) == -1) {
			rc = -1;
			break;
		}
		if (++seen % 256 == 0 && b->o->on_progress != NULL)
			b->o->on_progress(b->o->ctx, seen, totals.blobs,
			    b->out->copied_bytes);
	}
	ferry_blob_iter_free(it);
	b->out->records = totals.records;
	b->out->blobs = totals.blobs;
	b->out->bytes = totals.stored_bytes;
	return rc;
}

static int
open_copy(struct backup *b, const char *path, struct ferry_error *err)
{

	ferry_kv_close(b->st->kv);
	b->st->kv = NULL;
	return ferry_kv_open(
	    &b->st->kv, path, FERRY_KV_READ, b->st->scratch, err);
}

/* The index, and what it names as far as that is there. */
static int
copy_once(struct backup *b, int from, struct ferry_error *err)
{
	struct ferry_backup_index index = { .from = from,
		.old = b->target.index,
		.to = b->target.index_new,
		.tmp = b->target.tmpfd,
		.to_path = b->target.new_path,
		.stopped = b->o->stopped };
	int rc;

	ferry_kv_close(b->st->kv);
	b->st->kv = NULL;
	rc = ferry_backup_index(&index, err);
	b->out->linked += index.linked;
	b->out->copied += index.copied;
	b->out->copied_bytes += index.copied_bytes;
	return rc == -1 || open_copy(b, b->target.new_path, err) == -1
	           ? -1
	           : copy_blobs(b, err);
}

/*
 * A blob that the index names and that is gone was removed since the index was
 * copied: then a newer index no longer names it.  One that every index names is
 * gone in the store itself.
 */
static int
copy_store(struct backup *b, struct ferry_error *err)
{
	struct ferry_digest first = { 0 };
	uint64_t before = 0;
	int from = openat(
		b->st->dirfd, "index", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    rc;

	if (from == -1)
		return ferry_error_errno(err, "%s/index", b->st->path);
	for (int pass = 1;; pass++) {
		rc = copy_once(b, from, err);
		if (rc == -1 || b->gone == 0 || pass == PASSES ||
		    (pass > 1 && b->gone == before &&
			ferry_digest_equal(&b->gone_first, &first)))
			break;
		before = b->gone;
		first = b->gone_first;
	}
	(void)close(from);
	b->out->lost = b->gone;
	b->out->example = b->gone_first;
	return rc;
}

/* Remove the blobs of earlier backups that the new index does not name. */
static int
sweep(struct backup *b, struct ferry_error *err)
{
	struct ferry_store there = *b->st;
	uint64_t bytes;

	there.blobsfd = b->target.blobsfd;
	return ferry_blob_sweep(&there, false, &b->out->removed, &bytes, err);
}

/* A store that was restored from an older backup must not take the place of a
 * newer one unasked.  The store's index is the copy. */
static int
check_continues(struct backup *b, struct ferry_error *err)
{
	const struct ferry_backup_target *t = &b->target;
	struct ferry_digest chain;
	int rc;

	if (b->o->replace || t->records == 0)
		return 0;
	rc = ferry_journal_chain(b->st, t->records, &chain, err);
	if (rc == -1 || (rc == 1 && (t->chain.n == 0 ||
					ferry_digest_equal(&t->chain, &chain))))
		return rc == -1 ? -1 : 0;
	return ferry_error_set(err, FERRY_EFORK,
	    "the backup there is of record %" PRIu64
	    ", which this store, at %" PRIu64
	    ", does not have: was it restored from an older one? Make "
	    "its backup in another folder, or with --replace in this one",
	    t->records, b->out->records);
}

static int
back_up(struct backup *b, struct ferry_error *err)
{
	struct ferry_digest chain;

	if (copy_store(b, err) == -1 || check_continues(b, err) == -1 ||
	    ferry_journal_chain(b->st, b->out->records, &chain, err) == -1 ||
	    ferry_backup_target_files(&b->target, b->st, "keys", err) == -1 ||
	    ferry_backup_target_files(&b->target, b->st, "tokens", err) == -1 ||
	    check_stopped(b, err) == -1 ||
	    ferry_backup_target_turn(
		&b->target, b->st, b->out->records, &chain, err) == -1 ||
	    open_copy(b, b->target.index_path, err) == -1)
		return -1;
	return sweep(b, err);
}

int
ferry_store_backup(const char *path, const char *dir,
    const struct ferry_backup_options *options, struct ferry_backup *out,
    struct ferry_error *err)
{
	struct backup b = { .o = options, .out = out };
	int rc = -1;

	*out = (struct ferry_backup){ 0 };
	if (ferry_store_enter(&b.st, path, FERRY_STORE_READ, err) == -1)
		return ferry_error_in(err, "backing up %s", path);
	if (ferry_backup_target_open(&b.target, b.st, dir, err) == 0) {
		rc = back_up(&b, err);
		ferry_backup_target_close(&b.target);
	}
	ferry_store_close(b.st);
	return rc == -1 ? ferry_error_in(err, "backing up %s to %s", path, dir)
	                : 0;
}

int
ferry_store_backup_of(
    const struct ferry_store *st, json_t **out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_file_read_at(st->dirfd, FERRY_BACKUP_MARKER,
	    FERRY_FILE_NO_FOLLOW, MARKER_MAX, &text, err);

	*out = NULL;
	if (rc == 1 && ferry_json_parse(out, ferry_bytes_buf(&text),
			   FERRY_BACKUP_MARKER, err) == -1)
		rc = -1;
	ferry_buf_free(&text);
	return rc;
}
