#include "store/bundle/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

/* Offsets and lengths of a ustar header. */
#define NAME 0
#define NAME_N 100
#define MODE 100
#define UID 108
#define GID 116
#define SIZE 124
#define MTIME 136
#define CHECKSUM 148
#define TYPE 156
#define MAGIC 257
#define PREFIX 345

#define SIZE_MAX_USTAR 077777777777ULL
#define PAX_MAX 4096 /* of a pax header's content */
#define BUFFER (256U << 10)
#define TAIL_MAX (1U << 20) /* zeros behind the end of the archive */

struct ferry_tar {
	int fd;
	bool over; /* the end was reached */
	uint64_t left; /* of the member's content */
	size_t padding; /* that follows it */
	size_t at, end; /* of buf */
	uint8_t buf[BUFFER];
};

size_t
ferry_tar_padding(uint64_t size)
{

	return (size_t)(-size % FERRY_TAR_BLOCK);
}

uint64_t
ferry_tar_span(uint64_t size)
{

	return (size > SIZE_MAX_USTAR ? 3 : 1) * FERRY_TAR_BLOCK + size +
	       ferry_tar_padding(size);
}

/* Writing */

static void
octal(uint8_t *p, int digits, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*" PRIo64, digits, value);
	memcpy(p, text, (size_t)digits + 1);
}

/* The sum of the header's bytes, the checksum itself counting as blanks. */
static unsigned
checksum(const uint8_t *header)
{
	unsigned sum = 0;

	for (int i = 0; i < FERRY_TAR_BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : header[i];
	return sum;
}

static void
put_header(
    uint8_t *out, const char *path, uint64_t size, int64_t mtime, char type)
{
	size_t n = strlen(path);

	memset(out, 0, FERRY_TAR_BLOCK);
	memcpy(out + NAME, path, n < NAME_N ? n : NAME_N);
	octal(out + MODE, 7, 0444);
	octal(out + UID, 7, 0);
	octal(out + GID, 7, 0);
	octal(out + SIZE, 11, size > SIZE_MAX_USTAR ? 0 : size);
	octal(out + MTIME, 11,
	    mtime < 0 || (uint64_t)mtime > SIZE_MAX_USTAR ? 0
							  : (uint64_t)mtime);
	out[TYPE] = (uint8_t)type;
	memcpy(out + MAGIC,
	    "ustar\0"
	    "00",
	    8);
	octal(out + CHECKSUM, 6, checksum(out));
	out[CHECKSUM + 7] = ' ';
}

size_t
ferry_tar_header(uint8_t out[FERRY_TAR_HEADER_MAX], const char *path,
    uint64_t size, int64_t mtime)
{
	char record[64];
	int n;

	if (size <= SIZE_MAX_USTAR) {
		put_header(out, path, size, mtime, '0');
		return FERRY_TAR_BLOCK;
	}
	/* "NN size=12345678901\n", NN counting the whole record: two digits
	 * and the 11 or more digits of such a size always make two digits. */
	n = snprintf(record, sizeof(record), "%" PRIu64, size);
	n = snprintf(
	    record, sizeof(record), "%d size=%" PRIu64 "\n", n + 9, size);
	put_header(out, "pax", (uint64_t)n, mtime, 'x');
	memset(out + FERRY_TAR_BLOCK, 0, FERRY_TAR_BLOCK);
	memcpy(out + FERRY_TAR_BLOCK, record, (size_t)n);
	put_header(out + 2 * FERRY_TAR_BLOCK, path, size, mtime, '0');
	return 3 * FERRY_TAR_BLOCK;
}

/* Reading */

int
ferry_tar_new(struct ferry_tar **out, int fd, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->fd = fd;
	return 0;
}

void
ferry_tar_free(struct ferry_tar *tar)
{

	free(tar);
}

static ssize_t
fill(int fd, void *p, size_t n, struct ferry_error *err)
{
	ssize_t got;

	while ((got = read(fd, p, n)) == -1)
		if (errno != EINTR)
			return ferry_error_errno(err, "reading");
	return got;
}

/* Up to n bytes of the file, 0 at its end. */
static ssize_t
raw_read(struct ferry_tar *tar, void *p, size_t n, struct ferry_error *err)
{
	ssize_t got;

	if (tar->at == tar->end) {
		/* Large reads go straight to where they are wanted. */
		if (n >= BUFFER)
			return fill(tar->fd, p, n, err);
		if ((got = fill(tar->fd, tar->buf, BUFFER, err)) <= 0)
			return got;
		tar->at = 0;
		tar->end = (size_t)got;
	}
	if (n > tar->end - tar->at)
		n = tar->end - tar->at;
	memcpy(p, tar->buf + tar->at, n);
	tar->at += n;
	return (ssize_t)n;
}

static int
cut_short(struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_ESIZE, "the file is cut short; copy it again");
}

