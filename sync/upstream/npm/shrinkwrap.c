#include "sync/upstream/npm/shrinkwrap.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "store/blob/blob.h"
#include "sync/select/lock/lock.h"
#include "sync/upstream/package/packages.h"

#define SHRINKWRAP_MAX (32 << 20)
#define BLOCK (64U << 10)

struct source {
	struct ferry_blob blob;
	uint64_t offset;
	uint8_t block[BLOCK];
};

static int
ferry_error_archive(struct ferry_error *err, struct archive *a)
{
	const char *text = archive_error_string(a);

	return ferry_error_set(err, FERRY_EFORMAT, "the tarball: %s",
	    text == NULL ? "cannot be read" : text);
}

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **p)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct source *s = ctx;
	ssize_t n = ferry_blob_read(
	    &s->blob, s->offset, s->block, sizeof(s->block), &err);

	if (n == -1) {
		archive_set_error(a, err.sys, "%s", err.text);
		return ARCHIVE_FATAL;
	}
	s->offset += (uint64_t)n;
	*p = s->block;
	return n;
}

/* Whether path is FOLDER/npm-shrinkwrap.json; the folder has any name. */
static bool
is_shrinkwrap(const char *path)
{
	const char *slash = path == NULL ? NULL : strchr(path, '/');

	return slash != NULL && strcmp(slash + 1, "npm-shrinkwrap.json") == 0;
}

static int
read_entry(struct archive *a, struct archive_entry *entry,
    struct ferry_buf *text, struct ferry_error *err)
{
	la_int64_t size = archive_entry_size(entry);
	la_ssize_t n;

	if (size < 0 || size > SHRINKWRAP_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "its npm-shrinkwrap.json has more than %d bytes",
		    SHRINKWRAP_MAX);
	if (ferry_buf_reserve(text, (size_t)size, err) == -1)
		return -1;
	while (text->n < (size_t)size) {
		n = archive_read_data(
		    a, text->p + text->n, (size_t)size - text->n);
		if (n < 0)
			return ferry_error_archive(err, a);
		if (n == 0)
			break;
		text->n += (size_t)n;
	}
	text->p[text->n] = 0;
	return 1;
}

/* Returns: 1 and the file's text; 0 if the tarball has none; -1. */
static int
find_shrinkwrap(
    struct source *s, struct ferry_buf *text, struct ferry_error *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc = -1, more;

	if (a == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open(a, s, NULL, on_read, NULL) != ARCHIVE_OK) {
		ferry_error_archive(err, a);
		goto out;
	}
	while ((more = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		if (is_shrinkwrap(archive_entry_pathname(entry))) {
			rc = read_entry(a, entry, text, err);
			goto out;
		}
	rc = more == ARCHIVE_EOF ? 0 : ferry_error_archive(err, a);
out:
	(void)archive_read_free(a);
	return rc;
}

static int
on_wanted(
    void *ctx, const struct ferry_lock_wanted *wanted, struct ferry_error *err)
{

	return ferry_needs_locked(ctx, wanted, err);
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	(void)err;
	(void)what;
	ferry_needs_skip(ctx, name, why);
	return 0;
}

int
ferry_npm_shrinkwrap(struct ferry_needs *needs,
    const struct ferry_version_at *at, struct ferry_error *err)
{
	const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.ctx = needs };
	struct ferry_store *st = at->packages->run->st;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct source *s = NULL;
	struct ferry_file file;
	int rc = -1;

	if (ferry_files_get(at->record, 0, &file, err) == -1 ||
	    ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->blob.fd = -1;
	if ((rc = ferry_blob_open(st, &file.sha256, &s->blob, err)) == 1 &&
	    (rc = find_shrinkwrap(s, &text, err)) == 1)
		rc = ferry_lock_parse(at->packages->format->format,
		    "npm-shrinkwrap.json", ferry_bytes_buf(&text), &sink, err);
	if (rc == -1)
		ferry_error_in(err, "reading the npm-shrinkwrap.json of %s@%s",
		    at->name, at->version);
	ferry_blob_close(&s->blob);
	ferry_buf_free(&text);
	free(s);
	return rc == -1 ? -1 : 0;
}
