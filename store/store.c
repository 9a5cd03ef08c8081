#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/file.h"
#include "store/base/json.h"
#include "store/blob/hashing.h"
#include "store/catalog/catalog.h"
#include "store/index/reserve.h"
#include "store/internal.h"
#include "store/scratch.h"

/* A batch is due at so many changes or bytes of small blobs. */
#define COMMIT_CHANGES 4000
#define COMMIT_BYTES (8U << 20)
#define MARKER_MAX 1024 /* bytes of ferry.json */

static int
read_marker(struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *format, *id, *name;
	json_t *root = NULL;
	uint64_t version;
	int rc = ferry_file_read_at(
	    st->dirfd, "ferry.json", FERRY_FILE_FOLLOW, MARKER_MAX, &text, err);

	if (rc == 0)
		return ferry_error_set(err, FERRY_ESTORE,
		    "%s is not a ferry store (it has no ferry.json); make one "
		    "with 'ferry init'",
		    st->path);
	if (rc == -1) {
		ferry_error_in(err, "%s", st->path);
		goto out;
	}
	rc = -1;
	if (ferry_json_parse(
		&root, ferry_bytes_buf(&text), "ferry.json", err) == -1 ||
	    ferry_json_str(root, "format", &format, err) == -1 ||
	    ferry_json_u64(root, "version", 1U << 30, &version, err) == -1)
		goto out;
	if (strcmp(format, "ferry-store") != 0) {
		ferry_error_set(err, FERRY_ESTORE,
		    "%s/ferry.json is of a '%s', not of a store", st->path,
		    format);
		goto out;
	}
	if (version > FERRY_STORE_VERSION) {
		ferry_error_set(err, FERRY_ENEWER,
		    "%s was written by a newer ferry (store version %" PRIu64
		    ", this ferry reads up to %d); use the newer ferry",
		    st->path, version, FERRY_STORE_VERSION);
		goto out;
	}
	if (ferry_json_str(root, "id", &id, err) == -1 ||
	    ferry_json_str(root, "name", &name, err) == -1)
		goto out;
	if (strlen(id) != FERRY_STORE_ID - 1 || !ferry_store_name_ok(name)) {
		ferry_error_set(
		    err, FERRY_ESTORE, "%s/ferry.json is damaged", st->path);
		goto out;
	}
	memcpy(st->id, id, FERRY_STORE_ID);
	rc = ferry_strdup(&st->name, name, err);
out:
	ferry_buf_free(&text);
	json_decref(root);
	return rc;
}

/* What the lock file says of a writer that gives way, behind its number. */
#define GIVES_WAY " gives way"
#define TURN_MS 20 /* how often one who waits looks */

/* Whether the file called name is locked by another process. */
static bool
is_locked(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
	bool locked = fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1 &&
	              errno == EWOULDBLOCK;

	if (fd != -1)
		(void)close(fd);
	return locked;
}

bool
ferry_store_wanted(const struct ferry_store *st)
{

	return is_locked(st->dirfd, "turn");
}

/* Read the lock file: the writer's number into pid; whether it gives way. */
static bool
read_holder(const struct ferry_store *st, char pid[24])
{
	char text[64] = "";
	ssize_t n = pread(st->lockfd, text, sizeof(text) - 1, 0);
	bool gives_way;

	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	gives_way = strstr(text, GIVES_WAY) != NULL;
	text[strspn(text, "0123456789")] = 0;
	(void)snprintf(pid, 24, "%.20s", text[0] == 0 ? "?" : text);
	return gives_way;
}

/*
 * Wait for a writer that gives way, and say so by holding STORE/turn.
 * Returns: 1 with the lock; 0 if whoever holds it now does not; -1.
 */
static int
wait_for_turn(struct ferry_store *st, char pid[24], struct ferry_error *err)
{
	const struct timespec pause = { 0, TURN_MS * 1000000L };
	int turn =
	    openat(st->dirfd, "turn", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int rc = 0;

	if (turn == -1)
		return ferry_error_errno(err, "%s/turn", st->path);
	for (unsigned i = 0; i < FERRY_STORE_TURN_S * 1000 / TURN_MS; i++) {
		/* Others wait as well: one after the other. */
		(void)flock(turn, LOCK_EX | LOCK_NB);
		if (flock(st->lockfd, LOCK_EX | LOCK_NB) == 0) {
			rc = 1;
			break;
		}
		if (!read_holder(st, pid))
			break;
		(void)nanosleep(&pause, NULL);
	}
	(void)close(turn);
	return rc;
}

/* One that has just taken the lock has not written yet who it is. */
static bool
holder_gives_way(const struct ferry_store *st, char pid[24])
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; i < 4; i++) {
		if (read_holder(st, pid))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return read_holder(st, pid);
}

