#include "sync/upstream/nuget/members.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/blob/blob.h"

#define BLOCK (64U << 10)

struct source {
	const struct ferry_blob *blob;
	uint64_t offset;
	struct ferry_error error; /* of reading it */
	uint8_t block[BLOCK];
};

static int
ferry_error_archive(
    struct ferry_error *err, const struct source *source, struct archive *a)
{
	const char *text = archive_error_string(a);

	if (source->error.code != FERRY_OK) {
		*err = source->error;
		return -1;
	}
	return ferry_error_set(err, FERRY_EFORMAT, "this is not a nupkg: %s",
	    text == NULL ? "it cannot be read" : text);
}

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **p)
{
	struct source *s = ctx;
	ssize_t n = ferry_blob_read(
	    s->blob, s->offset, s->block, sizeof(s->block), &s->error);

	if (n == -1) {
		archive_set_error(a, s->error.sys, "%s", s->error.text);
		return ARCHIVE_FATAL;
	}
	s->offset += (uint64_t)n;
	*p = s->block;
	return n;
}

static la_int64_t
on_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
	struct source *s = ctx;
	int64_t from = whence == SEEK_SET   ? 0
	               : whence == SEEK_CUR ? (int64_t)s->offset
	                                    : (int64_t)s->blob->size;

	(void)a;
	if (offset < -from || from + offset > (int64_t)s->blob->size)
		return ARCHIVE_FATAL;
	s->offset = (uint64_t)(from + offset);
	return from + offset;
}

static la_int64_t
on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct source *s = ctx;
	uint64_t left = s->blob->size - s->offset;

	(void)a;
	if (n < 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	s->offset += (uint64_t)n;
	return n;
}

static int
read_member(const struct source *source, struct archive *a, const char *path,
    struct ferry_buf *out, uint64_t max, struct ferry_error *err)
{
	la_int64_t offset;
	const void *p;
	size_t n;
	int rc;

	while (
	    (rc = archive_read_data_block(a, &p, &n, &offset)) == ARCHIVE_OK) {
		if (n > max || out->n > max - n)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "'%.100s' in the nupkg has more than %llu bytes",
			    path, (unsigned long long)max);
		if (ferry_buf_add(out, p, n, err) == -1)
			return -1;
	}
	return rc == ARCHIVE_EOF ? 0 : ferry_error_archive(err, source, a);
}

int
ferry_nuget_members_read(const struct ferry_blob *blob,
    ferry_nuget_on_member *on_member, void *ctx, struct ferry_error *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct source *source = NULL;
	struct ferry_buf *out;
	const char *path;
	uint64_t max;
	int rc = -1, more;

	if (a == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
		goto out;
	}
	if (ferry_calloc(&source, 1, sizeof(*source), err) == -1)
		goto out;
	source->blob = blob;
	if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
	    archive_read_set_seek_callback(a, on_seek) != ARCHIVE_OK ||
	    archive_read_open2(a, source, NULL, on_read, on_skip, NULL) !=
		ARCHIVE_OK) {
		ferry_error_archive(err, source, a);
		goto out;
	}
	/* A warning is of a name in letters that this machine has not. */
	while ((more = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       more == ARCHIVE_WARN) {
		if ((path = archive_entry_pathname(entry)) != NULL &&
		    (out = on_member(ctx, path, &max)) != NULL &&
		    read_member(source, a, path, out, max, err) == -1)
			goto out;
	}
	rc = more == ARCHIVE_EOF ? 0 : ferry_error_archive(err, source, a);
out:
	if (a != NULL)
		(void)archive_read_free(a);
	free(source);
	return rc;
}
