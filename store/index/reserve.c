#include "store/index/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/base/error.h"

#define NAME "reserve"
#define SIZE_MAX_BYTES (32U << 20)
#define SIZE_MIN_BYTES (1U << 20)

/* What the disk has free for us, and what its reserve should be. */
static int
measure(int dirfd, uint64_t *avail, uint64_t *want)
{
	struct statvfs vfs;
	uint64_t eighth;

	if (fstatvfs(dirfd, &vfs) == -1)
		return -1;
	*avail = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	eighth = (uint64_t)vfs.f_blocks * vfs.f_frsize / 8;
	*want = eighth < SIZE_MAX_BYTES ? eighth : SIZE_MAX_BYTES;
	return 0;
}

void
ferry_reserve_keep(int dirfd)
{
	uint64_t avail, want, have = 0;
	struct stat sb;
	int fd;

	if (measure(dirfd, &avail, &want) == -1)
		return;
	if (fstatat(dirfd, NAME, &sb, AT_SYMLINK_NOFOLLOW) == 0)
		have = (uint64_t)sb.st_blocks * 512;
	if (have + avail / 4 * 3 < want)
		want = have + avail / 4 * 3;
	if (want < have + SIZE_MIN_BYTES)
		return;
	fd = openat(
	    dirfd, NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	/* Not posix_fallocate(): where a disk cannot set blocks aside that one
	 * writes zeros, and is no reserve on a disk that compresses them. */
	if (fallocate(fd, 0, 0, (off_t)want) == -1 && have == 0)
		(void)unlinkat(dirfd, NAME, 0);
	(void)close(fd);
}

void
ferry_reserve_use(int dirfd)
{
	uint64_t avail, want;

	if (measure(dirfd, &avail, &want) == 0 && avail < want)
		(void)unlinkat(dirfd, NAME, 0);
}

int
ferry_reserve_explain(bool used, struct ferry_error *err)
{

	if (err->code != FERRY_ESYSTEM ||
	    (err->sys != ENOSPC && err->sys != EDQUOT))
		return -1;
	return ferry_error_in(
	    err, used ? "the store's disk is full, and its reserve was not "
			"enough: move something else away from that disk"
		      : "the store's disk is full: 'ferry remove' and 'ferry "
			"gc --grace 0' work on a full disk and free some");
}
