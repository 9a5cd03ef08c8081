#include "store/rebuild/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

#define COPY FERRY_SALVAGE_COPY
#define WHY_SIZE 300

struct ferry_salvage {
	struct ferry_store *st; /* borrowed */
	struct ferry_kv *kv; /* by the manifest; NULL if that is damaged */
	struct ferry_kv *copy; /* repaired; NULL until it is needed */
	bool no_copy; /* it could not be repaired */
	char why[FERRY_CFS][WHY_SIZE]; /* "" if whole */
};

static int
path_of(struct ferry_buf *path, const struct ferry_store *st, const char *name,
    struct ferry_error *err)
{

	ferry_buf_reset(path);
	return ferry_buf_addf(path, err, "%s/%s", st->path, name);
}

/* Remove what is in a folder; folders in it are skipped.  Takes fd. */
static int
empty_folder(int fd, const char *name, struct ferry_error *err)
{
	struct dirent *de;
	DIR *d = fdopendir(fd);
	int rc = 0;

	if (d == NULL) {
		ferry_error_errno(err, "%s", name);
		(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 &&
		    unlinkat(fd, de->d_name, 0) == -1 && errno != EISDIR &&
		    errno != EPERM)
			rc = ferry_error_errno(
			    err, "removing %s/%s", name, de->d_name);
	(void)closedir(d);
	return rc;
}

static int
remove_below(
    int dirfd, const char *name, const char *within, struct ferry_error *err)
{
	int fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? 0 : ferry_error_errno(err, "%s", name);
	if (within != NULL && remove_below(fd, within, NULL, err) == -1) {
		(void)close(fd);
		return -1;
	}
	if (empty_folder(fd, name, err) == -1)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR) == -1
	           ? ferry_error_errno(err, "removing %s", name)
	           : 0;
}

int
ferry_salvage_remove(
    struct ferry_store *st, const char *name, struct ferry_error *err)
{

	return remove_below(st->dirfd, name, "lost", err);
}

/* RocksDB's repair moves, writes and removes files, and changes none. */
static int
link_files(int from, int to, struct ferry_error *err)
{
	struct dirent *de;
	struct stat sb;
	int fd = dup(from), rc = 0;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL)
		return ferry_error_errno(err, "index");
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (fstatat(from, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(sb.st_mode) && strcmp(de->d_name, "LOCK") != 0 &&
		    linkat(from, de->d_name, to, de->d_name, 0) == -1)
			rc = ferry_error_errno(
			    err, "linking index/%s", de->d_name);
	(void)closedir(d);
	return rc;
}

static int
make_copy(struct ferry_store *st, struct ferry_error *err)
{
	int from = -1, to = -1, rc = -1;

	if (ferry_salvage_remove(st, COPY, err) == -1)
		return -1;
	if (mkdirat(st->dirfd, COPY, 0700) == -1)
		return ferry_error_errno(err, "%s/" COPY, st->path);
	from = openat(st->dirfd, "index", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = openat(st->dirfd, COPY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from == -1 || to == -1)
		ferry_error_errno(err, "%s", from == -1 ? "index" : COPY);
	else
		rc = link_files(from, to, err);
	if (from != -1)
		(void)close(from);
	if (to != -1)
		(void)close(to);
	return rc;
}

/* The copy, or NULL; that there is none is not the caller's failure. */
static struct ferry_kv *
copy_of(struct ferry_salvage *s)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;

	if (s->copy != NULL || s->no_copy)
		return s->copy;
	s->no_copy = true;
	if (make_copy(s->st, &ignored) == 0 &&
	    path_of(&path, s->st, COPY, &ignored) == 0 &&
	    ferry_kv_repair((const char *)path.p, &ignored) == 0 &&
	    /* Families all of whose tables are gone are made, empty. */
	    ferry_kv_open(&s->copy, (const char *)path.p, FERRY_KV_CREATE, NULL,
		&ignored) == 0)
		s->no_copy = false;
	ferry_buf_free(&path);
	return s->copy;
}

