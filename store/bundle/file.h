#ifndef FERRY_BUNDLE_FILE_H
#define FERRY_BUNDLE_FILE_H

/*
 * A file that is written from the front to the end in large blocks, and made
 * durable at the end.
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_bundle_file;

/*
 * Create (or empty) file name below dirfd and leave its first skip bytes as a
 * hole.  Errors here and below: FERRY_ESYSTEM, naming the file.
 */
int ferry_bundle_file_create(struct ferry_bundle_file **out, int dirfd,
    const char *name, uint64_t skip, struct ferry_error *err);
int ferry_bundle_file_write(struct ferry_bundle_file *f, const void *p,
    size_t n, struct ferry_error *err);
/*
 * Room for at least one byte in the buffer, to be filled in place; NULL on
 * failure.  _wrote says how many of the *n bytes were used.
 */
uint8_t *ferry_bundle_file_room(
    struct ferry_bundle_file *f, size_t *n, struct ferry_error *err);
void ferry_bundle_file_wrote(struct ferry_bundle_file *f, size_t n);
/* Bytes so far, skipped ones included. */
uint64_t ferry_bundle_file_size(const struct ferry_bundle_file *f);
int
ferry_bundle_file_finish(struct ferry_bundle_file *f, struct ferry_error *err);
void
ferry_bundle_file_free(struct ferry_bundle_file *f); /* closes; NULL is fine */

/* Write n bytes at offset of an existing file. */
int ferry_bundle_file_patch(
    int fd, const void *p, size_t n, uint64_t offset, struct ferry_error *err);

#endif
