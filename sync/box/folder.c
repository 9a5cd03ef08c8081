#include "sync/box/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define PREFIX "ferry-box-"
/* One that was made just now is not held yet. */
#define LEFT_S 60

/* What clients made read-only (Go's and Gradle's caches) goes as well: before
 * anything in a folder is looked at. */
static int
open_folder(const char *path, const struct stat *sb, int type, struct FTW *walk)
{

	(void)sb;
	(void)walk;
	if (type == FTW_D || type == FTW_DNR)
		(void)chmod(path, 0700);
	return 0;
}

static int
remove_one(const char *path, const struct stat *sb, int type, struct FTW *walk)
{

	(void)sb;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

static void
remove_all(const char *path)
{

	/* One that could not be read is walked into the next time. */
	for (int i = 0; i < 3 && access(path, F_OK) == 0; i++) {
		(void)nftw(path, open_folder, 16, FTW_PHYS);
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
}

/* A descriptor of a folder of ours, which nobody else holds; -1. */
static int
hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* What those who were killed left. */
static void
remove_left(const char *tmp)
{
	DIR *dir = opendir(tmp);
	const struct dirent *entry;
	struct stat sb;
	char path[4096];
	int fd;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s", tmp,
			entry->d_name) >= sizeof(path) ||
		    lstat(path, &sb) == -1 || !S_ISDIR(sb.st_mode) ||
		    sb.st_uid != geteuid() ||
		    sb.st_mtime > time(NULL) - LEFT_S ||
		    (fd = hold(path)) == -1)
			continue;
		remove_all(path);
		(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

int
ferry_box_folder_make(struct ferry_box_folder *out, struct ferry_error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct ferry_buf path = FERRY_BUF_INIT;

	if (tmp == NULL || *tmp == 0)
		tmp = "/tmp";
	*out = (struct ferry_box_folder){ NULL, -1 };
	remove_left(tmp);
	if (ferry_buf_addf(&path, err, "%s/" PREFIX "XXXXXX", tmp) == -1)
		return -1;
	if (mkdtemp((char *)path.p) == NULL) {
		ferry_error_errno(err, "%s", (char *)path.p);
		ferry_buf_free(&path);
		return -1;
	}
	/* Programs in it run elsewhere. */
	out->path = realpath((char *)path.p, NULL);
	if (out->path == NULL)
		ferry_error_errno(err, "%s", (char *)path.p);
	else
		out->lock = hold(out->path);
	ferry_buf_free(&path);
	return out->path == NULL ? -1 : 0;
}

void
ferry_box_folder_remove(struct ferry_box_folder *folder)
{

	if (folder->path == NULL)
		return;
	remove_all(folder->path);
	if (folder->lock != -1)
		(void)close(folder->lock);
	free(folder->path);
	folder->path = NULL;
}