static int
raw_full(struct ferry_tar *tar, uint8_t *p, size_t n, struct ferry_error *err)
{

	while (n > 0) {
		ssize_t got = raw_read(tar, p, n, err);

		if (got == -1)
			return -1;
		if (got == 0)
			return cut_short(err);
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
raw_skip(struct ferry_tar *tar, uint64_t n, struct ferry_error *err)
{
	size_t have = tar->end - tar->at;
	uint8_t scratch[4096];

	if (n <= have) {
		tar->at += (size_t)n;
		return 0;
	}
	tar->at = tar->end;
	n -= have;
	/* Past the end nothing is read later, which is then noticed. */
	if (n <= INT64_MAX && lseek(tar->fd, (off_t)n, SEEK_CUR) != -1)
		return 0;
	while (n > 0) {
		size_t part = n < sizeof(scratch) ? (size_t)n : sizeof(scratch);

		if (raw_full(tar, scratch, part, err) == -1)
			return -1;
		n -= part;
	}
	return 0;
}

static bool
all_zero(const uint8_t *p, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* What fills a member's last block carries nothing. */
static int
skip_padding(struct ferry_tar *tar, size_t n, struct ferry_error *err)
{
	uint8_t block[FERRY_TAR_BLOCK];

	if (raw_full(tar, block, n, err) == -1)
		return -1;
	if (!all_zero(block, n))
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "there are bytes behind the end of a member");
	return 0;
}

static int
parse_octal(const uint8_t *p, size_t n, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < n && p[i] == ' ')
		i++;
	if (i == n || p[i] < '0' || p[i] > '7')
		return -1;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(p[i] - '0');
	for (; i < n; i++)
		if (p[i] != 0 && p[i] != ' ')
			return -1;
	*out = value;
	return 0;
}

/* Behind the end of the archive there are zeros up to the end of the file. */
static int
check_tail(struct ferry_tar *tar, struct ferry_error *err)
{
	uint8_t block[4096];
	uint64_t total = 0;
	ssize_t n;

	tar->over = true;
	while ((n = raw_read(tar, block, sizeof(block), err)) > 0) {
		total += (uint64_t)n;
		if (!all_zero(block, (size_t)n) || total > TAIL_MAX)
			return ferry_error_set(err, FERRY_EUNDECLARED,
			    "there are bytes behind the end of the archive");
	}
	return n == -1 ? -1 : 0;
}

/* One record "LENGTH KEYWORD=VALUE\n" of a pax header.  Times and owners are
 * what tar programs add by themselves; they mean nothing here. */
static int
pax_record(struct ferry_bytes record, bool *sized, uint64_t *size,
    struct ferry_error *err)
{
	static const char *const harmless[] = {
		"mtime=", "atime=", "ctime=", "uid=", "gid=", "uname=", "gname="
	};

	if (ferry_bytes_starts(record, "size=")) {
		*sized = true;
		return ferry_parse_u64(
		    ferry_bytes_of(record.p + 5, record.n - 5), 0, INT64_MAX,
		    size, err);
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (ferry_bytes_starts(record, harmless[i]))
			return 0;
	return ferry_error_set(err, FERRY_EUNDECLARED,
	    "an extended header has '%.*s', which a bundle has not",
	    (int)(record.n > 40 ? 40 : record.n), (const char *)record.p);
}

static int
pax_header(struct ferry_tar *tar, uint64_t n, bool *sized, uint64_t *size,
    struct ferry_error *err)
{
	uint8_t text[PAX_MAX];
	uint64_t length;
	size_t at = 0;

	if (n > PAX_MAX)
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "an extended header has %" PRIu64 " bytes", n);
	if (raw_full(tar, text, (size_t)n, err) == -1 ||
	    skip_padding(tar, ferry_tar_padding(n), err) == -1)
		return -1;
	while (at < n) {
		const uint8_t *blank = memchr(text + at, ' ', (size_t)n - at);
		size_t digits;

		if (blank == NULL)
			break;
		digits = (size_t)(blank - (text + at));
		if (ferry_parse_u64(ferry_bytes_of(text + at, digits),
			digits + 3, n - at, &length, err) == -1)
			return -1;
		if (text[at + length - 1] != '\n')
			break;
		if (pax_record(ferry_bytes_of(text + at + digits + 1,
				   (size_t)length - digits - 2),
			sized, size, err) == -1)
			return -1;
		at += (size_t)length;
	}
	if (at != n)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an extended header is malformed");
	return 0;
}

/* Checks what does not depend on the member's type. */
static int
check_header(const uint8_t *h, uint64_t *size, char path[FERRY_TAR_PATH],
    struct ferry_error *err)
{
	uint64_t sum;
	size_t n;

	if (memcmp(h + MAGIC, "ustar", 5) != 0 ||
	    parse_octal(h + CHECKSUM, 8, &sum) == -1 || sum != checksum(h) ||
	    parse_octal(h + SIZE, 12, size) == -1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this is not a tar header");
	n = strnlen((const char *)h + NAME, NAME_N);
	memcpy(path, h + NAME, n);
	path[n] = 0;
	if (n == 0 || h[PREFIX] != 0)
		return ferry_error_set(
		    err, FERRY_EUNDECLARED, "a member has no plain name");
	for (size_t i = 0; i < n; i++)
		if (path[i] < 0x21 || path[i] > 0x7e) {
			path[i] = 0;
			return ferry_error_set(err, FERRY_EUNDECLARED,
			    "a member has no plain name");
		}
	return 0;
}

int
ferry_tar_next(struct ferry_tar *tar, char path[FERRY_TAR_PATH], uint64_t *size,
    struct ferry_error *err)
{
	uint8_t header[FERRY_TAR_BLOCK];
	bool sized = false, extended = false;
	uint64_t wide = 0;

	if (tar->over)
		return 0;
	if (raw_skip(tar, tar->left, err) == -1 ||
	    skip_padding(tar, tar->padding, err) == -1)
		return -1;
	tar->left = tar->padding = 0;
	memset(header, 0, sizeof(header));
	for (;;) {
		if (raw_full(tar, header, sizeof(header), err) == -1)
			return -1;
		if (!extended && all_zero(header, sizeof(header)))
			return check_tail(tar, err);
		if (check_header(header, size, path, err) == -1)
			return -1;
		if (header[TYPE] != 'x' || extended)
			break;
		extended = true;
		if (pax_header(tar, *size, &sized, &wide, err) == -1)
			return -1;
	}
	if (header[TYPE] != '0' && header[TYPE] != 0)
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "member '%s' is not a regular file", path);
	if (sized)
		*size = wide;
	tar->left = *size;
	tar->padding = ferry_tar_padding(*size);
	return 1;
}

ssize_t
ferry_tar_read(
    struct ferry_tar *tar, void *p, size_t n, struct ferry_error *err)
{
	ssize_t got;

	if (tar->left == 0 || n == 0)
		return 0;
	if (n > tar->left)
		n = (size_t)tar->left;
	if ((got = raw_read(tar, p, n, err)) == 0)
		return cut_short(err);
	if (got > 0)
		tar->left -= (uint64_t)got;
	return got;
}
