#include "store/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define PREFIX "ferry-reader-"
#define FRESH_S 60 /* made and not locked yet */

/* Empty the folder of fd, which it takes: RocksDB leaves its log there, and no
 * folders. */
static void
empty(int fd)
{
	struct dirent *de;
	DIR *d = fdopendir(fd);

	if (d == NULL) {
		(void)close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			(void)unlinkat(fd, de->d_name, 0);
	(void)closedir(d);
}

/* One that somebody left, if it is ours and nobody holds it. */
static void
sweep_one(int tmpfd, const char *name)
{
	int fd = openat(
	    tmpfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat sb;

	if (fd == -1)
		return;
	if (fstat(fd, &sb) == 0 && sb.st_uid == geteuid() &&
	    llabs((long long)time(NULL) - (long long)sb.st_mtime) > FRESH_S &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0) {
		empty(fd);
		(void)unlinkat(tmpfd, name, AT_REMOVEDIR);
		return;
	}
	(void)close(fd);
}

static void
sweep(const char *tmp)
{
	struct dirent *de;
	DIR *d = opendir(tmp);

	while (d != NULL && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, PREFIX, sizeof(PREFIX) - 1) == 0)
			sweep_one(dirfd(d), de->d_name);
	if (d != NULL)
		(void)closedir(d);
}

int
ferry_scratch_new(char **out, int *lockfd, struct ferry_error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct ferry_buf path = FERRY_BUF_INIT;

	if (tmp == NULL || *tmp == 0)
		tmp = "/tmp";
	sweep(tmp);
	if (ferry_buf_addf(&path, err, "%s/" PREFIX "XXXXXX", tmp) == -1)
		goto fail;
	if (mkdtemp((char *)path.p) == NULL) {
		ferry_error_errno(err, "%s", (const char *)path.p);
		goto fail;
	}
	*lockfd =
	    open((const char *)path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lockfd == -1 || flock(*lockfd, LOCK_EX | LOCK_NB) == -1) {
		ferry_error_errno(err, "%s", (const char *)path.p);
		(void)rmdir((const char *)path.p);
		goto fail;
	}
	*out = (char *)path.p;
	return 0;
fail:
	ferry_buf_free(&path);
	return -1;
}

void
ferry_scratch_remove(char *path)
{
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		empty(fd);
	(void)rmdir(path);
	free(path);
}