static void __attribute__((format(printf, 3, 4)))
not_whole(struct ferry_salvage *s, int cf, const char *fmt, ...)
{
	va_list ap;

	if (s->why[cf][0] != 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(s->why[cf], WHY_SIZE, fmt, ap);
	va_end(ap);
}

/* on may be NULL. */
static int
each_of(struct ferry_salvage *s, struct ferry_kv *kv, enum ferry_cf cf,
    ferry_salvage_fn *on, void *ctx, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_kv_iter *it = NULL;
	struct ferry_bytes key, value;
	int rc;

	if (ferry_kv_iter_new(&it, kv, cf, FERRY_KV_SCAN, ferry_bytes_str(""),
		ferry_bytes_str(""), err) == -1)
		return -1;
	for (;;) {
		rc = ferry_kv_iter_next(it, &key, &value, &why);
		if (rc == -1 && why.code != FERRY_EINDEX) {
			*err = why;
			break;
		}
		if (rc == -1) {
			not_whole(s, (int)cf, "%s", why.text);
			rc = ferry_kv_iter_skip(it);
			if (rc == 1)
				continue;
		}
		if (rc == 0)
			break;
		if (on != NULL && (rc = on(ctx, key, value, err)) == -1)
			break;
	}
	ferry_kv_iter_free(it);
	return rc;
}

int
ferry_salvage_each(struct ferry_salvage *s, enum ferry_cf cf,
    ferry_salvage_fn *on, void *ctx, struct ferry_error *err)
{
	struct ferry_kv *copy;

	if (s->kv != NULL && each_of(s, s->kv, cf, on, ctx, err) == -1)
		return -1;
	if (s->why[cf][0] == 0 || (copy = copy_of(s)) == NULL)
		return 0;
	return each_of(s, copy, cf, on, ctx, err);
}

int
ferry_salvage_get(struct ferry_salvage *s, enum ferry_cf cf,
    struct ferry_bytes key, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_kv *copy;
	int rc = 0;

	if (s->kv != NULL)
		rc = ferry_kv_get(s->kv, cf, key, out, &why);
	if (rc != 1 && s->why[cf][0] != 0 && (copy = copy_of(s)) != NULL)
		rc = ferry_kv_get(copy, cf, key, out, &why);
	if (rc == -1 && why.code == FERRY_EINDEX)
		return 0;
	if (rc == -1)
		*err = why;
	return rc;
}

const char *
ferry_salvage_why(const struct ferry_salvage *s, enum ferry_cf cf)
{

	return s->why[cf][0] == 0 ? NULL : s->why[cf];
}

int
ferry_salvage_open(
    struct ferry_salvage **out, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf path = FERRY_BUF_INIT;
	struct ferry_salvage *s;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->st = st;
	if (path_of(&path, st, "index", err) == -1)
		goto fail;
	if (ferry_kv_open(&s->kv, (const char *)path.p, FERRY_KV_SALVAGE, NULL,
		&why) == -1) {
		for (int i = 0; i < FERRY_CFS; i++)
			not_whole(s, i, "%s", why.text);
		if (copy_of(s) == NULL) {
			*err = why;
			goto fail;
		}
	} else if (ferry_kv_probe_log((const char *)path.p, &why) == -1) {
		for (int i = 0; i < FERRY_CFS; i++)
			not_whole(s, i, "commits of the log may be missing: %s",
			    why.text);
	}
	for (int i = 0; s->kv != NULL && i < FERRY_CFS; i++)
		if (each_of(s, s->kv, (enum ferry_cf)i, NULL, NULL, err) == -1)
			goto fail;
	ferry_buf_free(&path);
	*out = s;
	return 0;
fail:
	ferry_buf_free(&path);
	ferry_salvage_close(s);
	return -1;
}

void
ferry_salvage_close(struct ferry_salvage *s)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (s == NULL)
		return;
	ferry_kv_close(s->kv);
	ferry_kv_close(s->copy);
	(void)ferry_salvage_remove(s->st, COPY, &ignored);
	free(s);
}
