#include "store/blob/pieces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/json.h"
#include "store/blob/record.h"
#include "store/index/local.h"
#include "store/index/reserve.h"

#define FOLDER "pieces"
#define BLOCK (512U << 10)
/* A bundle has at most as many volumes, each with one piece of a blob. */
#define RANGES_MAX 9999

/* The bytes from `from` to `end - 1`. */
struct range {
	uint64_t from, end;
};

/* Invariant: ranges ascend, with a gap of at least a byte between two. */
struct ferry_blob_pieces {
	struct ferry_store *st;
	struct ferry_digest blob;
	char hex[FERRY_DIGEST_TEXT]; /* the name of the file */
	uint64_t size;
	int dirfd, fd;
	struct range *ranges;
	size_t ranges_n, ranges_cap;
};

/* Ranges */

/* Add one; those that it meets become one with it. */
static int
add_range(struct ferry_blob_pieces *p, struct range r, struct ferry_error *err)
{
	size_t i = 0, k;

	if (ferry_array_grow(&p->ranges, &p->ranges_cap, p->ranges_n + 1,
		sizeof(*p->ranges), err) == -1)
		return -1;
	while (i < p->ranges_n && p->ranges[i].end < r.from)
		i++;
	for (k = i; k < p->ranges_n && p->ranges[k].from <= r.end; k++) {
		if (p->ranges[k].from < r.from)
			r.from = p->ranges[k].from;
		if (p->ranges[k].end > r.end)
			r.end = p->ranges[k].end;
	}
	memmove(&p->ranges[i + 1], &p->ranges[k],
	    (p->ranges_n - k) * sizeof(*p->ranges));
	p->ranges_n -= k - i;
	p->ranges[i] = r;
	p->ranges_n++;
	return 0;
}

bool
ferry_blob_pieces_has(
    const struct ferry_blob_pieces *p, uint64_t offset, uint64_t n)
{

	for (size_t i = 0; i < p->ranges_n; i++)
		if (p->ranges[i].from <= offset &&
		    offset + n <= p->ranges[i].end)
			return true;
	return n == 0;
}

bool
ferry_blob_pieces_whole(const struct ferry_blob_pieces *p)
{

	return ferry_blob_pieces_has(p, 0, p->size);
}

/* The local record */

static int
parse_ranges(
    struct ferry_blob_pieces *p, const json_t *record, struct ferry_error *err)
{
	json_t *list, *o;
	uint64_t size;
	size_t i;

	if (ferry_json_u64(record, "size", INT64_MAX, &size, err) == -1 ||
	    ferry_json_array(record, "ranges", &list, err) == -1)
		return -1;
	if (size != p->size)
		return 0;
	json_array_foreach (list, i, o) {
		json_int_t from = json_integer_value(json_array_get(o, 0));
		json_int_t end = json_integer_value(json_array_get(o, 1));

		if (from < 0 || end <= from || (uint64_t)end > size)
			return ferry_error_set(err, FERRY_EINDEX,
			    "what is noted of the pieces of blob %s makes no "
			    "sense",
			    p->hex);
		if (add_range(p,
			(struct range){ (uint64_t)from, (uint64_t)end },
			err) == -1)
			return -1;
	}
	return 0;
}

static int
load_ranges(struct ferry_blob_pieces *p, struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(
	    p->st, FERRY_KIND_PIECES, p->hex, &record, err);

	if (rc == 1)
		rc = parse_ranges(p, record, err);
	json_decref(record);
	return rc;
}

static int
save_ranges(struct ferry_blob_pieces *p, struct ferry_error *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->ranges_n; i++)
		if (ferry_json_push(list,
			json_pack("[I,I]", (json_int_t)p->ranges[i].from,
			    (json_int_t)p->ranges[i].end),
			err) == -1) {
			json_decref(list);
			return -1;
		}
	return ferry_local_named_put(p->st, FERRY_KIND_PIECES, p->hex,
	    json_pack("{s:I,s:o}", "size", (json_int_t)p->size, "ranges", list),
	    err);
}

static int
forget_record(struct ferry_store *st, const char *hex, struct ferry_error *err)
{

	return ferry_local_named_delete(st, FERRY_KIND_PIECES, hex, err);
}

/* The file */

static int
error_file(const struct ferry_blob_pieces *p, struct ferry_error *err)
{

	if (errno == EFBIG)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a blob of %" PRIu64 " bytes is too large for the file "
		    "system of %s",
		    p->size, p->st->path);
	ferry_error_errno(err, "%s/" FOLDER "/%s", p->st->path, p->hex);
	return ferry_reserve_explain(p->st->frees, err);
}

/* The folder of the pieces; -1 with *err untouched if there is none and make
 * is not asked for. */
