#include "sync/select/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"

static int
too_large(size_t max, struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_ELIMIT, "it may have %zu MiB", max >> 20);
}

static int
read_all(struct ferry_buf *out, int fd, size_t max, struct ferry_error *err)
{
	size_t room = 65536, start = out->n;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return ferry_error_errno(err, "fstat");
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return too_large(max, err);
	if (S_ISREG(st.st_mode) && (size_t)st.st_size >= room)
		room = (size_t)st.st_size + 1;
	for (;;) {
		if (ferry_buf_reserve(out, room, err) == -1)
			return -1;
		n = read(fd, out->p + out->n, room);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ferry_error_errno(err, "read");
		if (n == 0)
			return 0;
		out->n += (size_t)n;
		out->p[out->n] = 0;
		if (out->n - start > max)
			return too_large(max, err);
		room = 65536;
	}
}

int
ferry_input_read(struct ferry_buf *out, const char *path, size_t max,
    struct ferry_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return ferry_error_errno(err, "open");
	rc = read_all(out, fd, max, err);
	(void)close(fd);
	return rc;
}
