/* Making a store. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/file.h"
#include "store/internal.h"

/* tokens: the server's walls leave out the keys of a store that has it. */
static const struct {
	const char *name;
	mode_t mode;
} folders[] = { { "index", 0755 }, { "blobs", 0755 }, { "tmp", 0755 },
	{ "keys", 0700 }, { "tokens", 0750 } };
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

bool
ferry_store_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 64 && name[0] != '.' && name[0] != '-' &&
	       strspn(name,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789._-") == n;
}

/* Whether anything but folders, with nothing in them, is in one below dirfd.
 * 1; 0, also if there is no such folder; -1. */
static int
holds_files(int dirfd, const char *name, struct ferry_error *err)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	int rc = 0;

	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return errno == ENOENT ? 0 : ferry_error_errno(err, "%s", name);
	}
	while (rc == 0 && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		rc = strlen(de->d_name) == 2 ? holds_files(fd, de->d_name, err)
		                             : 1;
	}
	(void)closedir(d);
	return rc;
}

/* What 'ferry init' makes before ferry.json and a key make it a store. */
static bool
is_ours(const char *name)
{

	for (size_t i = 0; i < FOLDERS; i++)
		if (strcmp(name, folders[i].name) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, "ferry.json.new") == 0;
}

/* The folder is empty, or has what a killed 'ferry init' left. */
static int
check_empty(int dirfd, const char *path, struct ferry_error *err)
{
	struct dirent *de;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	int used = 0, keys, blobs;

	if (d == NULL) {
		ferry_error_errno(err, "%s", path);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (used == 0 && (de = readdir(d)) != NULL)
		used = !is_ours(de->d_name);
	(void)closedir(d);
	if ((keys = holds_files(dirfd, "keys", err)) == -1 ||
	    (blobs = holds_files(dirfd, "blobs", err)) == -1)
		return ferry_error_in(err, "%s", path);
	return used == 0 && keys == 0 && blobs == 0
	           ? 0
	           : ferry_error_set(err, FERRY_EEXIST,
			 "%s is not empty; choose another folder for the store",
			 path);
}

/* A folder, which a killed 'ferry init' may have made. */
static int
make_folder(int dirfd, const char *name, mode_t mode, struct ferry_error *err)
{

	return mkdirat(dirfd, name, mode) == -1 && errno != EEXIST
	           ? ferry_error_errno(err, "%s", name)
	           : 0;
}

/* A store is where it is once its name is durable, too. */
static int
sync_parent(const char *path, struct ferry_error *err)
{
	struct ferry_buf parent = FERRY_BUF_INIT;
	int fd = -1, rc = -1;

	if (ferry_buf_addf(&parent, err, "%s/..", path) == -1)
		return -1;
	fd = open((const char *)parent.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* One that may not be read was not made by us just now. */
	if (fd == -1 && errno == EACCES)
		rc = 0;
	else if (fd == -1 || fsync(fd) == -1)
		ferry_error_errno(err, "%s", (const char *)parent.p);
	else
		rc = 0;
	if (fd != -1)
		(void)close(fd);
	ferry_buf_free(&parent);
	return rc;
}

static int
make_index(const char *path, struct ferry_error *err)
{
	struct ferry_buf index = FERRY_BUF_INIT;
	struct ferry_kv *kv = NULL;
	int rc = -1;

	if (ferry_buf_addf(&index, err, "%s/index", path) == 0 &&
	    ferry_kv_open(
		&kv, (const char *)index.p, FERRY_KV_CREATE, NULL, err) == 0)
		rc = 0;
	ferry_kv_close(kv);
	ferry_buf_free(&index);
	return rc;
}

int
ferry_store_identify(int dirfd, const char *name, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, id = FERRY_BUF_INIT;
	uint8_t random[16];
	int rc = -1;

	if (ferry_random(random, sizeof(random), err) == 0 &&
	    ferry_hex_add(&id, ferry_bytes_of(random, sizeof(random)), err) ==
		0 &&
	    ferry_buf_addf(&text, err,
		"{\"format\":\"ferry-store\",\"version\":%d,\"id\":\"%s\","
		"\"name\":\"%s\"}\n",
		FERRY_STORE_VERSION, (const char *)id.p, name) == 0)
		rc = ferry_file_replace_at(
		    dirfd, "ferry.json", 0644, ferry_bytes_buf(&text), err);
	ferry_buf_free(&id);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_store_create(const char *path, const char *name, struct ferry_error *err)
{
	char sub[4];
	int dirfd = -1, blobsfd = -1, rc = -1;

	if (!ferry_store_name_ok(name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' cannot be a store's name (1 to 64 letters, digits, "
		    "'.', '_' and '-')",
		    name);
	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return ferry_error_errno(err, "%s", path);
	if ((dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return ferry_error_errno(err, "%s", path);
	if (check_empty(dirfd, path, err) == -1)
		goto out;
	for (size_t i = 0; i < FOLDERS; i++)
		if (make_folder(dirfd, folders[i].name, folders[i].mode, err) ==
		    -1)
			goto out;
	if ((blobsfd = openat(
		 dirfd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		ferry_error_errno(err, "%s/blobs", path);
		goto out;
	}
	for (int i = 0; i < 256; i++) {
		(void)snprintf(sub, sizeof(sub), "%02x", (unsigned)i);
		if (make_folder(blobsfd, sub, 0755, err) == -1)
			goto out;
	}
	if (fsync(blobsfd) == -1) {
		ferry_error_errno(err, "%s/blobs", path);
		goto out;
	}
	/* The store exists once ferry.json does. */
	if (make_index(path, err) == -1 ||
	    ferry_store_identify(dirfd, name, err) == -1 ||
	    sync_parent(path, err) == -1)
		goto out;
	rc = 0;
out:
	if (blobsfd != -1)
		(void)close(blobsfd);
	if (dirfd != -1)
		(void)close(dirfd);
	return rc;
}
