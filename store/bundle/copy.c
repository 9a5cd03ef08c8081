#include "store/bundle/copy.h"

#include <fcntl.h>
#include <stdlib.h>

#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/bundle/file.h"

#define BLOCK (256U << 10)

/* Where the bytes go: into a file, or into a block that is used again. */
struct flow {
	struct ferry_bundle_file *file; /* or NULL */
	uint8_t *block;
	struct ferry_digester *digester;
};

/* One block of at most size bytes.  How many, or -1. */
static ssize_t
pass_block(struct flow *f, const struct ferry_blob *blob, uint64_t offset,
    uint64_t size, struct ferry_error *err)
{
	size_t room = BLOCK;
	uint8_t *p = f->file == NULL
	                 ? f->block
	                 : ferry_bundle_file_room(f->file, &room, err);
	ssize_t n;

	if (p == NULL)
		return -1;
	n = ferry_blob_read(
	    blob, offset, p, room < size ? room : (size_t)size, err);
	if (n == 0)
		return ferry_error_set(
		    err, FERRY_ESIZE, "the blob is too short");
	if (n == -1)
		return -1;
	ferry_digester_update(f->digester, p, (size_t)n);
	if (f->file != NULL)
		ferry_bundle_file_wrote(f->file, (size_t)n);
	return n;
}

static int
pass_blob(struct ferry_store *st, const struct ferry_digest *digest,
    uint64_t offset, uint64_t size, struct flow *f, struct ferry_digest *got,
    struct ferry_error *err)
{
	struct ferry_blob blob;
	ssize_t n = 0;
	int rc = ferry_blob_open(st, digest, &blob, err);

	if (rc == 0)
		return ferry_error_set(err, FERRY_EMISSING, "no such blob");
	if (rc == -1 || ferry_digester_new(
			    &f->digester, FERRY_ALG(FERRY_SHA256), err) == -1) {
		if (rc == 1)
			ferry_blob_close(&blob);
		return -1;
	}
	if (blob.fd != -1 && size > BLOCK)
		(void)posix_fadvise(blob.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	for (; n != -1 && size > 0; offset += (uint64_t)n, size -= (uint64_t)n)
		if ((n = pass_block(f, &blob, offset, size, err)) == -1)
			break;
	if (n != -1)
		ferry_digester_final(f->digester, FERRY_SHA256, got);
	ferry_digester_free(f->digester);
	ferry_blob_close(&blob);
	return n == -1 ? -1 : 0;
}

int
ferry_bundle_hash(struct ferry_store *st, const struct ferry_digest *blob,
    uint64_t offset, uint64_t size, struct ferry_digest *out,
    struct ferry_error *err)
{
	struct flow flow = { NULL, NULL, NULL };
	int rc;

	if (ferry_calloc(&flow.block, 1, BLOCK, err) == -1)
		return -1;
	rc = pass_blob(st, blob, offset, size, &flow, out, err);
	free(flow.block);
	return rc;
}

int
ferry_bundle_copy(struct ferry_store *st, const struct ferry_digest *blob,
    uint64_t offset, uint64_t size, const struct ferry_digest *want,
    struct ferry_bundle_file *file, struct ferry_error *err)
{
	struct flow flow = { file, NULL, NULL };
	struct ferry_digest got;

	if (pass_blob(st, blob, offset, size, &flow, &got, err) == -1)
		return -1;
	return ferry_digest_equal(&got, want)
	           ? 0
	           : ferry_error_set(err, FERRY_EDIGEST, "the blob is damaged");
}
