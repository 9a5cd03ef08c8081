#ifndef FERRY_STORE_BACKUP_COPY_H
#define FERRY_STORE_BACKUP_COPY_H

/*
 * One file of a store into a backup: a hard link where that is possible, else a
 * copy.  What it becomes is durable after a syncfs().
 *
 * What has the name already stays if it is the same file, or has the same size
 * and was written there no earlier than the file was here: blobs and tables never
 * change, and what replaces a damaged one is newer than any copy of that.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct ferry_error;

enum ferry_copied {
	FERRY_COPIED_GONE, /* there is no such file */
	FERRY_COPIED_KEPT, /* it was there */
	FERRY_COPIED_LINKED,
	FERRY_COPIED_WHOLE
};

/* Whether theirs, in the backup, is what ours is. */
bool ferry_copy_is(const struct stat *ours, const struct stat *theirs);
/*
 * The file path below from becomes the file path below to, of which tmp is a
 * folder of the same file system.
 *
 * Returns: one of enum ferry_copied, or -1.
 * Errors: FERRY_ESYSTEM, naming path.
 */
int ferry_copy_file(
    int from, const char *path, int to, int tmp, struct ferry_error *err);
/*
 * Append to the file name below to what it lacks of the one below from, which
 * only grows.  That there is none any more is no error.
 * Errors: FERRY_ESYSTEM, naming name.
 */
int
ferry_copy_tail(int from, const char *name, int to, struct ferry_error *err);

#endif
