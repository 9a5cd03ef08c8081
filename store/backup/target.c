#include "store/backup/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/internal.h"

#define MARKER FERRY_BACKUP_MARKER
#define MARKER_MAX 1024
#define NEW "index.new"
#define OLD "index.old"
#define FILE_MAX (64U << 10) /* bytes of a key or a token */

/* Folders in it */

static int
make_folder(struct ferry_backup_target *t, const char *name, mode_t mode,
    int *fd, struct ferry_error *err)
{

	if (mkdirat(t->dirfd, name, mode) == -1 && errno != EEXIST)
		return ferry_error_errno(err, "%s/%s", t->path, name);
	*fd = openat(
	    t->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd == -1 ? ferry_error_errno(err, "%s/%s", t->path, name) : 0;
}

/* Remove the files of a folder, and with REMOVE_ALL the folder. */
enum remove { REMOVE_FILES, REMOVE_ALL };
static int
empty_folder(struct ferry_backup_target *t, const char *name, enum remove what,
    struct ferry_error *err)
{
	int fd = openat(
	    t->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL) {
		if (fd == -1 && errno == ENOENT)
			return 0;
		ferry_error_errno(err, "%s/%s", t->path, name);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 &&
		    unlinkat(fd, de->d_name, 0) == -1 && errno != ENOENT)
			rc = ferry_error_errno(
			    err, "%s/%s/%s", t->path, name, de->d_name);
	(void)closedir(d);
	if (rc == 0 && what == REMOVE_ALL &&
	    unlinkat(t->dirfd, name, AT_REMOVEDIR) == -1)
		rc = ferry_error_errno(err, "%s/%s", t->path, name);
	return rc;
}

static int
make_blob_folders(struct ferry_backup_target *t, struct ferry_error *err)
{
	char sub[4];

	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(sub, sizeof(sub), "%02x", i & 0xff);
		if (mkdirat(t->blobsfd, sub, 0755) == -1 && errno != EEXIST)
			return ferry_error_errno(
			    err, "%s/blobs/%s", t->path, sub);
	}
	return 0;
}

