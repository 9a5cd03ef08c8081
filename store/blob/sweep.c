#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/blob/blob.h"
#include "store/internal.h"

/* Whether the index knows the file name of folder ab.  1, 0 or -1. */
static int
known(struct ferry_store *st, const char *folder, const char *name,
    struct ferry_error *err)
{
	struct ferry_error malformed = FERRY_ERROR_INIT;
	struct ferry_digest digest;
	struct ferry_blob_info info;
	char hex[2 * FERRY_SHA256_SIZE + 1];

	if (snprintf(hex, sizeof(hex), "%s%s", folder, name) !=
		2 * FERRY_SHA256_SIZE ||
	    ferry_digest_from_hex(
		&digest, FERRY_SHA256, ferry_bytes_str(hex), &malformed) == -1)
		return 1; /* Not one of ours: leave it alone. */
	return ferry_blob_stat(st, &digest, &info, err);
}

static int
sweep_folder(struct ferry_store *st, const char *folder, bool dry_run,
    uint64_t *count, uint64_t *bytes, struct ferry_error *err)
{
	int fd =
	    openat(st->blobsfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	struct stat sb;
	int rc = -1, k;
	DIR *d;

	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		ferry_error_errno(err, "%s/blobs/%s", st->path, folder);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if ((k = known(st, folder, de->d_name, err)) == -1)
			goto out;
		if (k == 1 || fstatat(fd, de->d_name, &sb, 0) == -1)
			continue;
		*count += 1;
		*bytes += (uint64_t)sb.st_size;
		if (!dry_run && unlinkat(fd, de->d_name, 0) == -1) {
			ferry_error_errno(err, "%s/blobs/%s/%s", st->path,
			    folder, de->d_name);
			goto out;
		}
	}
	rc = 0;
out:
	(void)closedir(d);
	return rc;
}

int
ferry_blob_sweep(struct ferry_store *st, bool dry_run, uint64_t *count,
    uint64_t *bytes, struct ferry_error *err)
{
	char folder[3];

	*count = *bytes = 0;
	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(folder, sizeof(folder), "%02x", i & 0xff);
		if (sweep_folder(st, folder, dry_run, count, bytes, err) == -1)
			return -1;
	}
	return 0;
}