static int
take_lock(
    struct ferry_store *st, enum ferry_store_mode mode, struct ferry_error *err)
{
	bool gives_way = mode == FERRY_STORE_WRITE_BETWEEN;
	char pid[24] = "", text[64];
	int len, rc;

	st->lockfd =
	    openat(st->dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (st->lockfd == -1)
		return ferry_error_errno(err, "%s/lock", st->path);
	if (gives_way && is_locked(st->dirfd, "turn"))
		return ferry_error_set(err, FERRY_ELOCKED,
		    "another process waits to write to %s", st->path);
	if (flock(st->lockfd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return ferry_error_errno(err, "%s/lock", st->path);
		rc = !gives_way && holder_gives_way(st, pid)
		         ? wait_for_turn(st, pid, err)
		         : 0;
		if (rc == -1)
			return -1;
		if (rc == 0)
			return ferry_error_set(err, FERRY_ELOCKED,
			    "process %s is writing to %s; wait until it is "
			    "done",
			    pid, st->path);
	}
	/* Before anything is written, be it this number. */
	if (st->frees)
		ferry_reserve_use(st->dirfd);
	else
		ferry_reserve_keep(st->dirfd);
	/* A backup that somebody writes to is a store of its own. */
	if (unlinkat(st->dirfd, FERRY_BACKUP_MARKER, 0) == 0)
		(void)fsync(st->dirfd);
	len = snprintf(text, sizeof(text), "%ld%s\n", (long)getpid(),
	    gives_way ? GIVES_WAY : "");
	if (pwrite(st->lockfd, text, (size_t)len, 0) != len ||
	    ftruncate(st->lockfd, len) == -1)
		return ferry_error_errno(err, "%s/lock", st->path);
	return 0;
}

/* Remove what a killed writer left. */
static int
empty_tmp(struct ferry_store *st, struct ferry_error *err)
{
	struct dirent *de;
	int fd = dup(st->tmpfd);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL)
		return ferry_error_errno(err, "%s/tmp", st->path);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			(void)unlinkat(st->tmpfd, de->d_name, 0);
	(void)closedir(d);
	(void)unlinkat(st->dirfd, "ferry.json.new", 0);
	return 0;
}

static int
open_folder(
    struct ferry_store *st, const char *name, int *fd, struct ferry_error *err)
{

