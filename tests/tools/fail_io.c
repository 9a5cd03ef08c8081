/*
 * A library to preload: calls on files below a folder fail as on a disk that
 * gives out.
 *
 *	FAIL_UNDER   the folder, an absolute path
 *	FAIL_AT      the number of the call that fails, from 1; 0: none
 *	FAIL_ON      "once", or "on": all after it fail, too
 *	FAIL_WITH    errno, such as 5 for EIO
 *	FAIL_READS   "1": reading counts as well
 *	FAIL_COUNT   a file that gets how many calls there were
 *
 * Standard output and error are left alone.  What is mapped is not seen.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
	const char *under;
	size_t n;
	unsigned long at;
	bool on, reads;
	int with;
	atomic_ulong count;
} shim;

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAIL_AT"), *on = getenv("FAIL_ON");
	const char *with = getenv("FAIL_WITH"), *reads = getenv("FAIL_READS");

	shim.under = getenv("FAIL_UNDER");
	shim.n = shim.under == NULL ? 0 : strlen(shim.under);
	shim.at = at == NULL ? 0 : strtoul(at, NULL, 10);
	shim.on = on != NULL && strcmp(on, "on") == 0;
	shim.with = with == NULL ? EIO : (int)strtol(with, NULL, 10);
	shim.reads = reads != NULL && strcmp(reads, "1") == 0;
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("FAIL_COUNT");
	FILE *f = path == NULL ? NULL : fopen(path, "w");

	if (f == NULL)
		return;
	(void)fprintf(f, "%lu\n", atomic_load(&shim.count));
	(void)fclose(f);
}

static bool
is_watched(const char *path)
{

	return shim.n > 0 && strncmp(path, shim.under, shim.n) == 0 &&
	       (path[shim.n] == '/' || path[shim.n] == 0);
}

/* Whether this call is one to fail; errno is set then. */
static bool
fails_path(const char *path)
{
	unsigned long n;

	if (!is_watched(path))
		return false;
	n = atomic_fetch_add(&shim.count, 1) + 1;
	if (shim.at == 0 || n < shim.at || (n > shim.at && !shim.on))
		return false;
	errno = shim.with;
	return true;
}

static bool
fails_fd(int fd)
{
	char link[40], path[PATH_MAX];
	int saved = errno;
	ssize_t n;

	if (fd <= STDERR_FILENO)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	errno = saved;
	if (n <= 0)
		return false;
	path[n] = 0;
	return fails_path(path);
}

/* A name below a folder. */
static bool
fails_at(int dirfd, const char *name)
{
	char path[PATH_MAX];
	int saved = errno;
	bool fails;

	if (name[0] == '/')
		return fails_path(name);
	if (dirfd != AT_FDCWD)
		return fails_fd(dirfd);
	fails = getcwd(path, sizeof(path)) != NULL && fails_path(path);
	if (!fails)
		errno = saved;
	return fails;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Calls on a descriptor, of which the first argument is that. */
#define ON_FD(type, name, parameters, arguments)                               \
	type name parameters                                                   \
	{                                                                      \
		static __typeof__(&name) real;                                 \
		if (real == NULL)                                              \
			real = REAL(name);                                     \
		return fails_fd(fd) ? -1 : real arguments;                     \
	}
#define ON_READ(type, name, parameters, arguments)                             \
	type name parameters                                                   \
	{                                                                      \
		static __typeof__(&name) real;                                 \
		if (real == NULL)                                              \
			real = REAL(name);                                     \
		return shim.reads && fails_fd(fd) ? -1 : real arguments;       \
	}
#define ON_NAME(name, parameters, dirfd, path, arguments)                      \
	int name parameters                                                    \
	{                                                                      \
		static __typeof__(&name) real;                                 \
		if (real == NULL)                                              \
			real = REAL(name);                                     \
		return fails_at(dirfd, path) ? -1 : real arguments;            \
	}

ON_FD(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
ON_FD(
    ssize_t, pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o))
ON_FD(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t o),
    (fd, p, n, o))
ON_FD(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
ON_FD(int, fsync, (int fd), (fd))
ON_FD(int, fdatasync, (int fd), (fd))
ON_FD(int, syncfs, (int fd), (fd))
ON_FD(int, ftruncate, (int fd, off_t n), (fd, n))
ON_FD(int, ftruncate64, (int fd, off64_t n), (fd, n))
ON_FD(int, fallocate, (int fd, int mode, off_t o, off_t n), (fd, mode, o, n))
ON_FD(int, fallocate64, (int fd, int mode, off64_t o, off64_t n),
    (fd, mode, o, n))
ON_READ(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
ON_READ(ssize_t, pread, (int fd, void *p, size_t n, off_t o), (fd, p, n, o))
ON_READ(ssize_t, pread64, (int fd, void *p, size_t n, off64_t o), (fd, p, n, o))
ON_NAME(mkdir, (const char *p, mode_t m), AT_FDCWD, p, (p, m))
ON_NAME(mkdirat, (int d, const char *p, mode_t m), d, p, (d, p, m))
ON_NAME(unlink, (const char *p), AT_FDCWD, p, (p))
ON_NAME(unlinkat, (int d, const char *p, int flags), d, p, (d, p, flags))
ON_NAME(rename, (const char *p, const char *q), AT_FDCWD, q, (p, q))
ON_NAME(
    renameat, (int d, const char *p, int e, const char *q), e, q, (d, p, e, q))
ON_NAME(linkat, (int d, const char *p, int e, const char *q, int flags), e, q,
    (d, p, e, q, flags))

/* Opening fails where it would write. */
static bool
writes(int flags)
{

	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
}

static mode_t
mode_of(int flags, va_list rest)
{

	return (flags & O_CREAT) != 0 ? (mode_t)va_arg(rest, int) : 0;
}

#define OPEN(name)                                                             \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		static int (*real)(const char *, int, ...);                    \
		va_list rest;                                                  \
		mode_t mode;                                                   \
                                                                               \
		va_start(rest, flags);                                         \
		mode = mode_of(flags, rest);                                   \
		va_end(rest);                                                  \
		if (real == NULL)                                              \
			real = REAL(name);                                     \
		return writes(flags) && fails_at(AT_FDCWD, path)               \
		           ? -1                                                \
		           : real(path, flags, mode);                          \
	}
#define OPENAT(name)                                                           \
	int name(int d, const char *path, int flags, ...)                      \
	{                                                                      \
		static int (*real)(int, const char *, int, ...);               \
		va_list rest;                                                  \
		mode_t mode;                                                   \
                                                                               \
		va_start(rest, flags);                                         \
		mode = mode_of(flags, rest);                                   \
		va_end(rest);                                                  \
		if (real == NULL)                                              \
			real = REAL(name);                                     \
		return writes(flags) && fails_at(d, path)                      \
		           ? -1                                                \
		           : real(d, path, flags, mode);                       \
	}
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
