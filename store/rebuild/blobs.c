/* Blobs of a rebuilt index: which are there, and which are lost. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/rebuild/rebuilder.h"

#define AFFECTED_MAX 100 /* that are noted of a lost blob */

/* Whether the file has size bytes and, where the old index says nothing of it,
 * the content of its name.  1, 0, -1. */
static int
is_file_good(struct ferry_rebuilder *r, const struct ferry_digest *blob,
    uint64_t size, bool vouched, struct ferry_error *err)
{
	char path[FERRY_BLOB_PATH];
	struct ferry_digester *digester = NULL;
	struct ferry_digest got;
	uint8_t block[16384];
	struct stat sb = { 0 };
	ssize_t n = -1;
	int fd;

	ferry_blob_path(blob, path);
	if ((fd = openat(r->st->blobsfd, path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno == ENOENT || errno == EIO
		           ? 0
		           : ferry_error_errno(err, "blobs/%s", path);
	if (fstat(fd, &sb) == -1 || (uint64_t)sb.st_size != size || vouched) {
		(void)close(fd);
		return vouched && (uint64_t)sb.st_size == size;
	}
	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1) {
		(void)close(fd);
		return -1;
	}
	while ((n = read(fd, block, sizeof(block))) > 0)
		ferry_digester_update(digester, block, (size_t)n);
	ferry_digester_final(digester, FERRY_SHA256, &got);
	ferry_digester_free(digester);
	(void)close(fd);
	return n == 0 && ferry_digest_equal(&got, blob);
}

/* A small blob's content, if the old index has it and it is right. */
static int
find_bytes(struct ferry_rebuilder *r, const struct ferry_digest *blob,
    uint64_t size, struct ferry_buf *bytes, struct ferry_error *err)
{
	struct ferry_digest got;
	int rc = ferry_salvage_get(r->old, FERRY_CF_BYTES,
	    ferry_bytes_of(blob->v, blob->n), bytes, err);

	if (rc != 1 || bytes->n != size)
		return rc == -1 ? -1 : 0;
	return ferry_digest_of(
		   &got, FERRY_SHA256, ferry_bytes_buf(bytes), err) == -1
	           ? -1
	           : ferry_digest_equal(&got, blob);
}

/* Have the index know a blob that a record names, or that it is lost. */
static int
adopt(struct ferry_rebuilder *r, const struct ferry_file *file,
    struct ferry_error *err)
{
	struct ferry_buf old = FERRY_BUF_INIT, bytes = FERRY_BUF_INIT;
	enum ferry_blob_found found = FERRY_FOUND_NOWHERE;
	struct ferry_blob_info info;
	int rc = ferry_blob_stat(r->st, &file->sha256, &info, err), known;

	if (rc != 0)
		return rc == -1 ? -1 : 0;
	rc = -1;
	known = ferry_salvage_get(r->old, FERRY_CF_BLOB,
	    ferry_bytes_of(file->sha256.v, file->sha256.n), &old, err);
	if (known == -1)
		goto out;
	/* What verify found rotten stays lost. */
	if (known == 0 || !ferry_blob_was_lost(ferry_bytes_buf(&old))) {
		if ((rc = find_bytes(
			 r, &file->sha256, file->size, &bytes, err)) == -1)
			goto out;
		found = rc == 1 ? FERRY_FOUND_BYTES : FERRY_FOUND_NOWHERE;
		if (rc == 0 && (rc = is_file_good(r, &file->sha256, file->size,
				    known == 1, err)) == -1)
			goto out;
		if (found == FERRY_FOUND_NOWHERE && rc == 1)
			found = FERRY_FOUND_FILE;
	}
	ferry_blob_adopt(
	    r->st, &file->sha256, file->size, found, ferry_bytes_buf(&bytes));
	rc = 0;
out:
	ferry_buf_free(&old);
	ferry_buf_free(&bytes);
	return rc;
}

int
ferry_rebuild_adopt(
    struct ferry_rebuilder *r, const json_t *value, struct ferry_error *err)
{
	int n = value == NULL ? 0 : ferry_files_count(value, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++)
		if (ferry_files_get(value, (size_t)i, &file, err) == -1 ||
		    adopt(r, &file, err) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

/* Note what is lost and needed; forget what is neither here nor named. */
int
ferry_rebuild_settle(struct ferry_rebuilder *r, struct ferry_error *err)
{
	struct ferry_blob_iter *it = NULL;
	struct ferry_blob_info info;
	struct ferry_digest blob;
	json_t *note;
	int rc;

	if (ferry_store_commit(r->st, err) == -1 ||
	    ferry_blob_iter_new(&it, r->st, err) == -1)
		return -1;
	while ((rc = ferry_blob_iter_next(it, &blob, &info, err)) == 1) {
		if (!info.lost)
			continue;
		rc = ferry_kv_any(r->st->kv, FERRY_CF_REF,
		    ferry_bytes_of(blob.v, blob.n), err);
		if (rc == 0)
			rc = ferry_blob_remove(r->st, &blob, err);
		else if (rc == 1) {
			r->out->blobs_lost++;
			note = json_pack("{s:I,s:s,s:o}", "at",
			    (json_int_t)ferry_now(), "text",
			    "it was not found when the index was rebuilt",
			    "affects",
			    ferry_ref_texts(r->st, &blob, AFFECTED_MAX));
			rc = ferry_blob_mark_lost(r->st, &blob, note, err);
			json_decref(note);
		}
		if (rc == -1 || (ferry_store_commit_due(r->st) &&
				    ferry_store_commit(r->st, err) == -1)) {
			rc = -1;
			break;
		}
	}
	ferry_blob_iter_free(it);
	return rc;
}