	*fd = openat(st->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A server need not be allowed to see the keys. */
	if (*fd == -1 && !(errno == EACCES && !st->writer))
		return ferry_error_errno(err, "%s/%s", st->path, name);
	return 0;
}

/* A store whose keys are gone is one that has lost them: the folder is there for
 * new ones, and of whoever the store is; who may not make it has none. */
static int
open_keys(struct ferry_store *st, struct ferry_error *err)
{
	struct stat sb;

	if (faccessat(st->dirfd, "keys", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return open_folder(st, "keys", &st->keysfd, err);
	if ((mkdirat(st->dirfd, "keys", 0700) == 0 || errno == EEXIST) &&
	    fstat(st->dirfd, &sb) == 0 &&
	    (geteuid() != 0 || fchownat(st->dirfd, "keys", sb.st_uid, sb.st_gid,
				   AT_SYMLINK_NOFOLLOW) == 0))
		return open_folder(st, "keys", &st->keysfd, err);
	return st->writer ? ferry_error_errno(err, "%s/keys", st->path) : 0;
}

static int
read_totals(struct ferry_store *st, struct ferry_store_totals *t,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *chain;
	json_t *root = NULL;
	int rc, found;

	*t = (struct ferry_store_totals){ 0 };
	found = ferry_kv_get(
	    st->kv, FERRY_CF_META, ferry_bytes_str("totals"), &buf, err);
	rc = found == -1 ? -1 : 0;
	if (found == 1) {
		rc = -1;
		if (ferry_json_parse(
			&root, ferry_bytes_buf(&buf), "totals", err) == 0 &&
		    ferry_json_u64(
			root, "packages", INT64_MAX, &t->packages, err) == 0 &&
		    ferry_json_u64(
			root, "versions", INT64_MAX, &t->versions, err) == 0 &&
		    ferry_json_u64(
			root, "removed", INT64_MAX, &t->removed, err) == 0 &&
		    ferry_json_u64(root, "logical_bytes", INT64_MAX,
			&t->logical_bytes, err) == 0 &&
		    ferry_json_u64(root, "blobs", INT64_MAX, &t->blobs, err) ==
			0 &&
		    ferry_json_u64(root, "stored_bytes", INT64_MAX,
			&t->stored_bytes, err) == 0 &&
		    ferry_json_u64(
			root, "records", INT64_MAX, &t->records, err) == 0 &&
		    ferry_json_str(root, "chain", &chain, err) == 0 &&
		    (!st->writer ||
			ferry_digest_from_hex(&st->chain, FERRY_SHA256,
			    ferry_bytes_str(chain), err) == 0))
			rc = 0;
	}
	json_decref(root);
	ferry_buf_free(&buf);
	return rc;
}

/* Whether a family holds anything below prefix: 1, 0 or -1. */
static int
has_any(struct ferry_store *st, enum ferry_cf cf, struct ferry_bytes prefix,
    struct ferry_error *err)
{
	struct ferry_bytes key, value;
	struct ferry_kv_iter *it = NULL;
	int rc;

	if (ferry_kv_iter_new(&it, st->kv, cf, FERRY_KV_FEW, prefix,
		ferry_bytes_str(""), err) == -1)
		return -1;
	rc = ferry_kv_iter_next(it, &key, &value, err);
	ferry_kv_iter_free(it);
	return rc;
}

/*
 * RocksDB opens some damaged indexes as if what cannot be read had never
 * been.  Compare what costs nothing with the totals; verify counts the rest.
 */
static int
check_index(struct ferry_store *st, struct ferry_error *err)
{
	const struct ferry_store_totals *t = &st->totals;
	struct ferry_digest chain;
	int journal, packages, blobs;

	if ((journal = ferry_journal_chain(st, t->records, &chain, err)) ==
		-1 ||
	    (packages = has_any(st, FERRY_CF_CATALOG,
		 ferry_bytes_of("package", 8), err)) == -1 ||
	    (blobs = has_any(st, FERRY_CF_BLOB, ferry_bytes_str(""), err)) ==
		-1)
		return -1;
	if (journal == 0 || (packages == 0 && t->packages > 0) ||
	    (blobs == 0 && t->blobs > 0))
		return ferry_error_set(err, FERRY_EINDEX,
		    "the index of the store is damaged: it lacks %s",
		    journal == 0 ? "the end of the journal"
		    : blobs == 0 ? "its blobs"
				 : "its packages");
	return 0;
}

int
ferry_store_enter(struct ferry_store **out, const char *path,
    enum ferry_store_mode mode, struct ferry_error *err)
{
	struct ferry_store *st;

	if (ferry_calloc(&st, 1, sizeof(*st), err) == -1)
		return -1;
	st->dirfd = st->blobsfd = st->tmpfd = st->keysfd = st->lockfd = -1;
	st->writer = mode != FERRY_STORE_READ;
	st->frees = mode == FERRY_STORE_FREE;
	st->chain =
	    (struct ferry_digest){ FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	if (ferry_strdup(&st->path, path, err) == -1)
		goto fail;
	st->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dirfd == -1) {
		ferry_error_errno(err, "%s", path);
		if (err->sys == ENOENT)
			ferry_error_in(err, "make a store with 'ferry init'");
		goto fail;
	}
	if (read_marker(st, err) == -1 ||
	    open_folder(st, "blobs", &st->blobsfd, err) == -1 ||
	    open_folder(st, "tmp", &st->tmpfd, err) == -1 ||
	    open_keys(st, err) == -1)
		goto fail;
	if (st->writer) {
		if (take_lock(st, mode, err) == -1 || empty_tmp(st, err) == -1)
			goto fail;
	} else if (ferry_scratch_new(&st->scratch, &st->lockfd, err) == -1) {
		goto fail;
	}
	*out = st;
	return 0;
fail:
	ferry_store_close(st);
	return -1;
}

int
ferry_store_open(struct ferry_store **out, const char *path,
    enum ferry_store_mode mode, struct ferry_error *err)
{
	struct ferry_buf index = FERRY_BUF_INIT;
	struct ferry_store *st = NULL;

	if (ferry_store_enter(&st, path, mode, err) == -1 ||
	    ferry_buf_addf(&index, err, "%s/index", path) == -1)
		goto fail;
	if (ferry_kv_open(&st->kv, (const char *)index.p,
		st->writer ? FERRY_KV_WRITE : FERRY_KV_READ, st->scratch,
		err) == -1 ||
	    read_totals(st, &st->totals, err) == -1 ||
	    check_index(st, err) == -1)
		goto fail;
	ferry_buf_free(&index);
	*out = st;
	return 0;
fail:
	ferry_error_in(err, "opening store %s", path);
	if (mode != FERRY_STORE_READ)
		ferry_reserve_explain(mode == FERRY_STORE_FREE, err);
	ferry_buf_free(&index);
	ferry_store_close(st);
	return -1;
}

void
ferry_store_close(struct ferry_store *st)
{

	if (st == NULL)
		return;
	/* Whoever writes next may tell others of it. */
	if (st->unsynced && !st->failed)
		(void)ferry_kv_sync(
		    st->kv, &(struct ferry_error)FERRY_ERROR_INIT);
	ferry_kv_close(st->kv);
	if (st->frees && st->lockfd != -1)
		ferry_reserve_keep(st->dirfd);
	ferry_scratch_remove(st->scratch);
	if (st->lockfd != -1)
		(void)close(st->lockfd);
	if (st->keysfd != -1)
		(void)close(st->keysfd);
	if (st->tmpfd != -1)
		(void)close(st->tmpfd);
	if (st->blobsfd != -1)
		(void)close(st->blobsfd);
	if (st->dirfd != -1)
		(void)close(st->dirfd);
	ferry_hashers_free(st->hashers);
	free(st->unlinks);
	free(st->files);
	free(st->name);
	free(st->path);
	free(st);
}

const char *
ferry_store_path(const struct ferry_store *st)
{

	return st->path;
}

const char *
ferry_store_id(const struct ferry_store *st)
{

	return st->id;
}

const char *
ferry_store_name(const struct ferry_store *st)
{

	return st->name;
}

bool
ferry_store_writable(const struct ferry_store *st)
{

	return st->writer;
}

int
ferry_store_keysfd(const struct ferry_store *st)
{

	return st->keysfd;
}

int
ferry_store_catch_up(struct ferry_store *st, struct ferry_error *err)
{

	return ferry_kv_catch_up(st->kv, err);
}

int
ferry_store_catch_up_now(struct ferry_store *st, struct ferry_error *err)
{

	return ferry_kv_catch_up_now(st->kv, err);
}

static int
put_totals(struct ferry_store *st, struct ferry_error *err)
{
	const struct ferry_store_totals *t = &st->totals;
	struct ferry_buf buf = FERRY_BUF_INIT;
	char hex[FERRY_DIGEST_TEXT];

	if (ferry_buf_addf(&buf, err,
		"{\"packages\":%" PRIu64 ",\"versions\":%" PRIu64
		",\"removed\":%" PRIu64 ",\"logical_bytes\":%" PRIu64
		",\"blobs\":%" PRIu64 ",\"stored_bytes\":%" PRIu64
		",\"records\":%" PRIu64 ",\"chain\":\"%s\"}",
		t->packages, t->versions, t->removed, t->logical_bytes,
		t->blobs, t->stored_bytes, t->records,
		ferry_digest_hex(&st->chain, hex)) == -1)
		return -1;
	ferry_kv_put(st->kv, FERRY_CF_META, ferry_bytes_str("totals"),
	    ferry_bytes_buf(&buf));
	ferry_buf_free(&buf);
	return 0;
}

static int
commit(struct ferry_store *st, bool soon, struct ferry_error *err)
{

	if (st->failed)
		return ferry_error_set(err, FERRY_EINDEX,
		    "an earlier commit to %s failed; start again", st->path);
	if (st->changes == 0 && (soon || !st->unsynced))
		return 0;
	st->failed = true;
	if (st->changes == 0) {
		if (ferry_kv_sync(st->kv, err) == -1)
			goto fail;
	} else if (soon) {
		if (put_totals(st, err) == -1 ||
		    ferry_kv_commit_soon(st->kv, err) == -1)
			goto fail;
	} else if (ferry_blob_sync(st, err) == -1 ||
		   put_totals(st, err) == -1 ||
		   ferry_kv_commit(st->kv, err) == -1) {
		goto fail;
	} else {
		ferry_blob_unlink(st);
	}
	st->failed = false;
	st->unsynced = soon;
	st->changes = st->pending_bytes = 0;
	return 0;
fail:
	ferry_error_in(err, "committing to %s", st->path);
	return ferry_reserve_explain(st->frees, err);
}

int
ferry_store_commit(struct ferry_store *st, struct ferry_error *err)
{

	return commit(st, false, err);
}

int
ferry_store_commit_soon(struct ferry_store *st, struct ferry_error *err)
{

	return commit(st, st->files_n == 0 && st->unlinks_n == 0, err);
}

bool
ferry_store_commit_due(const struct ferry_store *st)
{

	return st->changes >= COMMIT_CHANGES ||
	       st->pending_bytes >= COMMIT_BYTES;
}

int
ferry_store_compact(struct ferry_store *st, struct ferry_error *err)
{

	return ferry_kv_compact(st->kv, FERRY_CF_BYTES, err);
}

uint64_t
ferry_store_pending(const struct ferry_store *st)
{

	return st->changes;
}

int
ferry_store_totals(struct ferry_store *st, struct ferry_store_totals *out,
    struct ferry_error *err)
{

	if (!st->writer)
		return read_totals(st, out, err);
	*out = st->totals;
	return 0;
}
