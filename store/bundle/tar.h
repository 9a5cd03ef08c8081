#ifndef FERRY_BUNDLE_TAR_H
#define FERRY_BUNDLE_TAR_H

/*
 * The few kinds of tar member that a bundle consists of, written and read.
 *
 * This is not a general tar reader, on purpose: a volume holds regular files
 * whose names and sizes are known beforehand, and whatever else tar can
 * express (links, devices, sparse files, long names, attributes) must be
 * refused, not interpreted.  What is written can be read by every tar.
 *
 * Source: POSIX.1-2008, pax, "ustar Interchange Format" and "pax Header
 *     Block".
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ferry_error;
struct ferry_tar;

#define FERRY_TAR_BLOCK 512
#define FERRY_TAR_PATH 101 /* a path and NUL */
#define FERRY_TAR_HEADER_MAX 1536 /* with the pax header of huge members */
#define FERRY_TAR_END 1024 /* the two zero blocks behind the last */

/* What a member of size bytes takes in the file: header, content, padding. */
uint64_t ferry_tar_span(uint64_t size);
/* The zero bytes that follow size bytes of content: 0 to 511. */
size_t ferry_tar_padding(uint64_t size);
/*
 * Write the header of a regular file.  path has 1 to 99 bytes; mtime is
 * seconds since the epoch.  Returns: its size, 512 or, when size does not fit
 * into a ustar header (8 GiB and more), 1536.
 */
size_t ferry_tar_header(uint8_t out[FERRY_TAR_HEADER_MAX], const char *path,
    uint64_t size, int64_t mtime);

/*
 * Read from fd (borrowed), which stands at the archive's first byte, in one
 * direction.
 *
 * _next: 1 and the member's path and size; 0 at the archive's end, after the
 * rest of the file was found to be zeros; -1.  It passes over what was not
 * read of the member before.
 * _read: up to n bytes of the member, 0 at its end, -1.
 * Errors: FERRY_EFORMAT (not tar), FERRY_ESIZE (cut short), FERRY_EUNDECLARED
 *     (anything but a regular file with a plain name; bytes behind the end),
 *     FERRY_ESYSTEM.
 */
int ferry_tar_new(struct ferry_tar **out, int fd, struct ferry_error *err);
int ferry_tar_next(struct ferry_tar *tar, char path[FERRY_TAR_PATH],
    uint64_t *size, struct ferry_error *err);
ssize_t ferry_tar_read(
    struct ferry_tar *tar, void *p, size_t n, struct ferry_error *err);
void ferry_tar_free(struct ferry_tar *tar);

#endif
