#include "store/bundle/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define BUFFER (1U << 20)
/* Start writing back this often, so that the fsync at the end has little
 * left and other programs' pages stay in memory. */
#define WRITEBACK (16U << 20)

struct ferry_bundle_file {
	int fd;
	char *name;
	uint64_t written; /* to the file */
	uint64_t synced; /* started to be written back */
	size_t n; /* in buf */
	uint8_t buf[BUFFER];
};

static int
failed(const struct ferry_bundle_file *f, struct ferry_error *err)
{
	int saved = errno;

	ferry_error_errno(err, "writing %s", f->name);
	if (saved == EFBIG)
		ferry_error_in(err, "this medium takes no file of that size; "
				    "choose smaller volumes, such as "
				    "--volume-size 4G");
	return -1;
}

int
ferry_bundle_file_create(struct ferry_bundle_file **out, int dirfd,
    const char *name, uint64_t skip, struct ferry_error *err)
{
	struct ferry_bundle_file *f;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->fd = -1;
	f->written = f->synced = skip;
	if (ferry_strdup(&f->name, name, err) == -1)
		goto fail;
	/* Whatever has that name, a link to a file elsewhere perhaps, goes. */
	(void)unlinkat(dirfd, name, 0);
	f->fd =
	    openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (f->fd == -1 || ftruncate(f->fd, (off_t)skip) == -1 ||
	    lseek(f->fd, (off_t)skip, SEEK_SET) == -1) {
		failed(f, err);
		goto fail;
	}
	*out = f;
	return 0;
fail:
	ferry_bundle_file_free(f);
	return -1;
}

static int
drain(struct ferry_bundle_file *f, struct ferry_error *err)
{
	size_t at = 0;

	while (at < f->n) {
		ssize_t done = write(f->fd, f->buf + at, f->n - at);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return failed(f, err);
		at += (size_t)done;
	}
	f->written += f->n;
	f->n = 0;
	if (f->written - f->synced >= WRITEBACK) {
		(void)sync_file_range(f->fd, (off_t)f->synced,
		    (off_t)(f->written - f->synced), SYNC_FILE_RANGE_WRITE);
		f->synced = f->written;
	}
	return 0;
}

int
ferry_bundle_file_write(struct ferry_bundle_file *f, const void *p, size_t n,
    struct ferry_error *err)
{
	const uint8_t *at = p;

	while (n > 0) {
		size_t room;
		uint8_t *to = ferry_bundle_file_room(f, &room, err);

		if (to == NULL)
			return -1;
		if (room > n)
			room = n;
		memcpy(to, at, room);
		ferry_bundle_file_wrote(f, room);
		at += room;
		n -= room;
	}
	return 0;
}

uint8_t *
ferry_bundle_file_room(
    struct ferry_bundle_file *f, size_t *n, struct ferry_error *err)
{

	if (f->n == BUFFER && drain(f, err) == -1)
		return NULL;
	*n = BUFFER - f->n;
	return f->buf + f->n;
}

void
ferry_bundle_file_wrote(struct ferry_bundle_file *f, size_t n)
{

	f->n += n;
}

uint64_t
ferry_bundle_file_size(const struct ferry_bundle_file *f)
{

	return f->written + f->n;
}

int
ferry_bundle_file_finish(struct ferry_bundle_file *f, struct ferry_error *err)
{

	if (drain(f, err) == -1)
		return -1;
	if (fsync(f->fd) == -1)
		return failed(f, err);
	return 0;
}

void
ferry_bundle_file_free(struct ferry_bundle_file *f)
{

	if (f == NULL)
		return;
	if (f->fd != -1)
		(void)close(f->fd);
	free(f->name);
	free(f);
}

int
ferry_bundle_file_patch(
    int fd, const void *p, size_t n, uint64_t offset, struct ferry_error *err)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t done = pwrite(fd, at, n, (off_t)offset);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return ferry_error_errno(err, "writing");
		at += done;
		offset += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}
