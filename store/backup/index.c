#include "store/backup/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/backup/copy.h"
#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/index/kv.h"

#define TRIES 60 /* of an index that changes meanwhile */
#define PROBES 3 /* of a copy that cannot be opened */
#define CURRENT_MAX 64 /* bytes of CURRENT, "MANIFEST-000005\n" */

/* Which manifest counts, and how long it is. */
struct manifest {
	char name[CURRENT_MAX + 1];
	off_t size;
};

static int
read_manifest(int dirfd, struct manifest *m, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct stat sb;
	int rc;

	*m = (struct manifest){ "", 0 };
	rc = ferry_file_read_at(
	    dirfd, "CURRENT", FERRY_FILE_NO_FOLLOW, CURRENT_MAX, &text, err);
	if (rc == 0)
		rc = ferry_error_set(
		    err, FERRY_EINDEX, "the index has no file CURRENT");
	if (rc == 1)
		(void)snprintf(m->name, sizeof(m->name), "%.*s",
		    (int)strcspn((const char *)text.p, "\n"),
		    (const char *)text.p);
	ferry_buf_free(&text);
	/* One that went away in between is seen at the end. */
	if (rc == 1 && fstatat(dirfd, m->name, &sb, AT_SYMLINK_NOFOLLOW) == 0)
		m->size = sb.st_size;
	return rc == -1 ? -1 : 0;
}

static bool
is_table(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".sst") == 0;
}

/* What RocksDB needs of an index, and what it makes anew. */
static bool
is_needed(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && strcmp(name, "LOCK") != 0 &&
	       strncmp(name, "LOG", 3) != 0 &&
	       !(n > 6 && strcmp(name + n - 6, ".dbtmp") == 0);
}

/* A table, from the backup's own index if that has it. */
static int
copy_table(
    struct ferry_backup_index *b, const char *name, struct ferry_error *err)
{
	struct stat ours = { 0 }, theirs;
	int rc;

	if (fstatat(b->from, name, &ours, AT_SYMLINK_NOFOLLOW) == 0 &&
	    b->old != -1 &&
	    fstatat(b->old, name, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ferry_copy_is(&ours, &theirs) &&
	    (linkat(b->old, name, b->to, name, 0) == 0 || errno == EEXIST))
		return 0;
	rc = ferry_copy_file(b->from, name, b->to, b->tmp, err);
	if (rc == -1)
		return -1;
	b->linked += rc == FERRY_COPIED_LINKED;
	b->copied += rc == FERRY_COPIED_WHOLE;
	b->copied_bytes +=
	    rc == FERRY_COPIED_WHOLE ? (uint64_t)ours.st_size : 0;
	return 0;
}

/* What is done with each file of the index. */
typedef int on_file(
    struct ferry_backup_index *b, const char *name, struct ferry_error *err);

/* The names of what is needed in a folder, each with a NUL. */
static int
list_files(int dir, struct ferry_buf *names, struct ferry_error *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (d == NULL) {
		ferry_error_errno(err, "index");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (is_needed(de->d_name))
			rc = ferry_buf_add(
			    names, de->d_name, strlen(de->d_name) + 1, err);
	(void)closedir(d);
	return rc;
}

/* All are listed first: of two logs that were there then, the older one is
 * complete, and a third does not count. */
static int
each_file(
    struct ferry_backup_index *b, int dir, on_file *on, struct ferry_error *err)
{
	struct ferry_buf names = FERRY_BUF_INIT;
	int rc = list_files(dir, &names, err);

	for (size_t at = 0; rc == 0 && at < names.n;
	     at += strlen((const char *)names.p + at) + 1) {
		rc = on(b, (const char *)names.p + at, err);
		if (rc == 0 && b->stopped != NULL && b->stopped())
			rc = ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped; the backup is what it was");
	}
	ferry_buf_free(&names);
	return rc;
}

/* Manifests and logs that are no more, of an earlier try. */
static int
drop_stale(
    struct ferry_backup_index *b, const char *name, struct ferry_error *err)
{

	if (faccessat(b->from, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return unlinkat(b->to, name, 0) == -1
	           ? ferry_error_errno(err, "index/%s", name)
	           : 0;
}

static int
on_table(
    struct ferry_backup_index *b, const char *name, struct ferry_error *err)
{

	return is_table(name) ? copy_table(b, name, err) : 0;
}

static int
on_log(struct ferry_backup_index *b, const char *name, struct ferry_error *err)
{

	return is_table(name) || strcmp(name, "CURRENT") == 0
	           ? 0
	           : ferry_copy_tail(b->from, name, b->to, err);
}

/* Once.  Returns: 1 if nothing changed meanwhile, 0, -1. */
static int
try_copy(struct ferry_backup_index *b, struct ferry_error *err)
{
	struct manifest before, after;
	struct ferry_buf current = FERRY_BUF_INIT;
	int rc = -1;

	/* Tables first: they take long, and the log little. */
	if (each_file(b, b->to, drop_stale, err) == -1 ||
	    each_file(b, b->from, on_table, err) == -1 ||
	    read_manifest(b->from, &before, err) == -1 ||
	    each_file(b, b->from, on_table, err) == -1 ||
	    each_file(b, b->from, on_log, err) == -1 ||
	    read_manifest(b->from, &after, err) == -1)
		return -1;
	if (before.size != after.size || strcmp(before.name, after.name) != 0)
		return 0;
	if (ferry_buf_addf(&current, err, "%s\n", after.name) == 0 &&
	    ferry_file_replace_at(
		b->to, "CURRENT", 0644, ferry_bytes_buf(&current), err) == 0)
		rc = 1;
	ferry_buf_free(&current);
	return rc;
}

int
ferry_backup_index(struct ferry_backup_index *b, struct ferry_error *err)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct ferry_error why = FERRY_ERROR_INIT;
	int probes = 0;

	for (int i = 0; i < TRIES; i++) {
		int rc = try_copy(b, err);

		if (rc == -1)
			return -1;
		why = (struct ferry_error)FERRY_ERROR_INIT;
		if (rc == 1 && ferry_kv_probe_copy(b->to_path, &why) == 0)
			return 0;
		if (rc == 1 && ++probes == PROBES) {
			*err = why;
			return ferry_error_in(err,
			    "opening the copy of the index in %s", b->to_path);
		}
		(void)nanosleep(&pause, NULL);
	}
	return ferry_error_set(err, FERRY_ELOCKED,
	    "the index changed each of %d times that it was copied; try again "
	    "when less is written to the store",
	    TRIES);
}
