#include "store/backup/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define TMP "copy"
#define BLOCK (256U << 10)

bool
ferry_copy_is(const struct stat *from, const struct stat *to)
{

	if (from->st_dev == to->st_dev && from->st_ino == to->st_ino)
		return true;
	return S_ISREG(to->st_mode) && from->st_size == to->st_size &&
	       (to->st_mtim.tv_sec != from->st_mtim.tv_sec
		       ? to->st_mtim.tv_sec > from->st_mtim.tv_sec
		       : to->st_mtim.tv_nsec >= from->st_mtim.tv_nsec);
}

static int
write_all(int fd, const uint8_t *p, size_t n)
{

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done == -1 && errno != EINTR)
			return -1;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* From where both stand to the end of in. */
static int
copy_bytes(int in, int out, struct ferry_error *err)
{
	uint8_t *block = NULL;
	ssize_t n;

	if (ferry_calloc(&block, 1, BLOCK, err) == -1)
		return -1;
	do {
		n = read(in, block, BLOCK);
		if (n > 0 && write_all(out, block, (size_t)n) == -1)
			n = -1;
	} while (n > 0 || (n == -1 && errno == EINTR));
	free(block);
	return n == -1 ? ferry_error_errno(err, "copying") : 0;
}

/* Make tmp/TMP a copy: as ferry_copy_file(). */
static int
make_copy(int from, const char *path, int tmp, struct ferry_error *err)
{
	int in = openat(from, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int out = -1, rc = -1;

	if (in == -1)
		return errno == ENOENT ? FERRY_COPIED_GONE
		                       : ferry_error_errno(err, "%s", path);
	(void)posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL);
	out = openat(tmp, TMP, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out == -1)
		ferry_error_errno(err, "%s", path);
	else if (copy_bytes(in, out, err) == -1)
		ferry_error_in(err, "%s", path);
	else
		rc = FERRY_COPIED_WHOLE;
	(void)close(in);
	if (out != -1)
		(void)close(out);
	return rc;
}

/* Whether linking failed because these two folders cannot share a file. */
static bool
cannot_link(int error)
{

	return error == EXDEV || error == EPERM || error == EMLINK ||
	       error == EOPNOTSUPP || error == ENOSYS || error == EACCES;
}

int
ferry_copy_file(
    int from, const char *path, int to, int tmp, struct ferry_error *err)
{
	struct stat ours, theirs;
	int rc = FERRY_COPIED_LINKED;

	if (fstatat(from, path, &ours, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? FERRY_COPIED_GONE
		                       : ferry_error_errno(err, "%s", path);
	if (fstatat(to, path, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ferry_copy_is(&ours, &theirs))
		return FERRY_COPIED_KEPT;
	(void)unlinkat(tmp, TMP, 0);
	if (linkat(from, path, tmp, TMP, 0) == -1) {
		if (errno == ENOENT)
			return FERRY_COPIED_GONE;
		if (!cannot_link(errno))
			return ferry_error_errno(err, "linking %s", path);
		rc = make_copy(from, path, tmp, err);
	}
	if (rc > FERRY_COPIED_GONE && renameat(tmp, TMP, to, path) == -1)
		rc = ferry_error_errno(err, "%s", path);
	if (rc == -1)
		(void)unlinkat(tmp, TMP, 0);
	return rc;
}

int
ferry_copy_tail(int from, const char *name, int to, struct ferry_error *err)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int out = -1, rc = -1;
	off_t at;

	if (in == -1)
		return errno == ENOENT ? 0 : ferry_error_errno(err, "%s", name);
	out = openat(to, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out == -1 || (at = lseek(out, 0, SEEK_END)) == -1 ||
	    lseek(in, at, SEEK_SET) == -1)
		ferry_error_errno(err, "%s", name);
	else
		rc = copy_bytes(in, out, err);
	(void)close(in);
	if (out != -1)
		(void)close(out);
	return rc == -1 ? ferry_error_in(err, "%s", name) : 0;
}