static int
make_folders(struct ferry_backup_target *t, struct ferry_error *err)
{
	struct stat sb;

	/* Killed where a file system cannot exchange two names at once. */
	if (fstatat(t->dirfd, "index", &sb, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		(void)renameat(t->dirfd, OLD, t->dirfd, "index");
	if (make_folder(t, "blobs", 0755, &t->blobsfd, err) == -1 ||
	    make_blob_folders(t, err) == -1 ||
	    make_folder(t, "tmp", 0755, &t->tmpfd, err) == -1 ||
	    make_folder(t, "keys", 0700, &t->keysfd, err) == -1 ||
	    empty_folder(t, "tmp", REMOVE_FILES, err) == -1 ||
	    empty_folder(t, NEW, REMOVE_ALL, err) == -1 ||
	    empty_folder(t, OLD, REMOVE_ALL, err) == -1 ||
	    make_folder(t, NEW, 0755, &t->index_new, err) == -1)
		return -1;
	t->index = openat(
	    t->dirfd, "index", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->index == -1 && errno != ENOENT
	           ? ferry_error_errno(err, "%s/index", t->path)
	           : 0;
}

/* Whose folder it is */

static int
put_marker(struct ferry_backup_target *t, const struct ferry_store *st,
    int64_t at, uint64_t records, const struct ferry_digest *chain,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	char hex[FERRY_DIGEST_TEXT] = "";
	int rc = -1;

	if (chain->n > 0)
		(void)ferry_digest_hex(chain, hex);
	if (ferry_buf_addf(&text, err,
		"{\"format\":\"ferry-backup\",\"id\":\"%s\",\"name\":\"%s\","
		"\"at\":%" PRId64 ",\"records\":%" PRIu64
		",\"chain\":\"%s\"}\n",
		st->id, st->name, at, records, hex) == 0)
		rc = ferry_file_replace_at(
		    t->dirfd, MARKER, 0644, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

/* A folder with nothing in it, but what a file system puts there, or one that
 * was killed at its beginning. */
static int
check_empty(struct ferry_backup_target *t, struct ferry_error *err)
{
	int fd = openat(t->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	bool used = false, store;
	struct dirent *de;

	if (d == NULL) {
		ferry_error_errno(err, "%s", t->path);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (!used && (de = readdir(d)) != NULL)
		used = de->d_name[0] != '.' &&
		       strcmp(de->d_name, "lost+found") != 0 &&
		       strcmp(de->d_name, "lock") != 0 &&
		       strcmp(de->d_name, MARKER ".new") != 0;
	(void)closedir(d);
	if (!used)
		return 0;
	store = faccessat(t->dirfd, "ferry.json", F_OK, 0) == 0;
	return ferry_error_set(err, FERRY_EEXIST,
	    store ? "%s is a store of its own, also if it was a backup before "
		    "somebody wrote to it; make the backup in another folder"
		  : "%s is not empty, and no backup; make the backup in "
		    "another folder",
	    t->path);
}

/* How far the backup is. */
static int
read_position(
    struct ferry_backup_target *t, const json_t *root, struct ferry_error *err)
{
	const char *chain;

	if (ferry_json_u64(root, "records", INT64_MAX, &t->records, err) ==
		-1 ||
	    ferry_json_str_opt(root, "chain", "", &chain, err) == -1)
		return -1;
	return *chain == 0 ? 0
	                   : ferry_digest_from_hex(&t->chain, FERRY_SHA256,
				 ferry_bytes_str(chain), err);
}

/* Which store's backup is there?  That of none becomes ours. */
static int
check_marker(struct ferry_backup_target *t, const struct ferry_store *st,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *id = "", *name = "";
	json_t *root = NULL;
	int rc = ferry_file_read_at(
	    t->dirfd, MARKER, FERRY_FILE_NO_FOLLOW, MARKER_MAX, &text, err);

	if (rc == 0 && (rc = check_empty(t, err)) == 0)
		rc = put_marker(t, st, 0, 0, &t->chain, err);
	else if (rc == 1 &&
		 (ferry_json_parse(
		      &root, ferry_bytes_buf(&text), MARKER, err) == -1 ||
		     ferry_json_str(root, "id", &id, err) == -1 ||
		     ferry_json_str(root, "name", &name, err) == -1 ||
		     read_position(t, root, err) == -1))
		rc = ferry_error_in(err, "%s", t->path);
	else if (rc == 1 && strcmp(id, st->id) != 0)
		rc = ferry_error_set(err, FERRY_EEXIST,
		    "%s is a backup of the store '%s' (%s), and this one is "
		    "'%s' (%s); make this backup in another folder",
		    t->path, name, id, st->name, st->id);
	json_decref(root);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Not the store itself, and not in it. */
static int
check_place(struct ferry_backup_target *t, const struct ferry_store *st,
    struct ferry_error *err)
{
	struct stat store, here, last = { 0 };
	int fd = openat(t->dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), up;

	if (fd == -1 || fstat(st->dirfd, &store) == -1 ||
	    fstat(fd, &here) == -1)
		goto fail;
	for (;;) {
		if (here.st_dev == store.st_dev &&
		    here.st_ino == store.st_ino) {
			(void)close(fd);
			return ferry_error_set(err, FERRY_EUSAGE,
			    "%s is the store, or in it; make the backup "
			    "elsewhere, best on another disk",
			    t->path);
		}
		if (here.st_dev == last.st_dev && here.st_ino == last.st_ino)
			break;
		last = here;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up == -1)
			break;
		(void)close(fd);
		fd = up;
		if (fstat(fd, &here) == -1)
			goto fail;
	}
	(void)close(fd);
	return 0;
fail:
	ferry_error_errno(err, "%s", t->path);
	if (fd != -1)
		(void)close(fd);
	return -1;
}

int
ferry_backup_target_open(struct ferry_backup_target *t,
    const struct ferry_store *st, const char *path, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;

	*t = (struct ferry_backup_target){ .path = path,
		.dirfd = -1,
		.lockfd = -1,
		.blobsfd = -1,
		.tmpfd = -1,
		.keysfd = -1,
		.index = -1,
		.index_new = -1 };
	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return ferry_error_errno(err, "%s", path);
	if ((t->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return ferry_error_errno(err, "%s", path);
	if (check_place(t, st, err) == -1)
		goto fail;
	t->lockfd =
	    openat(t->dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (t->lockfd == -1) {
		ferry_error_errno(err, "%s/lock", path);
		goto fail;
	}
	if (flock(t->lockfd, LOCK_EX | LOCK_NB) == -1) {
		ferry_error_set(err, FERRY_ELOCKED,
		    "another process writes to %s; wait until it is done",
		    path);
		goto fail;
	}
	if (check_marker(t, st, err) == -1 || make_folders(t, err) == -1 ||
	    ferry_buf_addf(&name, err, "%s/index", path) == -1 ||
	    ferry_strdup(&t->index_path, (const char *)name.p, err) == -1 ||
	    ferry_buf_addf(&name, err, ".new") == -1 ||
	    ferry_strdup(&t->new_path, (const char *)name.p, err) == -1)
		goto fail;
	ferry_buf_free(&name);
	return 0;
fail:
	ferry_buf_free(&name);
	ferry_backup_target_close(t);
	return -1;
}

void
ferry_backup_target_close(struct ferry_backup_target *t)
{
	const int fds[] = { t->index_new, t->index, t->keysfd, t->tmpfd,
		t->blobsfd, t->lockfd, t->dirfd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			(void)close(fds[i]);
	free(t->index_path);
	free(t->new_path);
	t->index_path = t->new_path = NULL;
}

/* Small files */

/* Whether name is one that is still being written, or hidden. */
static bool
is_unfinished(const char *name)
{
	size_t n = strlen(name);

	return name[0] == '.' || (n > 4 && strcmp(name + n - 4, ".new") == 0);
}

static void
forget(struct ferry_buf *secret)
{

	if (secret->n > 0)
		explicit_bzero(secret->p, secret->n);
	ferry_buf_free(secret);
}

static int
copy_small(int from, const char *name, int to, struct ferry_error *err)
{
	struct ferry_buf ours = FERRY_BUF_INIT, theirs = FERRY_BUF_INIT;
	struct stat sb;
	int rc = ferry_file_read_at(
	    from, name, FERRY_FILE_NO_FOLLOW, FILE_MAX, &ours, err);

	if (rc == 1 && fstatat(from, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		rc = errno == ENOENT ? 0 : ferry_error_errno(err, "%s", name);
	if (rc == 1 &&
	    (rc = ferry_file_read_at(to, name, FERRY_FILE_NO_FOLLOW, FILE_MAX,
		 &theirs, err)) != -1 &&
	    (rc == 0 || ours.n != theirs.n ||
		memcmp(ours.p, theirs.p, ours.n) != 0))
		rc = ferry_file_replace_at(
		    to, name, sb.st_mode & 0777, ferry_bytes_buf(&ours), err);
	forget(&ours);
	forget(&theirs);
	return rc == -1 ? -1 : 0;
}

/* Copy from one folder to the other, or remove there what is not in from. */
enum each { EACH_COPY, EACH_REMOVE };
static int
each_small(int from, int to, enum each what, struct ferry_error *err)
{
	int fd = openat(what == EACH_COPY ? from : to, ".",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    rc = 0;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		ferry_error_errno(err, "reading");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL) {
		if (is_unfinished(de->d_name))
			continue;
		if (what == EACH_COPY)
			rc = copy_small(from, de->d_name, to, err);
		else if (faccessat(from, de->d_name, F_OK,
			     AT_SYMLINK_NOFOLLOW) == -1 &&
			 errno == ENOENT && unlinkat(to, de->d_name, 0) == -1)
			rc = ferry_error_errno(err, "%s", de->d_name);
	}
	(void)closedir(d);
	return rc;
}

int
ferry_backup_target_files(struct ferry_backup_target *t,
    const struct ferry_store *st, const char *name, struct ferry_error *err)
{
	int from = openat(
	    st->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int to = -1, rc = -1;
	struct stat sb;

	if (from == -1)
		return errno == ENOENT
		           ? empty_folder(t, name, REMOVE_FILES, err)
		           : ferry_error_errno(err,
				 "%s/%s: run this as the user whose store it is",
				 st->path, name);
	if (fstat(from, &sb) == -1)
		ferry_error_errno(err, "%s/%s", st->path, name);
	else if (make_folder(t, name, sb.st_mode & 07777, &to, err) == 0 &&
		 each_small(from, to, EACH_COPY, err) == 0 &&
		 each_small(from, to, EACH_REMOVE, err) == 0)
		rc = 0;
	if (rc == -1)
		ferry_error_in(err, "%s of the store", name);
	if (to != -1)
		(void)close(to);
	(void)close(from);
	return rc;
}

/* The turn */

static int
exchange(struct ferry_backup_target *t, struct ferry_error *err)
{
	int d = t->dirfd, rc;

	if (t->index == -1)
		rc = renameat(d, NEW, d, "index");
	else if ((rc = renameat2(d, NEW, d, "index", RENAME_EXCHANGE)) == -1 &&
		 (errno == EINVAL || errno == ENOSYS))
		rc = renameat(d, "index", d, OLD) == -1
		         ? -1
		         : renameat(d, NEW, d, "index");
	return rc == -1 || fsync(d) == -1
	           ? ferry_error_errno(err, "%s/index", t->path)
	           : 0;
}

/* Read the store's ferry.json, if it is still the same store. */
static int
read_identity(const struct ferry_store *st, struct ferry_buf *text,
    struct ferry_error *err)
{
	json_t *root = NULL;
	const char *id;
	int rc = ferry_file_read_at(
	    st->dirfd, "ferry.json", FERRY_FILE_FOLLOW, MARKER_MAX, text, err);

	if (rc == 0)
		rc = ferry_error_set(
		    err, FERRY_ESTORE, "%s has no ferry.json", st->path);
	if (rc == -1 || ferry_json_parse(&root, ferry_bytes_buf(text),
			    "ferry.json", err) == -1)
		return -1;
	rc = ferry_json_str(root, "id", &id, err);
	if (rc == 0 && strcmp(id, st->id) != 0)
		rc = ferry_error_set(err, FERRY_ESTORE,
		    "%s became another store meanwhile ('ferry rebuild'); make "
		    "its backup in another folder",
		    st->path);
	json_decref(root);
	return rc;
}

int
ferry_backup_target_turn(struct ferry_backup_target *t,
    const struct ferry_store *st, uint64_t records,
    const struct ferry_digest *chain, struct ferry_error *err)
{
	struct ferry_buf identity = FERRY_BUF_INIT;
	int rc = read_identity(st, &identity, err);

	if (rc == 0 && syncfs(t->dirfd) == -1)
		rc = ferry_error_errno(err, "%s", t->path);
	/* In a first backup the last: it makes DIR a store. */
	if (rc == 0 &&
	    (exchange(t, err) == -1 ||
		ferry_file_replace_at(t->dirfd, "ferry.json", 0644,
		    ferry_bytes_buf(&identity), err) == -1 ||
		put_marker(t, st, ferry_now(), records, chain, err) == -1 ||
		empty_folder(t, NEW, REMOVE_ALL, err) == -1 ||
		empty_folder(t, OLD, REMOVE_ALL, err) == -1))
		rc = -1;
	ferry_buf_free(&identity);
	return rc;
}
