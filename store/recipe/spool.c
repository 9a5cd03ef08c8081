#include "store/recipe/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/base/digest.h"
#include "store/base/error.h"

#define BUFFER 65536U
#define PIECE (1U << 20) /* that is hashed at a time */
/* The system is not told of less that is passed: a call costs as much as it. */
#define PASS_LEAST (1U << 20)

/*
 * Invariants: the file has size bytes, p the n behind them.  map is of max
 * bytes from the start, more than there are: only what was written is looked
 * at.  It is made at the first view.
 */
struct ferry_spool {
	int fd;
	uint64_t size, max;
	uint8_t *map; /* NULL: none */
	uint64_t passed; /* last time */
	size_t n;
	uint8_t p[BUFFER];
};

/* Where the file system has no files without names. */
static int
open_unlinked(int dirfd, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	uint8_t random[16];
	int fd = -1;

	if (ferry_random(random, sizeof(random), err) == -1 ||
	    ferry_buf_adds(&name, "recipe-", err) == -1 ||
	    ferry_hex_add(&name, ferry_bytes_of(random, sizeof(random)), err) ==
		-1)
		goto out;
	fd = openat(dirfd, (const char *)name.p,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		(void)ferry_error_errno(err, "making a temporary file");
	else
		(void)unlinkat(dirfd, (const char *)name.p, 0);
out:
	ferry_buf_free(&name);
	return fd;
}

int
ferry_spool_new(
    struct ferry_spool **out, int dirfd, uint64_t max, struct ferry_error *err)
{
	struct ferry_spool *s = NULL;

	if (max >= SIZE_MAX / 2)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a temporary file of any size");
	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->max = max;
	s->fd = openat(dirfd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (s->fd == -1 && (s->fd = open_unlinked(dirfd, err)) == -1) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
ferry_spool_free(struct ferry_spool *s)
{

	if (s == NULL)
		return;
	if (s->map != NULL)
		(void)munmap(s->map, (size_t)s->max);
	(void)close(s->fd);
	free(s);
}

static int
write_all(
    struct ferry_spool *s, const uint8_t *p, size_t n, struct ferry_error *err)
{

	while (n > 0) {
		ssize_t k = pwrite(s->fd, p, n, (off_t)s->size);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return ferry_error_errno(
			    err, "writing a temporary file");
		s->size += (uint64_t)k;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int
flush(struct ferry_spool *s, struct ferry_error *err)
{
	size_t n = s->n;

	s->n = 0;
	return write_all(s, s->p, n, err);
}

int
ferry_spool_write(
    struct ferry_spool *s, const void *p, size_t n, struct ferry_error *err)
{

	if (n > s->max - ferry_spool_size(s))
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %llu bytes to keep for a while",
		    (unsigned long long)s->max);
	if (n > BUFFER - s->n && flush(s, err) == -1)
		return -1;
	if (n >= BUFFER)
		return write_all(s, p, n, err);
	if (n > 0)
		memcpy(s->p + s->n, p, n);
	s->n += n;
	return 0;
}

int
ferry_spool_sink(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_spool_write(ctx, p, n, err);
}

uint64_t
ferry_spool_size(const struct ferry_spool *s)
{

	return s->size + s->n;
}

int
ferry_spool_cut(struct ferry_spool *s, uint64_t size, struct ferry_error *err)
{

	assert(size <= ferry_spool_size(s));
	if (size >= s->size) {
		s->n = (size_t)(size - s->size);
		return 0;
	}
	s->n = 0;
	if (ftruncate(s->fd, (off_t)size) == -1)
		return ferry_error_errno(err, "cutting a temporary file");
	s->size = size;
	return 0;
}

int
ferry_spool_view(
    struct ferry_spool *s, struct ferry_bytes *out, struct ferry_error *err)
{
	void *map;

	if (flush(s, err) == -1)
		return -1;
	if (s->map == NULL && s->size > 0) {
		map =
		    mmap(NULL, (size_t)s->max, PROT_READ, MAP_SHARED, s->fd, 0);
		if (map == MAP_FAILED)
			return ferry_error_errno(
			    err, "mapping a temporary file");
		s->map = map;
	}
	*out = ferry_bytes_of(s->map, (size_t)s->size);
	return 0;
}

int
ferry_spool_edit(struct ferry_spool *s, uint8_t **out, struct ferry_error *err)
{
	struct ferry_bytes ignored;

	if (ferry_spool_view(s, &ignored, err) == -1)
		return -1;
	if (s->map != NULL &&
	    mprotect(s->map, (size_t)s->max, PROT_READ | PROT_WRITE) == -1)
		return ferry_error_errno(err, "mapping a temporary file");
	*out = s->map;
	return 0;
}

void
ferry_spool_pass(struct ferry_spool *s, uint64_t n)
{
	long page = sysconf(_SC_PAGESIZE);

	if (s->map == NULL || page <= 0 ||
	    (n < s->size && n >= s->passed && n - s->passed < PASS_LEAST))
		return;
	s->passed = n;
	n -= n % (uint64_t)page;
	if (n > 0)
		(void)madvise(s->map, (size_t)n, MADV_DONTNEED);
}

void
ferry_spool_pass_view(struct ferry_bytes view)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t skip;

	if (page <= 0 || view.n == 0)
		return;
	skip = (size_t)(-(uintptr_t)view.p & ((uintptr_t)page - 1));
	if (view.n <= skip)
		return;
	view = ferry_bytes_of(view.p + skip, view.n - skip);
	view.n -= view.n % (size_t)page;
	/* madvise() takes what it does not write to as if it did. */
	if (view.n > 0)
		(void)madvise((void *)(uintptr_t)view.p, view.n, MADV_DONTNEED);
}

int
ferry_spool_hash(struct ferry_bytes bytes, bool mapped,
    struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_digester *digester;

	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1)
		return -1;
	for (size_t at = 0, n; at < bytes.n; at += n) {
		n = bytes.n - at < PIECE ? bytes.n - at : PIECE;
		ferry_digester_update(digester, bytes.p + at, n);
		if (mapped)
			ferry_spool_pass_view(ferry_bytes_of(bytes.p + at, n));
	}
	ferry_digester_final(digester, FERRY_SHA256, out);
	ferry_digester_free(digester);
	return 0;
}
