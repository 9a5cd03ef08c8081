#ifndef FERRY_STORE_BASE_FILE_H
#define FERRY_STORE_BASE_FILE_H

/* Small files, read and replaced whole. */

#include <stddef.h>
#include <sys/types.h>

#include "store/base/bytes.h"

struct ferry_error;

/*
 * Append what the file at path holds, up to max bytes; of a pipe, too.  Memory
 * is taken once for what a regular file holds, so that no secret is left behind
 * by growing.
 * Errors: FERRY_ESYSTEM (sys is ENOENT if there is none), FERRY_ELIMIT,
 *     FERRY_ENOMEM; they name the file, but for those of _fd.
 */
int ferry_file_read(const char *path, size_t max, struct ferry_buf *buf,
    struct ferry_error *err);
/*
 * The same of a regular file below dirfd.  Where links are not followed, one is
 * an error.
 * Returns: 1; 0 if nothing is called name, or it is no regular file; -1.
 */
enum ferry_file_links { FERRY_FILE_FOLLOW, FERRY_FILE_NO_FOLLOW };
int ferry_file_read_at(int dirfd, const char *name, enum ferry_file_links links,
    size_t max, struct ferry_buf *buf, struct ferry_error *err);
/* The same of what is open. */
int ferry_file_read_fd(
    int fd, size_t max, struct ferry_buf *buf, struct ferry_error *err);

/*
 * Make text, durably, the content of the file called name below dirfd: after a
 * crash it has the old content or the new.  What is called NAME.new is
 * replaced, whatever it is.
 * Errors: FERRY_ESYSTEM, naming the file.
 */
int ferry_file_replace_at(int dirfd, const char *name, mode_t mode,
    struct ferry_bytes text, struct ferry_error *err);
/* The same with that mode, whatever the umask, and if root makes it with the
 * folder's owner and group: for those who share the folder. */
int ferry_file_replace_owned(int dirfd, const char *name, mode_t mode,
    struct ferry_bytes text, struct ferry_error *err);
/*
 * The same of a path that somebody gave.  Where others can write in its folder,
 * a link that they put there is neither followed nor replaced: FERRY_ESYSTEM.
 */
int ferry_file_replace(const char *path, mode_t mode, struct ferry_bytes text,
    struct ferry_error *err);

#endif
