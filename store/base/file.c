#include "store/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"

#define NAME_SIZE 256
#define STEP 65536

int
ferry_file_read_fd(
    int fd, size_t max, struct ferry_buf *buf, struct ferry_error *err)
{
	size_t room = STEP, start = buf->n;
	char size[FERRY_SIZE_TEXT];
	struct stat st;
	ssize_t n = 1;

	if (fstat(fd, &st) == -1)
		return ferry_error_errno(err, "fstat");
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		room = (size_t)st.st_size + 1;
	while (n > 0 && buf->n - start <= max) {
		if (ferry_buf_reserve(buf, room, err) == -1)
			return -1;
		while ((n = read(fd, buf->p + buf->n, room)) == -1 &&
		       errno == EINTR)
			;
		if (n == -1)
			return ferry_error_errno(err, "read");
		buf->n += (size_t)n;
		buf->p[buf->n] = 0;
		room = (size_t)n < room ? room - (size_t)n : STEP;
	}
	return n == 0 ? 0
	              : ferry_error_set(err, FERRY_ELIMIT,
			    "it has more than %s", ferry_size_text(max, size));
}

static int
read_and_close(int fd, const char *name, size_t max, struct ferry_buf *buf,
    struct ferry_error *err)
{
	int rc = ferry_file_read_fd(fd, max, buf, err);

	(void)close(fd);
	return rc == -1 ? ferry_error_in(err, "%s", name) : 0;
}

int
ferry_file_read(const char *path, size_t max, struct ferry_buf *buf,
    struct ferry_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd == -1 ? ferry_error_errno(err, "%s", path)
	                : read_and_close(fd, path, max, buf, err);
}

int
ferry_file_read_at(int dirfd, const char *name, enum ferry_file_links links,
    size_t max, struct ferry_buf *buf, struct ferry_error *err)
{
	int fd = openat(dirfd, name,
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC |
		(links == FERRY_FILE_FOLLOW ? 0 : O_NOFOLLOW));
	struct stat st;

	if (fd == -1)
		return errno == ENOENT ? 0 : ferry_error_errno(err, "%s", name);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return 0;
	}
	return read_and_close(fd, name, max, buf, err) == -1 ? -1 : 1;
}

static int
write_all(int fd, struct ferry_bytes text)
{

	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			text = ferry_bytes_of(text.p + n, text.n - (size_t)n);
	}
	return 0;
}

/* Root makes files for those whose folder it is.  Returns 0, -1 with errno. */
static int
give_to_owner(int dirfd, int fd, mode_t mode)
{
	struct stat st;

	if (fstat(dirfd, &st) == -1 || fchmod(fd, mode) == -1)
		return -1;
	return geteuid() == 0 ? fchown(fd, st.st_uid, st.st_gid) : 0;
}

static int
replace_at(int dirfd, const char *name, mode_t mode, bool owners,
    struct ferry_bytes text, struct ferry_error *err)
{
	char temporary[NAME_SIZE];
	int fd, rc = -1;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", name) >=
	    sizeof(temporary))
		return ferry_error_set(
		    err, FERRY_ELIMIT, "the name %s is too long", name);
	(void)unlinkat(dirfd, temporary, 0);
	fd = openat(
	    dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd == -1 || (owners && give_to_owner(dirfd, fd, mode) == -1) ||
	    write_all(fd, text) == -1 || fsync(fd) == -1 ||
	    renameat(dirfd, temporary, dirfd, name) == -1 ||
	    fsync(dirfd) == -1) {
		ferry_error_errno(err, "%s", name);
		(void)unlinkat(dirfd, temporary, 0);
	} else {
		rc = 0;
	}
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
ferry_file_replace_at(int dirfd, const char *name, mode_t mode,
    struct ferry_bytes text, struct ferry_error *err)
{

	return replace_at(dirfd, name, mode, false, text, err);
}

int
ferry_file_replace_owned(int dirfd, const char *name, mode_t mode,
    struct ferry_bytes text, struct ferry_error *err)
{

	return replace_at(dirfd, name, mode, true, text, err);
}

int
ferry_file_replace(const char *path, mode_t mode, struct ferry_bytes text,
    struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char *dir = NULL;
	struct stat st;
	int fd = -1, rc = -1;

	if (ferry_strndup(&dir,
		slash == NULL ? ferry_bytes_str(".")
			      : ferry_bytes_of(path, (size_t)(name - path)),
		err) == -1)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		ferry_error_errno(err, "%s", dir);
	else if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		 !S_ISREG(st.st_mode))
		ferry_error_set(err, FERRY_ESYSTEM,
		    "%s is not a file (but a link, folder or device): remove "
		    "it, or choose another name",
		    path);
	else
		rc = ferry_file_replace_at(fd, name, mode, text, err);
	if (fd != -1)
		(void)close(fd);
	free(dir);
	return rc;
}