static int
open_folder(struct ferry_store *st, bool make, struct ferry_error *err)
{
	int fd;

	if (make && mkdirat(st->dirfd, FOLDER, 0755) == -1 && errno != EEXIST)
		return ferry_error_errno(err, "%s/" FOLDER, st->path);
	fd = openat(st->dirfd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && (make || errno != ENOENT))
		return ferry_error_errno(err, "%s/" FOLDER, st->path);
	return fd;
}

/*
 * A new file, whose name is durable before anything is noted of it.  What was
 * noted of an older one, which somebody removed, goes with the next commit;
 * after a crash before that, hashing the whole shows it.
 */
static int
create_file(struct ferry_blob_pieces *p, struct ferry_error *err)
{

	if (forget_record(p->st, p->hex, err) == -1)
		return -1;
	p->fd = openat(
	    p->dirfd, p->hex, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (p->fd == -1 || ftruncate(p->fd, (off_t)p->size) == -1 ||
	    fsync(p->dirfd) == -1 || fsync(p->st->dirfd) == -1)
		return error_file(p, err);
	return 0;
}

static int
open_file(struct ferry_blob_pieces *p, struct ferry_error *err)
{
	struct stat sb;

	p->fd = openat(p->dirfd, p->hex, O_RDWR | O_CLOEXEC);
	if (p->fd == -1 && errno != ENOENT)
		return error_file(p, err);
	if (p->fd != -1 && fstat(p->fd, &sb) == -1)
		return error_file(p, err);
	if (p->fd != -1 && (uint64_t)sb.st_size == p->size)
		return load_ranges(p, err);
	if (p->fd != -1)
		(void)close(p->fd);
	return create_file(p, err);
}

int
ferry_blob_pieces_open(struct ferry_blob_pieces **out, struct ferry_store *st,
    const struct ferry_digest *blob, uint64_t size, struct ferry_error *err)
{
	struct ferry_blob_pieces *p;

	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return -1;
	p->st = st;
	p->blob = *blob;
	p->size = size;
	p->fd = -1;
	(void)ferry_digest_hex(blob, p->hex);
	p->dirfd = open_folder(st, true, err);
	if (p->dirfd == -1 || open_file(p, err) == -1) {
		ferry_blob_pieces_close(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
ferry_blob_pieces_close(struct ferry_blob_pieces *p)
{

	if (p == NULL)
		return;
	if (p->fd != -1)
		(void)close(p->fd);
	if (p->dirfd != -1)
		(void)close(p->dirfd);
	free(p->ranges);
	free(p);
}

int
ferry_blob_pieces_here(struct ferry_store *st, const struct ferry_digest *blob,
    uint64_t size, uint64_t offset, uint64_t n, struct ferry_error *err)
{
	struct ferry_blob_pieces p = { .st = st, .size = size };
	int rc;

	(void)ferry_digest_hex(blob, p.hex);
	rc = load_ranges(&p, err);
	if (rc == 0)
		rc = ferry_blob_pieces_has(&p, offset, n);
	free(p.ranges);
	return rc;
}

int
ferry_blob_pieces_write(struct ferry_blob_pieces *p, uint64_t offset,
    const void *bytes, size_t n, struct ferry_error *err)
{
	const uint8_t *at = bytes;

	while (n > 0) {
		ssize_t done = pwrite(p->fd, at, n, (off_t)offset);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_file(p, err);
		at += done;
		offset += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

int
ferry_blob_pieces_note(struct ferry_blob_pieces *p, uint64_t offset, uint64_t n,
    struct ferry_error *err)
{

	if (p->ranges_n == RANGES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "what came of a blob has more than %d gaps", RANGES_MAX);
	if (fdatasync(p->fd) == -1)
		return error_file(p, err);
	return add_range(p, (struct range){ offset, offset + n }, err) == -1
	           ? -1
	           : save_ranges(p, err);
}

int
ferry_blob_pieces_remove(struct ferry_blob_pieces *p, struct ferry_error *err)
{

	return unlinkat(p->dirfd, p->hex, 0) == -1 && errno != ENOENT
	           ? error_file(p, err)
	           : 0;
}

/* Joining */

/* Where the file cannot be the blob's, or the blob belongs into the index. */
static int
copy_file(struct ferry_blob_pieces *p, struct ferry_blob_writer *w,
    struct ferry_error *err)
{
	uint64_t offset = 0;
	uint8_t *block;
	int rc = 0;

	if (ferry_calloc(&block, 1, BLOCK, err) == -1)
		return -1;
	while (rc == 0 && offset < p->size) {
		ssize_t n = pread(p->fd, block, BLOCK, (off_t)offset);

		if (n == -1)
			rc = error_file(p, err);
		else if (n == 0)
			rc = ferry_error_set(err, FERRY_ESIZE,
			    "%s/" FOLDER "/%s was cut short", p->st->path,
			    p->hex);
		else
			rc = ferry_blob_writer_write(w, block, (size_t)n, err);
		offset += n > 0 ? (uint64_t)n : 0;
	}
	free(block);
	return rc;
}

int
ferry_blob_pieces_join(struct ferry_blob_pieces *p, enum ferry_blob_kind kind,
    struct ferry_error *err)
{
	uint64_t small = kind == FERRY_BLOB_IS_DOCUMENT ? FERRY_BLOB_DOCUMENT
	                                                : FERRY_BLOB_FILE;
	struct ferry_blob_writer *w = NULL;
	struct ferry_digest got;
	int rc;

	if (ferry_blob_writer_new(&w, p->st, kind, 0, err) == -1)
		return -1;
	rc = p->size <= small
	         ? 0
	         : ferry_blob_writer_link(w, p->dirfd, p->hex, err);
	if (rc == 0)
		rc = copy_file(p, w, err);
	if (rc != -1)
		rc = ferry_blob_writer_finish(w, &p->blob, 1, &got, err);
	ferry_blob_writer_free(w);
	if (rc == 0)
		return forget_record(p->st, p->hex, err);
	if (err->code == FERRY_EDIGEST) {
		struct ferry_error ignored = FERRY_ERROR_INIT;

		/* Without its record the file counts for nothing. */
		(void)forget_record(p->st, p->hex, &ignored);
		(void)ferry_blob_pieces_remove(p, &ignored);
	}
	return -1;
}

/* Sweeping */

/* Whether a record is waited for: 1, 0, -1. */
static int
is_awaited(struct ferry_store *st, const char *hex,
    enum ferry_blob_pieces_keep keep, struct ferry_error *err)
{
	struct ferry_digest blob;
	json_t *record = NULL;
	int rc;

	if (keep == FERRY_PIECES_KEEP_NONE)
		return 0;
	rc = ferry_local_named_get(st, FERRY_KIND_PIECES, hex, &record, err);
	json_decref(record);
	if (rc != 1)
		return rc;
	if (ferry_digest_from_hex(
		&blob, FERRY_SHA256, ferry_bytes_str(hex), err) == -1)
		return -1;
	rc = ferry_blob_has(st, &blob, err);
	return rc == -1 ? -1 : !rc;
}

/* Forget what nobody waits for. */
static int
sweep_records(struct ferry_store *st, enum ferry_blob_pieces_keep keep,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	ferry_key_all(&prefix, FERRY_KIND_PIECES);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		rc = is_awaited(st, ferry_key_part(&key, 1), keep, err);
		if (rc == -1 ||
		    (rc == 0 && ferry_local_delete(st, &key, err) == -1)) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	return rc;
}

static int
sweep_files(struct ferry_store *st, DIR *d, enum ferry_blob_pieces_keep keep,
    bool dry_run, struct ferry_blob_pieces_count *kept,
    struct ferry_blob_pieces_count *freed, struct ferry_error *err)
{
	struct dirent *de;
	struct stat sb;

	while ((de = readdir(d)) != NULL) {
		struct ferry_blob_pieces_count *count;
		int rc;

		if (strlen(de->d_name) != 2 * FERRY_SHA256_SIZE ||
		    fstatat(dirfd(d), de->d_name, &sb, AT_SYMLINK_NOFOLLOW) ==
			-1)
			continue;
		if ((rc = is_awaited(st, de->d_name, keep, err)) == -1)
			return -1;
		count = rc == 1 ? kept : freed;
		count->files++;
		count->bytes += (uint64_t)sb.st_blocks * 512;
		if (rc == 0 && !dry_run &&
		    unlinkat(dirfd(d), de->d_name, 0) == -1)
			return ferry_error_errno(
			    err, "%s/" FOLDER "/%s", st->path, de->d_name);
	}
	return 0;
}

int
ferry_blob_pieces_sweep(struct ferry_store *st,
    enum ferry_blob_pieces_keep keep, bool dry_run,
    struct ferry_blob_pieces_count *kept, struct ferry_blob_pieces_count *freed,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	int fd, rc = 0;
	DIR *d;

	if (!dry_run && sweep_records(st, keep, err) == -1)
		return -1;
	if ((fd = open_folder(st, false, &why)) == -1) {
		if (why.code == FERRY_OK)
			return 0;
		*err = why;
		return -1;
	}
	if ((d = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return ferry_error_errno(err, "%s/" FOLDER, st->path);
	}
	rc = sweep_files(st, d, keep, dry_run, kept, freed, err);
	(void)closedir(d);
	return rc;
}
